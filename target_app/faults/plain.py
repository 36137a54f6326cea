"""Faults of what answers without TLS, at the port where TLS is spoken."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from socket import socket
from typing import Any

import uvicorn
from fastapi import FastAPI

from target_app.fault import fault

HANDSHAKE = b"\x16"  # the type of the first record of a client that speaks TLS: RFC 5246, 6.2.1
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
ELSEWHERE = (
    b"HTTP/1.1 301 Moved\r\nLocation: https://login.example.net/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)
PIECE = 65536

Startup = Callable[[uvicorn.Server, list[socket] | None], Awaitable[None]]


class Door:
    """Takes every connection: one that speaks TLS is led to the server, any other gets one answer."""

    def __init__(self, port: int, answer: bytes) -> None:
        self.port = port
        self.answer = answer

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Look at the first byte, and decide."""
        first = await reader.read(1)
        if first == HANDSHAKE:
            await self._lead_on(first, reader, writer)
        elif first:
            writer.write(self.answer)
        with suppress(OSError):
            await writer.drain()
        writer.close()

    async def _lead_on(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # From the caller's own address, since limits go by it.
        caller = writer.get_extra_info("peername")[0]
        inner, outer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(caller, 0))
        outer.write(first)
        tasks = [asyncio.create_task(_carry(reader, outer)), asyncio.create_task(_carry(inner, writer))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        outer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


@fault("tls.plain-served", detected_by={"tls.redirects"})
def plain_served(_app: FastAPI) -> None:
    """Who forgets the s in https is served all the same, for everybody on the way to read."""
    _open_a_door(PAGE)


@fault("tls.leads-elsewhere", detected_by={"tls.redirects"})
def leads_elsewhere(_app: FastAPI) -> None:
    """Who forgets the s in https is sent to another host."""
    _open_a_door(ELSEWHERE)


def _open_a_door(answer: bytes) -> None:
    startup = uvicorn.Server.startup

    async def with_door(server: uvicorn.Server, sockets: list[socket] | None = None) -> None:
        port, server.config.port = server.config.port, 0
        await startup(server, sockets)
        inner: Any = server.servers[0].sockets[0].getsockname()
        # Among its own, so that it closes with them.
        server.servers.append(await asyncio.start_server(Door(inner[1], answer).take, server.config.host, port))

    uvicorn.Server.startup = with_door  # type: ignore[assignment,method-assign]
