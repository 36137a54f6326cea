"""What gates meet: services as processes, servers that answer everything alike, profiles, and altered checkouts."""

import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.gate.gates import ROOT, clean_environ, until

HERE = Path(__file__).parent
SHORT_WINDOW_S = 20
PASSWORDS = {"FORM_PASSWORD_ADA": "correct-horse-ada", "FORM_PASSWORD_BEN": "correct-horse-ben"}


def write_profile(path: Path, changes: Mapping[str, str] | None = None) -> Path:
    """Write the reference profile with the short window, and other texts in place of some."""
    text = (ROOT / "profiles" / "reference.yaml").read_text(encoding="utf-8")
    for old, new in {
        "window_s: 60": f"window_s: {SHORT_WINDOW_S}",
        "wait_s: 10": "wait_s: 5",
        **(changes or {}),
    }.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def copy_checkout(copy: Path) -> Path:
    """Copy what a gate runs from."""
    for name in ("gonogo", "checks", "smoke", "load", "contracts", "reports", "target_app", "profiles"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, copy / name)
    return copy


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


@dataclass(frozen=True, kw_only=True)
class Stub:
    """A server that gives everybody the same answer; `asked` are the paths that it was asked for."""

    url: str
    asked: list[str]


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
