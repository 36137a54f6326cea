"""
A server on loopback that tells the truth: it stamps what it sends, keeps its own histograms, and breaks on request.

`python -m tests.load.truth` prints its port. `GET /stream?ttft_ms=50&gap_ms=20&tokens=20&fault=cut` streams an answer,
`/json` gives a small document, `/truth` what it knows of its streams, `/freeze?ms=2000` lets everything stand still.
Each token carries the monotonic moment, in nanoseconds, right before it was handed to the network.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit

from gonogo.dialect import Delta, Dialect, End, Failure
from load.broken import Broken
from load.histogram import Histogram

if TYPE_CHECKING:
    from collections.abc import Callable

DIALECT = Dialect(
    delta=Delta(event="token", pointer="/text", index="/index"),
    end=End(event="end"),
    error=Failure(event="error", pointer=None),
    ignore=("ping",),
)
FAULTS = (
    Broken.CUT,
    Broken.RESET,
    Broken.UNENDED,
    Broken.REPORTED,
    Broken.STALLED,
    Broken.OUT_OF_ORDER,
    Broken.BAD_JSON,
    Broken.BAD_UTF8,
    Broken.NO_STREAM,
    Broken.EMPTY,
    Broken.AFTER_END,
    Broken.SERVER_ERROR,
)
AT = 3
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"event: end\ndata: {}\n\n"
TTFT = Histogram()
GAPS = Histogram()
FROZEN_UNTIL = [0.0]
STREAMS = [0]


def chunk(data: bytes) -> bytes:
    """A chunk of HTTP/1.1."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def plain(status: int, body: bytes, kind: str = "application/json") -> bytes:
    """A whole answer."""
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Truth(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self.held = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        """Answer each whole request; none has a body."""
        now = time.monotonic_ns()
        self.held += data
        while b"\r\n\r\n" in self.held:
            head, _, self.held = self.held.partition(b"\r\n\r\n")
            url = urlsplit(head.split(b" ", 2)[1].decode())
            words = dict(parse_qsl(url.query))
            wait = FROZEN_UNTIL[0] - time.monotonic()
            if wait > 0:
                asyncio.get_running_loop().call_later(wait, self.answer, url.path, words, now)
            else:
                self.answer(url.path, words, now)

    def answer(self, path: str, words: dict[str, str], asked_ns: int) -> None:
        """Answer one request."""
        if path == "/stream":
            Streaming(self.transport, words, asked_ns).begin()
        elif path == "/truth":
            self.transport.write(plain(200, json.dumps(known()).encode()))
        elif path == "/freeze":
            FROZEN_UNTIL[0] = time.monotonic() + float(words["ms"]) / 1000
            self.transport.write(plain(200, b"{}"))
        else:
            self.transport.write(plain(200, b'{"items":[1,2,3]}'))


class Streaming:
    """One answer."""

    def __init__(self, transport: asyncio.Transport, words: dict[str, str], asked_ns: int) -> None:
        self.transport = transport
        self.fault = words.get("fault", "")
        self.ttft_s = float(words.get("ttft_ms", 0)) / 1000
        self.gap_s = float(words.get("gap_ms", 0)) / 1000
        self.tokens = int(words.get("tokens", 20))
        self.asked_ns = asked_ns
        self.due = time.monotonic() + self.ttft_s
        self.last_ns = 0
        self.index = 0
        self.loop = asyncio.get_running_loop()
        STREAMS[0] += 1

    def begin(self) -> None:
        """Send the head at once, and the first token when it is due."""
        if self.fault == Broken.SERVER_ERROR:
            self.loop.call_later(self.ttft_s, self.transport.write, plain(503, b"{}"))
        elif self.fault == Broken.NO_STREAM:
            self.transport.write(plain(200, b'{"text":"all at once"}'))
        elif self.fault == Broken.EMPTY:
            self.transport.write(STREAM_HEAD + chunk(b"")[:0] + b"0\r\n\r\n")
        else:
            self.transport.write(STREAM_HEAD)
            self.loop.call_at(self.due, self.token)

    def token(self) -> None:
        """Send the next token, and see to the one after it."""
        if self.transport.is_closing():
            return
        if self.index >= self.tokens:
            self.finish()
            return
        if self.index == AT and self.fault in BEHAVIOUR and BEHAVIOUR[self.fault](self):
            return
        number = self.index + (self.fault == Broken.OUT_OF_ORDER and self.index > AT)
        now = time.monotonic_ns()
        data = {"index": number, "text": f"word{number} ", "at": now, "asked": self.asked_ns}
        self.transport.write(chunk(b"event: token\ndata: %s\n\n" % json.dumps(data).encode()))
        (GAPS if self.last_ns else TTFT).record(now - (self.last_ns or self.asked_ns))
        self.last_ns = now
        self.index += 1
        self.due += self.gap_s
        self.loop.call_at(self.due, self.token)

    def finish(self) -> None:
        """Send the end."""
        end = b"" if self.fault == Broken.UNENDED else END
        end += b'event: token\ndata: {"text":"more"}\n\n' if self.fault == Broken.AFTER_END else b""
        self.transport.write((chunk(end) if end else b"") + b"0\r\n\r\n")

    def say(self, data: bytes) -> bool:
        """Send an event of its own, and go on."""
        self.transport.write(chunk(data))
        return False

    def reset(self) -> None:
        """Close so that the other side is told of a reset."""
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()

    def stop(self, how: Callable[[], None]) -> bool:
        """End in some way, and do not go on."""
        how()
        return True


BEHAVIOUR: dict[str, Callable[[Streaming], bool]] = {
    Broken.CUT: lambda one: one.stop(one.transport.close),
    Broken.RESET: lambda one: one.stop(one.reset),
    Broken.STALLED: lambda one: one.stop(lambda: None),
    Broken.REPORTED: lambda one: one.say(b'event: error\ndata: {"title":"the model is gone"}\n\n'),
    Broken.BAD_JSON: lambda one: one.say(b'event: token\ndata: {"text":"half\n\n'),
    Broken.BAD_UTF8: lambda one: one.say(b'event: ping\ndata: "\xff"\n\n'),
}


def known() -> dict[str, object]:
    """What the server knows of its streams, in seconds."""
    return {
        "streams": STREAMS[0],
        "ttft": {str(share): TTFT.percentile(share) for share in (0.5, 0.95, 0.99)} if TTFT.n else {},
        "gaps": {str(share): GAPS.percentile(share) for share in (0.5, 0.95, 0.99)} if GAPS.n else {},
        "tokens": TTFT.n + GAPS.n,
    }


async def serve(port: int) -> None:
    """Serve until somebody ends the process; the port is said first."""
    server = await asyncio.get_running_loop().create_server(Truth, "127.0.0.1", port, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
