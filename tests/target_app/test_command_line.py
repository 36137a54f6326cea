"""`python -m target_app` as its users meet it: a process of its own."""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import trustme
from sqlalchemy import inspect, select

from target_app.__main__ import main
from target_app.chat.models import Message
from target_app.database import Database
from target_app.migrations import check, upgrade

SECRETS = {
    "CHAT_SECRET_KEY": "s" * 32,
    "CHAT_WEBHOOK_SECRET": "w" * 32,
    "CHAT_OPERATOR_TOKEN": "o" * 32,
    "CHAT_PUBLIC_ORIGIN": "https://chat.example.org",
}
STARTING_S = 120

NextToken = Callable[[str], Awaitable[str]]


class Program:
    """Runs the program with an environment of its own, in a folder of its own."""

    def __init__(self, folder: Path, smtp_port: int) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CHAT_")},
            "CHAT_ENVIRONMENT": "test",
            "CHAT_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/chat.db",
            "CHAT_SMTP_PORT": str(smtp_port),
        }

    async def start(self, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
        """Start it."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "target_app",
            *arguments,
            cwd=Path(__file__).parents[2],
            env={**self.environment, **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str, **environment: str) -> tuple[int | None, str, str]:
        """Run it to its end; return exit code, output and errors."""
        process = await self.start(*arguments, **environment)
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
def program(tmp_path: Path, mail_port: int) -> Program:
    """The program."""
    return Program(tmp_path, mail_port)


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
async def browser(program: Program, port: int, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that trusts our authority."""
    _ = program
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=context, timeout=10) as client:
        yield client


