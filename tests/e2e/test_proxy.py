"""The proxy leads to the target alone, from one person's address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest_asyncio

from e2e.proxy import Proxy, place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ADDRESS = "127.7.7.7"


@pytest_asyncio.fixture
async def target() -> AsyncIterator[str]:
    """A server that tells each caller their address."""

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(writer.get_extra_info("peername")[0].encode())
        writer.close()

    server = await asyncio.start_server(tell, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def asked(target: str, line: str, then: bytes = b"") -> bytes:
    """Everything that a proxy to the target answers."""
    proxy = Proxy(origin=f"https://{target}", address=ADDRESS)
    host, port = place(await proxy.start())
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"{line} HTTP/1.1\r\n\r\n".encode() + then)
    said = await reader.read()
    writer.close()
    await proxy.close()
    return said


async def test_target_is_called_from_the_persons_address(target: str) -> None:
    """The target sees the person's own address."""
    said = await asked(target, f"CONNECT {target}", b"hello\n")
    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(ADDRESS.encode())


async def test_every_other_host_is_refused(target: str) -> None:
    """Nobody but the target is reached."""
    assert (await asked(target, "CONNECT tracker.example.net:443")).startswith(b"HTTP/1.1 403")


async def test_a_target_that_is_down_is_told(target: str) -> None:
    """A target that does not answer gives a bad gateway."""
    dead = f"{target.rpartition(':')[0]}:1"
    assert (await asked(dead, f"CONNECT {dead}")).startswith(b"HTTP/1.1 502")
