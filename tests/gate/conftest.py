"""
Gates as processes, the targets that they meet, and the checkouts that they run from.

What takes a minute is started first and waited for last: `healthy` beside everything else.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
MARK = "GONOGO_TESTED_AS"
SHORT_WINDOW_S = 10
PASSWORDS = {"FORM_PASSWORD_ADA": "correct-horse-ada", "FORM_PASSWORD_BEN": "correct-horse-ben"}
SHARED = {
    "GONOGO_WEBHOOK_SECRET": "whsec_shared_with_the_service",
    "GONOGO_OPERATOR_TOKEN": "operator-token-of-the-service",
}
LAST = ("healthy", "together")
PATIENCE_S = 150.0


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that ended: its exit code, what it said, and its folder of runs."""

    code: int
    out: str
    err: str
    runs: Path

    @property
    def folder(self) -> Path:
        """The folder of the latest run."""
        return (self.runs / "latest").resolve()

    @property
    def verdict(self) -> dict[str, Any]:
        """The verdict that was published."""
        found: dict[str, Any] = json.loads((self.folder / "verdict.json").read_text(encoding="utf-8"))
        return found

    @property
    def failed(self) -> set[str]:
        """The checks that failed."""
        return {one["check"] for one in self.verdict["findings"] if one["outcome"] == "fail"}

    @property
    def reasons(self) -> str:
        """Why it was decided so."""
        return "\n".join(self.verdict["decided_by"]["reasons"])

    @property
    def summary(self) -> str:
        """What to show when a test does not like it."""
        return f"exit {self.code}\n{self.out[-3000:]}\n{self.err[-1500:]}"


@dataclass(kw_only=True)
class Started:
    """A command at work; whatever it starts carries its mark."""

    process: subprocess.Popen[str]
    runs: Path
    mark: str

    def wait(self, seconds: float = PATIENCE_S) -> Ran:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=seconds)
        return Ran(code=self.process.returncode, out=out, err=err, runs=self.runs)

    def family(self) -> list[psutil.Process]:
        """Every living process that carries the mark."""
        return [one for one in psutil.process_iter() if mark_of(one) == self.mark]

    def member(self, *words: str) -> psutil.Process:
        """The one process of the family whose command begins with Python and these words; waits until it is there."""
        return until(
            lambda: next((one for one in self.family() if command_of(one)[1:][: len(words)] == list(words)), None)
        )

    def until_at_work(self) -> None:
        """Wait until the suite has sent something."""
        until(lambda: any('"kind": "exchange"' in text for text in self._journals()))

    def _journals(self) -> list[str]:
        return [path.read_text(encoding="utf-8") for path in self.runs.glob("2*/evidence/smoke.jsonl")]

    def gone(self) -> bool:
        """Wait until nothing of the family is left; whether that came."""
        with suppress(TimeoutError):
            until(lambda: not self.family(), 10.0)
        return not self.family()

    def end(self) -> None:
        """End whatever is left."""
        for one in self.family():
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


def mark_of(process: psutil.Process) -> str | None:
    """The mark that a living process carries."""
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else process.environ().get(MARK)
    except psutil.Error:
        return None


def command_of(process: psutil.Process) -> list[str]:
    """A process's command line."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def until(found: Callable[[], T | None], seconds: float = 60.0) -> T:
    """Ask again and again until something is found. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        thing = found()
        if thing:
            return thing
        time.sleep(0.05)
    raise TimeoutError(f"not within {seconds} s")