@pytest.fixture
async def service(program: Program, browser: httpx.AsyncClient, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service over TLS, ready."""
    folder = program.folder
    tls = ("--tls-cert", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem")
    process = await program.start("--port", str(port), *tls)
    try:
        await until_ready(browser)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_ready(browser: httpx.AsyncClient) -> None:
    """Ask until there is an answer."""
    deadline = time.monotonic() + STARTING_S
    while True:
        try:
            await browser.get("/health/live")
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)  # a port that is not open yet cannot be waited for in another way
        else:
            return


async def test_it_serves_over_tls(service: asyncio.subprocess.Process, browser: httpx.AsyncClient) -> None:
    """Started with a certificate it is ready over TLS, and does not name its server."""
    assert service.returncode is None
    answer = await browser.get("/health/ready")

    assert answer.json()["status"] == "pass"
    assert "server" not in answer.headers


async def test_it_does_not_believe_who_it_is_told_the_caller_is(
    service: asyncio.subprocess.Process, browser: httpx.AsyncClient
) -> None:
    """Also on loopback X-Forwarded-For does not open a fresh budget."""
    assert service.returncode is None
    answers = [await browser.get("/billing/plans", headers={"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(2)]

    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["99", "98"]


async def test_it_stops_in_the_middle_of_an_answer(
    service: asyncio.subprocess.Process, browser: httpx.AsyncClient, next_token: NextToken, program: Program
) -> None:
    """SIGTERM ends it cleanly in the middle of an answer, and what was said of that is kept."""
    credentials = {"email": "alice@example.org", "password": "correct horse battery staple"}
    await browser.post("/auth/signup", json=credentials)
    await browser.post("/auth/verify", json={"token": await next_token("alice@example.org")})
    await browser.post("/auth/signin", json=credentials)
    browser.headers["X-CSRF-Token"] = (await browser.get("/auth/csrf")).json()["csrf_token"]
    conversation = (await browser.post("/conversations", json={"title": "long"})).json()["id"]
    question = {"content": "Count to 900"}
    async with browser.stream("POST", f"/conversations/{conversation}/messages", json=question) as answer:
        pieces = answer.aiter_bytes()
        await anext(pieces)
        service.send_signal(signal.SIGTERM)
        await service.wait()
        await pieces.aclose()  # type: ignore[attr-defined]
    database = Database(program.environment["CHAT_DATABASE_URL"])
    async with database.sessions() as db:
        said = (await db.scalars(select(Message).where(Message.role == "assistant"))).one()
    await database.close()

    assert service.returncode == 0
    assert said.status == "stopped"
    assert said.content.startswith("1 2 3 ")
    assert "900" not in said.content


def test_faults_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """`faults` prints a line each, `faults --json` the records."""
    codes = [main(["faults"])]
    lines = capsys.readouterr().out.splitlines()
    codes.append(main(["faults", "--json"]))
    records = json.loads(capsys.readouterr().out)

    assert codes == [0, 0]
    assert [record["name"] for record in records] == [line.partition(":")[0] for line in lines]
    assert all(record.keys() == {"name", "summary", "detected_by"} for record in records)


async def test_the_document_is_printed(program: Program) -> None:
    """`openapi` prints the document, also where production has no secrets at hand."""
    code, out, _ = await program.run("openapi", CHAT_ENVIRONMENT="production")

    assert code == 0
    assert json.loads(out)["openapi"].startswith("3.1")


async def test_migrate_brings_every_table(program: Program) -> None:
    """`migrate` brings an empty store to the shape that the models ask for."""
    code, _, err = await program.run("migrate")
    database = Database(program.environment["CHAT_DATABASE_URL"])
    await check(database.engine)
    await database.close()

    assert code == 0, err


async def test_migrate_takes_steps_back(program: Program) -> None:
    """`migrate --down-to base` takes every table back."""
    codes = [(await program.run("migrate"))[0], (await program.run("migrate", "--down-to", "base"))[0]]
    database = Database(program.environment["CHAT_DATABASE_URL"])
    async with database.engine.connect() as connection:
        left = await connection.run_sync(lambda live: inspect(live).get_table_names())
    await database.close()

    assert (codes, left) == ([0, 0], ["alembic_version"])


async def test_the_steps_lead_to_the_models(tmp_path: Path) -> None:
    """What the migration steps build is what the models say; nothing is left to draft."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/chat.db")
    await upgrade(database.engine)
    await check(database.engine)
    await database.close()


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (["--fault", "auth.cookie"], {}, "There is no fault 'auth.cookie'; the nearest is 'auth."),
        ([], {"CHAT_FAULTS": "nothing.like-it"}, "There is no fault 'nothing.like-it'"),
        (["--fault", "x"], {"CHAT_ENVIRONMENT": "production", **SECRETS}, "Faults are refused in production"),
        ([], {"CHAT_FAULTS": "x", "CHAT_ENVIRONMENT": "production", **SECRETS}, "Faults are refused in production"),
        ([], {"CHAT_ENVIRONMENT": "production"}, "production needs CHAT_OPERATOR_TOKEN, CHAT_"),
        (
            [],
            {"CHAT_ENVIRONMENT": "production", **SECRETS, "CHAT_PUBLIC_ORIGIN": ""},
            "production needs CHAT_PUBLIC_ORIGIN (",
        ),
        ([], {"CHAT_ENVIRONMENT": ""}, "production needs CHAT_"),
        ([], {"CHAT_SECRET_KEY": "short"}, "CHAT_SECRET_KEY: "),
        ([], {"CHAT_API_LIMIT": "many"}, "CHAT_API_LIMIT: "),
        (["--workers", "2"], {}, "Several workers need CHAT_REDIS_URL: "),
    ],
)
def test_a_wrong_use_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    environment: dict[str, str],
    sentence: str,
) -> None:
    """A wrong name, a fault in production and a wrong setting end with exit code 2 and a sentence."""
    for name, value in {"CHAT_ENVIRONMENT": "test", **environment}.items():
        monkeypatch.setenv(name, value)
    code = main(arguments)
    said = capsys.readouterr()

    assert (code, said.out) == (2, "")
    assert said.err.startswith(sentence)
    assert said.err.count("\n") == 1
    assert "short" not in said.err


async def test_without_an_environment_it_is_production(program: Program) -> None:
    """Who does not say where it runs gets the strictest rules."""
    del program.environment["CHAT_ENVIRONMENT"]
    code, out, err = await program.run()

    assert (code, out, err[:16]) == (2, "", "production needs")
