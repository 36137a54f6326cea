"""Offers one version of TLS to a target, and sees whether it takes it. What it says is data, never raised."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from gonogo.profile import Profile

HANDSHAKE, ALERT = 22, 21  # content types of a record: RFC 5246, 6.2.1
DEADLINE_S = 10.0
OLD = {"TLS 1.0": 0x0301, "TLS 1.1": 0x0302}
CURRENT = {"TLS 1.2": 0x0303, "TLS 1.3": 0x0304}


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """
    What became of one offer.

    `accepted` is None where this machine cannot make the offer, or nobody could be reached; `said`
    tells in words what the target answered.
    """

    version: str
    accepted: bool | None
    said: str


async def handshake(profile: Profile, version: str) -> Handshake:
    """Offer exactly this version, and wait for the first record of the answer."""
    place = urlsplit(profile.origins.api)
    host, port = place.hostname or "", place.port or 443
    try:
        hello = client_hello({**OLD, **CURRENT}[version], host)
    except (ssl.SSLError, ValueError) as error:
        return Handshake(version=version, accepted=None, said=f"this machine cannot offer {version}: {error}")
    if profile.connect_to:
        host, _, text = profile.connect_to.rpartition(":")
        port = int(text)
    return await offered(version, hello, host.strip("[]"), port)


def client_hello(version: int, name: str) -> bytes:
    """
    The first message of a client that speaks only this version.

    Raises SSLError or ValueError where the installed OpenSSL does not speak it. It refuses old versions
    at its usual level of security, therefore the lowest; nothing is sent after this message.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion(version)
    context.set_ciphers("ALL:@SECLEVEL=0")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


async def offered(version: str, hello: bytes, host: str, port: int) -> Handshake:
    """Send a client's first message and read the type of the first record that comes back."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            reader, writer = await asyncio.open_connection(host, port)
    except OSError as error:  # a time-out is one too
        return Handshake(version=version, accepted=None, said=f"no connection: {error or 'it took too long'}")
    try:
        async with asyncio.timeout(DEADLINE_S):
            writer.write(hello)
            await writer.drain()
            first = await reader.read(1)
    except OSError as error:
        return Handshake(version=version, accepted=False, said=f"the connection broke: {error or 'no answer'}")
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return Handshake(version=version, accepted=first == bytes([HANDSHAKE]), said=in_words(first))


def in_words(first: bytes) -> str:
    """What the first byte of an answer means."""
    if not first:
        return "it closed the connection"
    known = {HANDSHAKE: "it went on with the handshake", ALERT: "it refused with an alert"}
    return known.get(first[0], f"it answered with a record of type {first[0]}")
