"""`python -m target_app`: run the service, or ask about it."""

import argparse
import asyncio
import gc
import json
import signal
import sys
from collections.abc import Sequence
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

import target_app.faults  # noqa: F401  registers the catalogue
from target_app import migrations
from target_app.app import build_app
from target_app.database import Database
from target_app.fault import REGISTRY, Choice, FaultArgumentWrong, NoSuchFault, choose, install
from target_app.monitoring import logs
from target_app.settings import Environment, Settings
from target_app.workers import run_workers

USAGE = 2
# Open streams get this long to end after a signal; then they are cut.
GRACE_S = 1


class Misuse(Exception):
    """What the caller asked for cannot be done, in one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code: 0, or 2 for a wrong use."""
    options = _parser().parse_args(arguments)
    try:
        COMMANDS[options.command](options)
    except Misuse as misuse:
        sys.stderr.write(f"{misuse}\n")
        return USAGE
    return 0


def serve(options: argparse.Namespace) -> None:
    """Run the service until a signal ends it."""
    settings = _settings()
    logs.configure(settings.log_level)
    if options.workers > 1 and settings.redis_url is None:
        raise Misuse("Several workers need CHAT_REDIS_URL: without it each would count its limits and answers alone.")
    choices = _choices(settings, options.fault)
    app = build_app(settings)
    install(app, choices)
    if options.workers > 1:
        started = run_workers(app, options.workers, [*settings.faults, *options.fault], **_uvicorn(options))
    else:
        started = _run_one(app, **_uvicorn(options))
    if not started:
        sys.exit(1)


def _uvicorn(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "host": options.host,
        "port": options.port,
        "ssl_certfile": options.tls_cert,
        "ssl_keyfile": options.tls_key,
        "server_header": False,
        # The app itself decides whose X-Forwarded-For to believe.
        "proxy_headers": False,
        "access_log": False,
        "log_config": None,
        "timeout_graceful_shutdown": GRACE_S,
    }


def _run_one(app: FastAPI, **options: Any) -> bool:  # noqa: ANN401  uvicorn's
    gc.freeze()  # what is loaded stays, and need not be searched for garbage again and again
    server = uvicorn.Server(uvicorn.Config(app, **options))

    def leave(*_: object) -> None:
        # uvicorn stops gracefully and then raises the signal once more, which is no news.
        if not server.should_exit:
            sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    server.run()
    return server.started


def list_faults(options: argparse.Namespace) -> None:
    """Print the catalogue of faults."""
    records = [fault.as_record() for _, fault in sorted(REGISTRY.items())]
    if options.json:
        _print(json.dumps(records, indent=2))
    else:
        _print("\n".join(f"{record['name']}: {record['summary']}" for record in records))


def migrate(options: argparse.Namespace) -> None:
    """Bring the database to the newest shape, take steps back, or draft the next one."""
    asyncio.run(_migrate(options))


async def _migrate(options: argparse.Namespace) -> None:
    database = Database(_settings(environment=Environment.DEVELOPMENT).database_url)
    try:
        if options.draft is not None:
            await migrations.draft(database.engine, options.draft)
        elif options.down_to is not None:
            await migrations.downgrade(database.engine, options.down_to)
        else:
            await migrations.upgrade(database.engine)
    finally:
        await database.close()


def print_document(_options: argparse.Namespace) -> None:
    """Print the OpenAPI document."""
    app = build_app(_settings(environment=Environment.DEVELOPMENT))
    _print(json.dumps(app.openapi(), indent=2))


COMMANDS = {"serve": serve, "faults": list_faults, "migrate": migrate, "openapi": print_document}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m target_app", description="The reference chat service.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the work")
    parser.add_argument("--tls-cert", help="certificate chain, as a PEM file")
    parser.add_argument("--tls-key", help="private key, as a PEM file")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[=ARG]", help="misbehave; see faults")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    parser.set_defaults(command="serve")
    faults = commands.add_parser("faults", help="list the faults")
    faults.add_argument("--json", action="store_true", help="as JSON, with the checks that must fail")
    step = commands.add_parser("migrate", help="bring the database to the newest shape")
    step.add_argument("--draft", metavar="MESSAGE", help="write the next step from the models instead")
    step.add_argument("--down-to", metavar="STEP", help="take back every later step instead; base is before the first")
    commands.add_parser("openapi", help="print the OpenAPI document")
    return parser


def _settings(environment: Environment | None = None) -> Settings:
    try:
        return Settings() if environment is None else Settings(environment=environment)
    except ValidationError as error:
        raise Misuse("; ".join(_sentence(list(one["loc"]), one["msg"]) for one in error.errors())) from None


def _sentence(location: list[int | str], message: str) -> str:
    return f"CHAT_{str(location[0]).upper()}: {message}" if location else message.removeprefix("Value error, ")


def _choices(settings: Settings, asked: Sequence[str]) -> list[Choice]:
    names = [*settings.faults, *asked]
    if names and settings.environment is Environment.PRODUCTION:
        raise Misuse("Faults are refused in production; set CHAT_ENVIRONMENT to another environment.")
    try:
        return [choose(name) for name in names]
    except (NoSuchFault, FaultArgumentWrong) as error:
        raise Misuse(str(error)) from None


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
