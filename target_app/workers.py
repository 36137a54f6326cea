"""Several workers of one service: they share the port, the database, the store and the counts."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

import target_app.faults  # noqa: F401  registers the catalogue
from target_app.app import build_app
from target_app.fault import choose, install
from target_app.migrations import upgrade
from target_app.monitoring import logs
from target_app.monitoring.metrics import SHARED_FOLDER, forget_worker
from target_app.settings import Settings

# A worker on a busy machine takes this long to load at most; one that is silent for longer is replaced.
PATIENCE_S = 60


def worker_app() -> FastAPI:
    """Make the app of one worker. The parent has checked the environment that it is made from."""
    settings = Settings()
    logs.configure(settings.log_level)
    forget_worker(os.getpid())  # a worker that died may have had the same number
    app = build_app(settings)
    install(app, [choose(name) for name in settings.faults])
    gc.freeze()  # what is loaded stays, and need not be searched for garbage again and again
    return app


def run_workers(app: FastAPI, workers: int, faults: Sequence[str], **options: Any) -> bool:  # noqa: ANN401  uvicorn's
    """
    Bring the database up to date, and run workers until a signal ends them; tell whether they could start.

    `app` is what each of them will be. A worker that dies is replaced.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    asyncio.run(_migrate(app))
    with TemporaryDirectory(prefix="chat-metrics-") as folder:
        os.environ |= {**_secrets(app.state.settings), "CHAT_FAULTS": ",".join(faults), SHARED_FOLDER: folder}
        several: dict[str, Any] = {"factory": True, "workers": workers, "timeout_worker_healthcheck": PATIENCE_S}
        config = uvicorn.Config("target_app.workers:worker_app", **several, **options)
        supervisor = Multiprocess(config, sockets=[config.bind_socket()])
        supervisor.run()
        return all(process.exitcode != STARTUP_FAILURE for process in supervisor.processes)


async def _migrate(app: FastAPI) -> None:
    try:
        await upgrade(app.state.database.engine)
    finally:
        await app.state.database.close()


def _secrets(settings: Settings) -> dict[str, str]:
    """Give the secrets, which may be made up for lack of a setting: a token of one worker must be good for all."""
    secrets = {name: value for name, value in settings if isinstance(value, SecretStr)}
    return {f"CHAT_{name.upper()}": value.get_secret_value() for name, value in secrets.items()}
