"""The service as two workers on PostgreSQL and Redis, and browsers that know which worker they talk to."""

import email
import os
import queue
import re
import socket
import ssl
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.target_app import places

NEEDED = "These tests need PostgreSQL and Redis: run `nox -s tests_services`, which starts and stops both."
STARTING_S = 120
PASSWORD = "correct horse battery staple"
TOKEN = re.compile(r"/verify-email\?token=(\S+)")
OPERATOR = {"Authorization": "Bearer operator-token"}
ROOT = Path(__file__).parents[2]

BrowserAt = Callable[..., httpx.Client]


def pytest_collection_modifyitems() -> None:
    """Fail at once, in a sentence, where there is nothing to test on."""
    if places.DATABASE_SERVER is None or places.REDIS_SERVER is None:
        raise pytest.UsageError(NEEDED)


class Mailbox:
    """Keeps what it gets, by address."""

    def __init__(self) -> None:
        self.mails: defaultdict[str, queue.Queue[str]] = defaultdict(queue.Queue)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Keep a mail."""
        assert isinstance(envelope.content, bytes)
        text = email.message_from_bytes(envelope.content).get_payload(decode=True)
        assert isinstance(text, bytes)
        for address in envelope.rcpt_tos:
            self.mails[address].put(text.decode())
        return "250 Kept"

    def next_token(self, address: str) -> str:
        """Wait for the next mail to this address and take the token from its link."""
        found = TOKEN.search(self.mails[address].get(timeout=30))
        assert found
        return found[1]


class Service:
    """The running service, of several workers."""

    def __init__(self, process: psutil.Popen, port: int, trust: ssl.SSLContext) -> None:
        self.process = process
        self.port = port
        self.trust = trust

    def workers(self) -> set[int]:
        """Give the numbers of the processes that answer."""
        return {child.pid for child in self.process.children() if "resource_tracker" not in " ".join(child.cmdline())}

    def next_worker(self, known: set[int]) -> int:
        """Wait for a worker that is not one of these."""
        deadline = time.monotonic() + STARTING_S
        while not (fresh := self.workers() - known):
            assert time.monotonic() < deadline
            time.sleep(0.1)  # its parent looks after its workers twice a second, and tells nobody
        return fresh.pop()

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """Make a browser at an address of this machine; each has one connection."""
        transport = httpx.HTTPTransport(verify=self.trust, local_address=address)
        return httpx.Client(base_url=f"https://127.0.0.1:{self.port}", transport=transport, timeout=60)

    def worker_of(self, answer: httpx.Response) -> int | None:
        """Tell which worker holds the connection that the answer came over."""
        port = answer.extensions["network_stream"].get_extra_info("client_addr")[1]
        for pid in self.workers():
            if any(one.raddr and one.raddr.port == port for one in psutil.Process(pid).net_connections()):
                return pid
        return None


def until_it_answers(service: Service) -> None:
    """Ask until there is an answer."""
    deadline = time.monotonic() + STARTING_S
    with service.client() as client:
        while True:
            try:
                client.get("/health/live")
            except httpx.TransportError:
                assert time.monotonic() < deadline
                assert service.process.poll() is None
                time.sleep(0.1)  # a port that is not open yet cannot be waited for in another way
            else:
                return


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@contextmanager
def running(folder: Path, *arguments: str, **environment: str) -> Iterator[Service]:
    """Run the service over TLS, ready, until the block ends."""
    authority, port = trustme.CA(), free_port()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    tls = ["--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem")]
    command = [sys.executable, "-m", "target_app", "--port", str(port), *tls, *arguments]
    with (folder / "log").open("wb") as log:
        process = psutil.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log)
    service = Service(process, port, trust)
    try:
        until_it_answers(service)
        yield service
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            for one in (*process.children(), process):
                one.kill()


@pytest.fixture(scope="session")
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mail server, and its port."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


@pytest.fixture(scope="session")
def environment(mailbox: tuple[Mailbox, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings of a service on both services, with an empty database that has no tables yet."""
    with places.fresh_database(tmp_path_factory.mktemp("database")) as url:
        yield {
            "CHAT_ENVIRONMENT": "test",
            "CHAT_DATABASE_URL": url,
            "CHAT_REDIS_URL": places.empty_redis() or "",
            "CHAT_SMTP_PORT": str(mailbox[1]),
            "CHAT_OPERATOR_TOKEN": "operator-token",
            "CHAT_AUTH_LIMIT": "40",
            "CHAT_API_LIMIT": "1000",
        }


@pytest.fixture(scope="session")
def service(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service as two workers."""
    with running(tmp_path_factory.mktemp("service"), "--workers", "2", **environment) as started:
        yield started


@pytest.fixture
def browser_at(service: Service) -> Iterator[BrowserAt]:
    """Makes browsers that are connected to a worker, with the cookies and token of another browser if one is given."""
    with ExitStack() as browsers:

        def make(worker: int, like: httpx.Client | None = None) -> httpx.Client:
            deadline = time.monotonic() + STARTING_S
            while time.monotonic() < deadline:
                browser = browsers.enter_context(service.client())
                if service.worker_of(browser.get("/health/live")) == worker:
                    if like is not None:
                        browser.cookies.update(like.cookies)
                        browser.headers.update(like.headers)
                    return browser
                browser.close()
            raise AssertionError(f"worker {worker} takes no connection")

        yield make


@pytest.fixture
def member(browser_at: BrowserAt, service: Service, mailbox: tuple[Mailbox, int]) -> httpx.Client:
    """A member who signed in at the first worker, with the CSRF token on every request."""
    browser = browser_at(min(service.workers()))
    address = f"member-{time.time_ns()}@example.org"
    credentials = {"email": address, "password": PASSWORD}
    browser.post("/auth/signup", json=credentials)
    browser.post("/auth/verify", json={"token": mailbox[0].next_token(address)})
    assert browser.post("/auth/signin", json=credentials).status_code == 200
    browser.headers["X-CSRF-Token"] = browser.get("/auth/csrf").json()["csrf_token"]
    return browser
