"""`python -m target_app`: run the service, or ask about it."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

import target_app.faults  # noqa: F401  registers the catalogue
from target_app import migrations
from target_app.app import build_app
from target_app.database import Database
from target_app.fault import REGISTRY, Choice, FaultArgumentWrong, NoSuchFault, choose, install
from target_app.settings import Environment, Settings

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
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    choices = _choices(settings, options.fault)
    app = build_app(settings)
    install(app, choices)
    _run(app, options)


def _run(app: FastAPI, options: argparse.Namespace) -> None:
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
        server_header=False,
        # The app itself decides whose X-Forwarded-For to believe.
        proxy_headers=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = uvicorn.Server(config)

    def leave(*_: object) -> None:
        # uvicorn stops gracefully and then raises the signal once more, which is no news.
        if not server.should_exit:
            sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    server.run()
    if not server.started:
        sys.exit(1)


def list_faults(options: argparse.Namespace) -> None:
    """Print the catalogue of faults."""
    records = [fault.as_record() for _, fault in sorted(REGISTRY.items())]
    if options.json:
        _print(json.dumps(records, indent=2))
    else:
        _print("\n".join(f"{record['name']}: {record['summary']}" for record in records))


def migrate(options: argparse.Namespace) -> None:
    """Bring the store to the newest shape, or draft the next step."""
    asyncio.run(_migrate(options.draft))


async def _migrate(message: str | None) -> None:
    database = Database(_settings(environment=Environment.DEVELOPMENT).database_url)
    try:
        if message is None:
            await migrations.upgrade(database.engine)
        else:
            await migrations.draft(database.engine, message)
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
    parser.add_argument("--tls-cert", help="certificate chain, as a PEM file")
    parser.add_argument("--tls-key", help="private key, as a PEM file")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[=ARG]", help="misbehave; see faults")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    parser.set_defaults(command="serve")
    faults = commands.add_parser("faults", help="list the faults")
    faults.add_argument("--json", action="store_true", help="as JSON, with the checks that must fail")
    step = commands.add_parser("migrate", help="bring the store to the newest shape")
    step.add_argument("--draft", metavar="MESSAGE", help="write the next step from the models instead")
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