@dataclass(kw_only=True)
class Gate:
    """Starts commands from one checkout, with one folder of runs, and ends what is left of them."""

    runs: Path
    root: Path = ROOT
    environ: dict[str, str] = field(default_factory=dict)
    started: list[Started] = field(default_factory=list)

    def start(self, *words: str, **environ: str) -> Started:
        """Start a Python module with these words, such as `gonogo gate`."""
        mark = uuid.uuid4().hex
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=self.root,
            env={**clean_environ(), **self.environ, **environ, MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        one = Started(process=process, runs=self.runs, mark=mark)
        self.started.append(one)
        return one

    def begin(self, *options: str, **environ: str) -> Started:
        """Start a gate."""
        return self.start("gonogo", "gate", "--runs", str(self.runs), *options, **environ)

    def __call__(self, *options: str, **environ: str) -> Ran:
        """Run a gate to its end, which leaves nothing running."""
        one = self.begin(*options, **environ)
        ran = one.wait()
        assert one.gone(), f"still running: {one.family()}"
        return ran

    def command(self, *words: str) -> Ran:
        """Run another command to its end."""
        return self.start("gonogo", *words, "--runs", str(self.runs)).wait()

    def end(self) -> None:
        """End whatever is left of anything."""
        for one in self.started:
            one.end()


def clean_environ() -> dict[str, str]:
    """Our environment without what would tell a gate or a service something."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("GONOGO_", "CHAT_", "PYTEST_"))}


@contextmanager
def gate_in(runs: Path, environ: Mapping[str, str] | None = None) -> Iterator[Gate]:
    """A gate, ended with the block."""
    one = Gate(runs=runs, environ={"XDG_STATE_HOME": str(runs / "state"), **(environ or {})})
    try:
        yield one
    finally:
        one.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Wait last for what takes longest."""
    items.sort(key=lambda item: any(name in LAST for name in getattr(item, "fixturenames", ())))


@pytest.fixture(scope="session", autouse=True)
def long_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started | None]:
    """The whole gate as a user runs it, started before everything else where a test wants it."""
    wanted = any("healthy" in getattr(item, "fixturenames", ()) for item in request.session.items)
    with gate_in(tmp_path_factory.mktemp("healthy") / "runs") as gate:
        yield gate.begin() if wanted else None


@pytest.fixture(scope="session")
def healthy(long_run: Started) -> Ran:
    """The end of that run; to be read only."""
    return long_run.wait()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A gate with runs of its own, and a window of its limits that does not take a minute."""
    with gate_in(tmp_path / "runs", {"CHAT_LIMIT_WINDOW_S": str(SHORT_WINDOW_S)}) as one:
        yield one


@pytest.fixture
def form_gate(tmp_path: Path) -> Iterator[Gate]:
    """A gate that knows the passwords of the service of forms."""
    with gate_in(tmp_path / "runs", PASSWORDS) as one:
        yield one


@pytest.fixture(scope="session")
def short_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference profile with the short window."""
    return write_profile(tmp_path_factory.mktemp("profile") / "short.yaml")


def write_profile(path: Path, **changes: str) -> Path:
    """Write the reference profile with the short window, and other texts in place of some."""
    text = (ROOT / "profiles" / "reference.yaml").read_text(encoding="utf-8")
    for old, new in {"window_s: 60": f"window_s: {SHORT_WINDOW_S}", **changes}.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project that a test may alter."""
    copy = tmp_path / "checkout"
    for name in ("gonogo", "checks", "smoke", "reports", "target_app", "profiles"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, copy / name)
    return copy


# -- targets ----------------------------------------------------------------------------------------


def free_port() -> int:
    """A port on loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service at work, and the file that it says things into."""

    url: str
    said: Path


@contextmanager
def service(
    command: list[str], port: int, said: Path, environ: dict[str, str], scheme: str = "http"
) -> Iterator[Service]:
    """Run a service on a port until the block ends."""
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *command, "--port", str(port)],
            cwd=ROOT,
            env={**clean_environ(), **environ},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: listens(port) or process.poll() is not None)
            assert process.poll() is None, said.read_text(encoding="utf-8")
            yield Service(url=f"{scheme}://127.0.0.1:{port}", said=said)
        finally:
            process.terminate()
            process.wait()


FormService = Callable[..., Service]


@pytest.fixture
def form_service(tmp_path: Path) -> Iterator[FormService]:
    """Starts the service of forms, with options of its own."""
    with ExitStack() as stack:

        def start(*options: str) -> Service:
            said = tmp_path / f"service-{uuid.uuid4().hex}.log"
            command = [str(HERE / "form_service.py"), *options]
            return stack.enter_context(service(command, free_port(), said, PASSWORDS))

        yield start


@dataclass(frozen=True, kw_only=True)
class Stub:
    """A server that gives everybody the same answer; `asked` are the paths that it was asked for."""

    url: str
    asked: list[str]


Stubs = Callable[[int], Stub]


@pytest.fixture
def stub() -> Iterator[Stubs]:
    """Starts servers that answer everything with one status and the same page."""
    with ExitStack() as stack:
        yield lambda status: stack.enter_context(answering(status))


@contextmanager
def answering(status: int) -> Iterator[Stub]:
    """A server that answers everything with one status and a page."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            """Answer, whatever the method."""
            self.raw_requestline = self.rfile.readline(65537)
            self.close_connection = not self.raw_requestline or not self.parse_request()
            if not self.close_connection:
                self.answer()

        def answer(self) -> None:
            """Give the one answer."""
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b"<!doctype html><title>Welcome</title><p>This is a page.</p>"
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Stub(url=f"http://127.0.0.1:{server.server_address[1]}", asked=asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
