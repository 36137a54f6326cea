"""
An HTTP/1.1 client that is as cheap as a load generator needs, and stamps what arrives.

Requests come whole, answers in pieces: whoever reads a stream sees each piece of the body with its arrival. A
connection is kept while the other side keeps it, and no request is ever sent twice.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import httptools

from load.wire import Cut, Place, Silent, Unreachable, Wire, WireTrouble

if TYPE_CHECKING:
    from gonogo.exchange import Request
    from load.wire import Piece

NO_CONTENT = frozenset({204, 304})
FINAL = 200
KEPT_S = 4.0  # servers close idle connections after five seconds or more, and no request must run into that


class Reader(Protocol):
    """Is shown a streamed body as it arrives; says whether to go on."""

    def feed(self, data: bytes, at_ns: int) -> bool:
        """Take a piece."""
        ...


@dataclass
class Answer:
    """
    What came back, with monotonic moments in nanoseconds; 0 where it did not come to that.

    `complete` says that the answer ended as HTTP ends one. `trouble` is what the network did instead.
    """

    began_ns: int = 0
    sent_ns: int = 0
    headers_ns: int = 0
    ended_ns: int = 0
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False
    by_kernel: bool = False
    left: bool = False
    trouble: WireTrouble | None = None

    def header(self, name: bytes) -> bytes:
        """The first value of a field, by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), b"")


class Client:
    """One person's connection to one place; `idle_s` is how long an answer may stand still, `deadline_s` last."""

    def __init__(self, place: Place, idle_s: float = 15.0, deadline_s: float = 60.0) -> None:
        self.place = place
        self.idle_s = idle_s
        self.deadline_s = deadline_s
        self.wire: Wire | None = None
        self.opened = 0

    def send(self, request: bytes, reader: Reader | None = None, *, head: bool = False) -> Answer:
        """Send a request and read its answer; what the network does wrong is in the answer, never raised."""
        answer = Answer(began_ns=time.monotonic_ns())
        try:
            self._exchange(request, answer, reader, head=head)
        except WireTrouble as trouble:
            answer.trouble = trouble
        finally:
            if not answer.complete:
                self.close()  # also when the person is killed: half an answer must not be the next one's beginning
        answer.ended_ns = answer.ended_ns or time.monotonic_ns()
        return answer

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.wire:
            self.wire.close()
            self.wire = None

    def _exchange(self, request: bytes, answer: Answer, reader: Reader | None, *, head: bool) -> None:
        wire = self._open()
        answer.sent_ns = wire.send(request)
        parsing = Parsing(answer, reader, head=head)
        for piece in wire.pieces(self.idle_s):
            if not parsing.take(piece):
                break
            if piece.at_ns - answer.sent_ns > self.deadline_s * 1e9:
                raise Silent(f"the answer was not over after {self.deadline_s:g} s")
        if not parsing.keeps:
            self.close()

    def _open(self) -> Wire:
        wire = self.wire
        if wire and (time.monotonic_ns() - wire.used_ns > KEPT_S * 1e9 or wire.is_stale()):
            self.close()
        if self.wire is None:
            self.wire = Wire(self.place)
            self.opened += 1
        return self.wire


class Parsing:
    """One answer at its reading; httptools calls what begins with `on_`."""

    def __init__(self, answer: Answer, reader: Reader | None, *, head: bool) -> None:
        self.answer = answer
        self.reader = reader
        self.head = head
        self.parser = httptools.HttpResponseParser(self)
        self.at_ns = 0
        self.goes_on = True
        self.keeps = False
        self.framed = False

    def take(self, piece: Piece) -> bool:
        """Read a piece; whether the answer goes on. Raises Cut for what is no HTTP."""
        self.at_ns, self.answer.by_kernel = piece.at_ns, piece.by_kernel
        try:
            self.parser.feed_data(piece.data)
        except httptools.HttpParserError as error:
            if not self.answer.complete:
                raise Cut(f"the answer is no HTTP/1.1: {error}") from error
            self.keeps = False
        return self.goes_on

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field."""
        self.answer.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is there; a HEAD's answer, and one without content, ends with it."""
        answer = self.answer
        answer.status = self.parser.get_status_code()
        if answer.status < FINAL:
            answer.headers.clear()
            return
        answer.headers_ns = self.at_ns
        names = {name.lower() for name, _ in answer.headers}
        self.framed = bool(names & {b"content-length", b"transfer-encoding"})
        self.keeps = self.parser.should_keep_alive()
        if self.head or answer.status in NO_CONTENT:
            self.end()

    def on_body(self, body: bytes) -> None:
        """Show a piece of the body to whoever reads it, or keep it."""
        if self.reader is None or self.answer.status != FINAL:
            self.answer.body += body
        elif self.goes_on and not self.reader.feed(body, self.at_ns):
            self.answer.left, self.goes_on, self.keeps = True, False, False

    def on_message_complete(self) -> None:
        """The answer is over, unless it only said that the real one will come."""
        if self.answer.status >= FINAL:
            self.end()

    def end(self) -> None:
        """Note the end."""
        self.answer.complete, self.goes_on = True, False
        self.answer.ended_ns = self.at_ns


def wire_format(request: Request, host: str, fields: list[tuple[str, str]]) -> bytes:
    """A request as its bytes; `fields` stand in for those that it does not have itself."""
    target = "/" + request.url.split("://", 1)[-1].partition("/")[2]
    own = {name.lower() for name, _ in request.headers}
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in fields if name.lower() not in own]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if request.body or request.method not in {"GET", "HEAD", "OPTIONS"}:
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + request.body


__all__ = ["Answer", "Client", "Cut", "Parsing", "Place", "Silent", "Unreachable", "wire_format"]
