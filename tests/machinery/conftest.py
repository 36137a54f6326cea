"""Small services on loopback that answer as they are told, and profiles that describe them."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import trustme

import checks  # noqa: F401  the catalogue
from gonogo.budget import Budget
from gonogo.capabilities import STANDARD
from gonogo.embedded import free_port
from gonogo.evidence import Record
from gonogo.journal import Journal, read_journal
from gonogo.member import Member
from gonogo.people import Cast
from gonogo.profile import Profile, load_profile
from gonogo.recorder import Recorder
from gonogo.redaction import Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
    from pathlib import Path

    Answer = Callable[["Seen", asyncio.StreamWriter], Awaitable[None]]
    Serve = Callable[..., "Service"]
    Reply = Callable[..., bytes]
    Describe = Callable[..., Profile]
    Gather = Callable[[Profile], "Company"]

R = TypeVar("R", bound=Record)
PLAIN = {
    "name": "small",
    "identity": {
        "session": "cookie",
        "session_source": ["cookie:sid"],
        "sign_up": "accounts",
        "accounts": [
            {"email": "ada@example.com", "password": "ada-password"},
            {"email": "bob@example.com", "password": "bob-password"},
        ],
    },
    "operations": {"health": {"method": "GET", "path": "/health", "expect": [200], "credential": "none"}},
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it arrived; header names are in lower case, and the last of a name is kept."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    peer: str

    @property
    def json(self) -> Any:  # noqa: ANN401  JSON has no narrower type
        """The body as JSON."""
        return json.loads(self.body)


def answered(status: int = 200, body: bytes | str | dict[str, Any] = b"", *headers: str) -> bytes:
    """An answer with its length, as it goes over the wire."""
    if isinstance(body, dict):
        body, headers = json.dumps(body), (*headers, "Content-Type: application/json")
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + content


@dataclass
class Service:
    """A service in a thread of its own. What it was asked is in `seen`."""

    answer: Answer
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    up: threading.Event = field(default_factory=threading.Event)
    guests: set[asyncio.Task[None]] = field(default_factory=set)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, in a thread."""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.up.wait(5)

    def stop(self) -> None:
        """Hang up, and end the thread."""
        self.loop.call_soon_threadsafe(self.ended.set)
        self.thread.join(5)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self.ended = asyncio.Event()
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self.up.set()
        await self.ended.wait()
        server.close()
        for guest in self.guests:
            guest.cancel()
        await asyncio.gather(*self.guests, return_exceptions=True)
        for writer in self.writers:  # also of a guest who came so late that nobody began to talk
            writer.close()
        await asyncio.sleep(0)  # transports close in the loop's next turn

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        task = asyncio.create_task(self._talk(reader, writer))
        self.guests.add(task)
        task.add_done_callback(self.guests.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while not writer.is_closing():
                    request = await read_request(reader, writer.get_extra_info("peername")[0])
                    self.seen.append(request)
                    await self.answer(request, writer)
                    await writer.drain()
        finally:
            self.writers.discard(writer)
            writer.close()


async def read_request(reader: asyncio.StreamReader, peer: str) -> Seen:
    """Read one request with its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.rstrip("\r\n").split("\r\n")
    method, path, _ = line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method=method, path=path, headers=headers, body=body, peer=peer)


@pytest.fixture
def reply() -> Reply:
    """What makes the bytes of an answer: status, body (a mapping is JSON), and header lines."""
    return answered


@pytest.fixture
def serve() -> Iterator[Serve]:
    """
    Start a service that answers with these bytes, or as this function says.

    A mapping gives the bytes, or the function, for each `METHOD /path`; the rest is 404.
    """
    services: list[Service] = []

    def started(
        answers: bytes | Answer | Mapping[str, bytes | Answer] = b"", tls: ssl.SSLContext | None = None
    ) -> Service:
        async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
            chosen = answers
            if not isinstance(chosen, bytes) and not callable(chosen):
                chosen = chosen.get(f"{request.method} {request.path.partition('?')[0]}", answered(404))
            if isinstance(chosen, bytes):
                writer.write(chosen)
            else:
                await chosen(request, writer)

        service = Service(answer, tls)
        service.start()
        services.append(service)
        return service

    yield started
    for service in services:
        service.stop()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who vouches for the services with TLS."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """A certificate for 127.0.0.1."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The file that the profile trusts."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


@pytest.fixture
def describe(tmp_path: Path) -> Describe:
    """Write a profile for a URL and load it; sections replace the plain ones, and what is not offered is absent."""

    def described(url: str, environ: Mapping[str, str] | None = None, **sections: Any) -> Profile:  # noqa: ANN401  passed on
        given = {**PLAIN, "origins": {"api": url}, **sections}
        document = {name: section for name, section in given.items() if section is not None}
        offered = {*document["operations"], *document}
        if document["identity"]["sign_up"] == "accounts":
            offered.add("mail")
        document["absent"] = dict.fromkeys(sorted(STANDARD - offered), "not here")
        path = tmp_path / "small.yaml"
        path.write_text(json.dumps(document, indent=1), encoding="utf-8")
        return load_profile(str(path), environ or {})

    return described


@pytest.fixture
def nowhere() -> str:
    """A URL on loopback where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@dataclass
class Company:
    """People for one target, with real evidence."""

    cast: Cast
    vault: Vault
    said: list[str]
    kept: list[str]

    def member(self, name: str = "alice", scenario: str = "chat") -> Member:
        """Somebody in a scenario."""
        return Member(self.cast.person(name), self.cast, scenario)

    @property
    def records(self) -> tuple[Record, ...]:
        """What was written down so far."""
        return read_journal(self.cast.recorder.journal.path).records

    def of(self, kind: type[R]) -> list[R]:
        """What was written down of one kind."""
        return [record for record in self.records if isinstance(record, kind)]


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Gather]:
    """Bring people together for a profile's target."""
    companies: list[Company] = []

    def gathered(profile: Profile) -> Company:
        vault, said, kept = Vault(), list[str](), list[str]()
        journal = Journal(tmp_path / "evidence" / f"smoke{len(companies)}.jsonl", vault.redact)
        cast = Cast(
            profile=profile,
            recorder=Recorder(journal, "smoke", profile),
            vault=vault,
            budget=Budget(profile.promises.limits, unlimited=profile.promises.unlimited),
            run_id="run-1",
            canary="canary",
            mail_folder=tmp_path / "mail",
            tracker_folder=tmp_path / "tracker",
            keep=lambda account: kept.append(account.email),
            say=said.append,
        )
        companies.append(Company(cast, vault, said, kept))
        return companies[-1]

    yield gathered
    for one in companies:
        await one.cast.close()
        one.cast.recorder.journal.close()
