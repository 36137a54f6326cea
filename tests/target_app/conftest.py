"""The service in this process with a fresh store, and people who use it."""

import asyncio
import email
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from email.message import Message
from pathlib import Path

import httpx
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from argon2 import PasswordHasher
from fastapi import FastAPI

from target_app.accounts import passwords
from target_app.app import build_app
from target_app.settings import Environment, Settings
from target_app.store import Store
from target_app.stores import open_store
from tests.target_app import contract, places, plans

BASE_URL = "https://testserver"
PASSWORD = "correct horse battery staple"
OPERATOR = {"Authorization": "Bearer operator-token"}
LINK = re.compile(r"^(https?://\S+)/(?:verify-email|reset-password)\?token=(\S+)$", re.MULTILINE)

SignUp = Callable[[str], Awaitable[httpx.AsyncClient]]
BrowserAt = Callable[[str], httpx.AsyncClient]


class Mailbox:
    """A mail server that keeps what it gets, by address."""

    def __init__(self) -> None:
        self.port = 0
        self._mails: defaultdict[str, asyncio.Queue[Message]] = defaultdict(asyncio.Queue)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Keep a mail."""
        assert isinstance(envelope.content, bytes)
        for address in envelope.rcpt_tos:
            self._mails[address].put_nowait(email.message_from_bytes(envelope.content))
        return "250 Kept"

    async def next(self, address: str) -> Message:
        """Wait for the next mail to this address."""
        async with asyncio.timeout(5):
            return await self._mails[address].get()

    async def next_token(self, address: str) -> str:
        """Wait for the next mail to this address and take the token from its link."""
        payload = (await self.next(address)).get_payload(decode=True)
        assert isinstance(payload, bytes)
        found = LINK.search(payload.decode().replace("\r\n", "\n"))
        assert found
        return found[2]


@pytest.fixture(scope="session", autouse=True)
def hasher_in_earnest() -> Iterator[PasswordHasher]:
    """What hashes passwords outside of tests; in them a password costs as little as Argon2 allows."""
    earnest = passwords._hasher
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield earnest


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server on a free port."""
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


@pytest.fixture
def mail_port(mailbox: Mailbox) -> int:
    """The port of the mail server."""
    return mailbox.port


@pytest.fixture
def next_mail(mailbox: Mailbox) -> Callable[[str], Awaitable[Message]]:
    """Waits for the next mail to an address."""
    return mailbox.next


@pytest.fixture
def next_token(mailbox: Mailbox) -> Callable[[str], Awaitable[str]]:
    """Waits for the token in the next mail to an address."""
    return mailbox.next_token


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with all tables and no rows, made once and copied for each test."""
    with places.empty_database(tmp_path_factory.mktemp("database")) as name:
        yield name


@pytest.fixture
async def database_url(empty: str, tmp_path: Path) -> AsyncIterator[str]:
    """A database of this test's own."""
    async with places.copy_of(empty, tmp_path) as url:
        yield url


@pytest.fixture
def settings(database_url: str, mailbox: Mailbox) -> Settings:
    """Settings of a service in test: limits out of the way, the model quick."""
    return Settings.model_validate(
        {
            "environment": Environment.TEST,
            "build_id": "build-1",
            "database_url": database_url,
            "redis_url": places.empty_redis(),
            "operator_token": "operator-token",
            "smtp_port": mailbox.port,
            "api_limit": 1000,
            "auth_limit": 1000,
            "model_token_interval_s": 0,
        },
    )


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """The store that the settings name."""
    opened = open_store(settings.redis_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def explained() -> set[str]:
    """The statements whose plans were read."""
    return set()


@pytest.fixture
async def app(settings: Settings, explained: set[str], request: pytest.FixtureRequest) -> AsyncIterator[FastAPI]:
    """The service, started. Whatever it asks the database in any test but those of faults, an index answers."""
    built = build_app(settings)
    engine = built.state.database.engine
    async with built.router.lifespan_context(built):
        with plans.recorded(engine) as sent:
            yield built
        if request.path.name.startswith("test_faults"):
            return
        unseen = {statement: parameters for statement, parameters in sent.items() if statement not in explained}
        found = await plans.whole_tables(engine, unseen)
        explained.update(unseen)
    assert not found, "\n\n".join(found)


@pytest.fixture(autouse=True)
def _held_to_its_document(request: pytest.FixtureRequest) -> Iterator[None]:
    """Answers must be as documented, but for those of a service that misbehaves on purpose."""
    # Not by the shared `monkeypatch`: what a test replaces in the app must be put back before the app ends.
    with pytest.MonkeyPatch.context() as patched:
        if request.path.name.startswith("test_faults"):
            patched.setattr(contract, "check", contract.take_anything)
        yield


def client_of(app: FastAPI, *, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """Return a browser without cookies. Errors of the service come as answers, and answers must be as documented."""
    transport = httpx.ASGITransport(plans.Watched(app), raise_app_exceptions=False, client=(address, 50000))
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL, event_hooks={"response": [contract.check]})


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Someone who is not signed in."""
    async with client_of(app) as browser:
        yield browser


@pytest.fixture
async def browser_at(app: FastAPI) -> AsyncIterator[BrowserAt]:
    """Makes browsers without cookies, each at an address."""
    async with AsyncExitStack() as browsers:

        def make(address: str) -> httpx.AsyncClient:
            browser = client_of(app, address=address)
            browsers.push_async_callback(browser.aclose)
            return browser

        yield make


@pytest.fixture
async def operator(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The operator: no cookies, but the token."""
    async with client_of(app) as browser:
        browser.headers.update(OPERATOR)
        yield browser


@pytest.fixture
async def sign_up(app: FastAPI, mailbox: Mailbox) -> AsyncIterator[SignUp]:
    """Makes a member by name: signed in, with the CSRF token on every request."""
    async with AsyncExitStack() as browsers:

        async def make(name: str) -> httpx.AsyncClient:
            browser = await browsers.enter_async_context(client_of(app))
            address = f"{name}@example.org"
            await browser.post("/auth/signup", json={"email": address, "password": PASSWORD, "name": name})
            await browser.post("/auth/verify", json={"token": await mailbox.next_token(address)})
            await sign_in(browser, address)
            return browser

        yield make


async def sign_in(browser: httpx.AsyncClient, address: str) -> None:
    """Sign in and fetch the CSRF token."""
    answer = await browser.post("/auth/signin", json={"email": address, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    token = (await browser.get("/auth/csrf")).json()["csrf_token"]
    browser.headers["X-CSRF-Token"] = token


@pytest.fixture
async def alice(sign_up: SignUp) -> httpx.AsyncClient:
    """A member who is signed in."""
    return await sign_up("alice")


@pytest.fixture
async def bob(sign_up: SignUp) -> httpx.AsyncClient:
    """Another member."""
    return await sign_up("bob")
