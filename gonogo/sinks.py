"""
Where the target sends what it would send to the world: a mail server and an error tracker of ours.

Both listen in threads of the parent process and write what arrives into a folder, one private file
each, which appears whole or not at all. The suites read these folders.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import socket
import threading
import time
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from aiosmtpd.smtp import SMTP

from gonogo.envelope import LARGEST, decompress, events_of
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aiosmtpd.smtp import Envelope, Session

LARGEST_MAIL = 5 * 2**20
PATIENCE_S = 10.0
ENVELOPES = re.compile(r"/api/\w+/envelope/?(\?.*)?")
NUMBERS = itertools.count(1)
DSN_KEY = "gonogo"
DSN_PROJECT = "1"


def keep(folder: Path, suffix: str, content: object) -> None:
    """Write JSON into a private file that sorts by its time of arrival."""
    name = f"{time.time_ns():020d}-{next(NUMBERS):06d}.{suffix}"
    part = folder / f".{name}.part"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)
    part.replace(folder / name)


def listening_socket(host: str, port: int, key: str) -> socket.socket:
    """Bind and listen. Raises UsageError with the profile's key when that address cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (")[0]
        raise UsageError(
            f"cannot listen on {host}:{port} ({reason}); free it, or choose another address at {key} in the profile"
        ) from error


class Sink(ABC):
    """Something that listens from `start` to `stop`, or for the length of a `with` block; port 0 is any free port."""

    key: str  # where the profile says what to listen on

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen from now on. Raises UsageError when the address cannot be had."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        listener = listening_socket(self.host, self.port, self.key)
        self.port = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._prepare(listener), name=type(self).__name__, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and hang up on who is still connected."""
        if self._thread is not None:
            self._end()
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @abstractmethod
    def _prepare(self, listener: socket.socket) -> Callable[[], None]:
        """Return what the thread does."""

    @abstractmethod
    def _end(self) -> None:
        """Make the thread come to its end."""


class MailSink(Sink):
    """A mail server that takes every mail and delivers none: sender, recipients, arrival, and the mail as it came."""

    key = "mail.listen"

    def _prepare(self, listener: socket.socket) -> Callable[[], None]:
        # aiosmtpd's own controller cannot tell which free port it got, and says only after seconds that one is taken.
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._servers: WeakSet[SMTP] = WeakSet()
        return lambda: self._run(listener)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)

    def _run(self, listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(listener))

    async def _serve(self, listener: socket.socket) -> None:
        server = await self._loop.create_server(self._answer, sock=listener)
        await self._ended.wait()
        server.close()
        for smtp in self._servers:
            if smtp.transport is not None:
                smtp.transport.close()
        await asyncio.sleep(0)  # transports close in the loop's next turn

    def _answer(self) -> SMTP:
        smtp = SMTP(self, hostname="localhost", data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, timeout=PATIENCE_S)
        self._servers.add(smtp)
        return smtp

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Keep one mail."""
        mail = {"sender": envelope.mail_from, "recipients": envelope.rcpt_tos, "arrived": time.time()}
        keep(self.folder, "json", {**mail, "message": (envelope.original_content or b"").decode("latin-1")})
        return "250 OK"


class TrackerSink(Sink):
    """An error tracker that takes Sentry's envelopes and keeps their events as they came."""

    key = "tracker.listen"

    @property
    def dsn(self) -> str:
        """What the target is given to report here."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{DSN_KEY}@{host}:{self.port}/{DSN_PROJECT}"

    def _prepare(self, listener: socket.socket) -> Callable[[], None]:
        self._server = EnvelopeServer(listener, self.folder)
        return lambda: self._server.serve_forever(poll_interval=0.05)

    def _end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class EnvelopeServer(ThreadingHTTPServer):
    """Serves a socket that listens already."""

    def __init__(self, listener: socket.socket, folder: Path) -> None:
        super().__init__(listener.getsockname()[:2], EnvelopeHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.folder = folder


class EnvelopeHandler(BaseHTTPRequestHandler):
    """Answers one report."""

    server: EnvelopeServer
    timeout = PATIENCE_S

    def do_POST(self) -> None:
        """Keep the events of an envelope; what cannot be read is kept as refused, so that the target is not blamed."""
        if not ENVELOPES.fullmatch(self.path):
            self._answer(404, {"detail": "only envelopes are taken here"})
            return
        try:
            encoding = self.headers.get("Content-Encoding", "").strip().lower()
            events = events_of(decompress(self._body(), encoding))
        except ValueError as error:
            keep(self.server.folder, "refused", str(error))
            self._answer(400, {"detail": str(error)})
            return
        for event in events:
            keep(self.server.folder, "json", event)
        self._answer(200, {"id": events[0].get("event_id") if events else None})

    def _body(self) -> bytes:
        """Read the whole body. Raises ValueError when it is cut or far too large."""
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self._read(int(self.headers.get("Content-Length", "0")), LARGEST)
        body = bytearray()
        while chunk := self._chunk(LARGEST - len(body)):
            body += chunk
        return bytes(body)

    def _chunk(self, room: int) -> bytes:
        """Read one chunk; the last is empty."""
        chunk = self._read(int(self.rfile.readline(100).partition(b";")[0], 16), room)
        self.rfile.readline(100)
        return chunk

    def _read(self, length: int, room: int) -> bytes:
        if not 0 <= length <= room:
            raise ValueError(f"the body has {length} bytes, and there is room for {room}")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ValueError(f"the body is cut: {len(body)} bytes of {length} came")
        return body

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet: the terminal is the report's."""
