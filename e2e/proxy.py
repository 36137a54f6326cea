"""A small proxy on loopback, through which a browser calls from one person's address, and reaches the target alone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PIECE = 65536
LONGEST_HEAD = 65536
PORTS = {"http": 80, "https": 443}
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
UNREACHED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(kw_only=True)
class Proxy:
    """
    Leads connections to one origin, from one address; every other host is refused.

    A browser calls its maker, too; what a page itself asks for is told by the watch.
    """

    origin: str
    address: str | None
    connect_to: str | None = None
    server: asyncio.Server | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> str:
        """Begin to listen; the proxy's URL."""
        self.server = await asyncio.start_server(self._take, "127.0.0.1", 0, limit=LONGEST_HEAD)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Listen no more, and let go of every connection."""
        if self.server:
            self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        try:
            await self._lead(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever called has left, or speaks no HTTP
        finally:
            writer.close()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, *_ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if place(f"https://{target}" if method == "CONNECT" else target) != place(self.origin):
            writer.write(REFUSED)
            return
        host, port = place(f"https://{self.connect_to}" if self.connect_to else self.origin)
        local = (self.address, 0) if self.address else None
        try:
            theirs, to_them = await asyncio.open_connection(host, port, local_addr=local)
        except OSError:
            writer.write(UNREACHED)
            return
        if method == "CONNECT":
            writer.write(CONNECTED)
        else:
            to_them.write(head)  # RFC 9112, 3.2.2: a server takes the whole address, too
        try:
            await asyncio.gather(carry(reader, to_them), carry(theirs, writer))
        finally:
            to_them.close()


def place(url: str) -> tuple[str, int]:
    """The host and port that a URL names."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme, 0)


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on whatever comes, until nothing does."""
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        writer.write_eof()
