"""What a target does with an offered version of TLS is told as it is."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from gonogo.handshake import CURRENT, OLD, client_hello, handshake, offered

VERSION_OFFERED = slice(9, 11)  # in the first message of TLS 1.2 and before: RFC 5246, 7.4.1.2


def place(port: int, connect_to: str | None = None) -> Any:  # noqa: ANN401  it stands for a profile
    """As much of a profile as says where the target is."""
    return SimpleNamespace(origins=SimpleNamespace(api=f"https://localhost:{port}"), connect_to=connect_to)


@pytest.fixture
async def port(request: pytest.FixtureRequest) -> AsyncIterator[int]:
    """A server that speaks TLS from the version that the test names upwards."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = request.param
    context.set_ciphers("ALL:@SECLEVEL=0")
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "localhost", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("port", [ssl.TLSVersion.TLSv1_2], indirect=True)
async def test_a_strict_server_refuses_the_old(port: int) -> None:
    """It ends the handshake at 1.0 and 1.1, and goes on with 1.2 and 1.3."""
    found = [await handshake(place(port), version) for version in (*OLD, *CURRENT)]
    assert [one.accepted for one in found] == [False, False, True, True]


@pytest.mark.parametrize("port", [ssl.TLSVersion.TLSv1], indirect=True)
async def test_a_lenient_server_takes_the_old(port: int) -> None:
    """It goes on with every version."""
    found = [await handshake(place(port), version) for version in OLD]
    assert [(one.version, one.accepted) for one in found] == [("TLS 1.0", True), ("TLS 1.1", True)]


@pytest.mark.parametrize("port", [ssl.TLSVersion.TLSv1_2], indirect=True)
async def test_another_address_can_be_met(port: int) -> None:
    """Where the profile says to connect elsewhere, the offer goes there."""
    assert (await handshake(place(1, f"localhost:{port}"), "TLS 1.3")).accepted


async def test_nobody_there_is_no_refusal() -> None:
    """A target that cannot be reached has refused nothing."""
    with_nobody = await asyncio.start_server(lambda *_: None, "localhost", 0)
    port = with_nobody.sockets[0].getsockname()[1]
    with_nobody.close()
    await with_nobody.wait_closed()
    found = await handshake(place(port), "TLS 1.2")
    assert found.accepted is None
    assert found.said.startswith("no connection")


@pytest.mark.parametrize(
    ("first", "accepted", "said"),
    [
        (b"", False, "it closed the connection"),
        (b"\x15", False, "it refused with an alert"),
        (b"\x16", True, "it went on with the handshake"),
        (b"H", False, "it answered with a record of type 72"),
    ],
)
async def test_the_first_byte_decides(first: bytes, said: str, *, accepted: bool) -> None:
    """Whatever speaks there, only the beginning of a handshake is one."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(first)
        writer.close()

    server = await asyncio.start_server(answer, "localhost", 0)
    async with server:
        found = await offered("TLS 1.0", b"hello", "localhost", server.sockets[0].getsockname()[1])
    assert (found.accepted, found.said) == (accepted, said)


@pytest.mark.parametrize("version", OLD)
def test_the_old_version_is_really_offered(version: str) -> None:
    """The first message names no newer version, although OpenSSL would rather not."""
    assert client_hello(OLD[version], "localhost")[VERSION_OFFERED] == OLD[version].to_bytes(2, "big")
