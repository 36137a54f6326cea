"""Looks at a target's certificates, and at what answers without TLS. What it says is data, never raised."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gonogo.driver import tls_context
from gonogo.exchange import Headers, Request

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.member import Member
    from gonogo.profile import Profile

DEADLINE_S = 10.0
HTTPS, HTTP = 443, 80
PLAIN = "plain http"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """
    What came of asking for the certificate of an origin.

    `trusted` is None where nobody could be reached; `said` tells in words why it is not trusted. `days_left` counts
    from now, and is known of a certificate that is trusted.
    """

    origin: str
    trusted: bool | None
    said: str = ""
    days_left: float | None = None


async def certificates(profile: Profile) -> list[Certificate]:
    """Look at the certificate of each of the target's origins that speaks TLS, each once."""
    origins = dict.fromkeys(filter(None, (profile.origins.api, profile.origins.ui, profile.origins.webhook)))
    return [await certificate(profile, origin) for origin in origins if origin.startswith("https:")]


async def certificate(profile: Profile, origin: str) -> Certificate:
    """Connect as a client that trusts what the profile trusts, and read what is shown."""
    place = urlsplit(origin)
    host, port = place.hostname or "", place.port or HTTPS
    if profile.connect_to:
        host, _, text = profile.connect_to.rpartition(":")
        port = int(text)
    try:
        async with asyncio.timeout(DEADLINE_S):
            _, writer = await asyncio.open_connection(
                host.strip("[]"), port, ssl=tls_context(profile), server_hostname=place.hostname
            )
    except ssl.SSLCertVerificationError as error:
        return Certificate(origin=origin, trusted=False, said=error.verify_message)
    except OSError as error:  # a time-out is one too
        return Certificate(origin=origin, trusted=None, said=f"no connection: {error or 'it took too long'}")
    shown = writer.get_extra_info("peercert")
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    left = ssl.cert_time_to_seconds(shown["notAfter"]) - time.time()
    return Certificate(origin=origin, trusted=True, days_left=left / 86400)


async def asked_without_tls(member: Member) -> Exchange:
    """Ask without TLS. A door that does not answer at all is closed, so that no failure is doubted here."""
    request = without_tls(member.profile)
    exchange = await member.person.driver.send(request, member.cast.recorder.next_id(), member.person.name)
    member.cast.recorder.exchange(exchange, member.scenario)
    return exchange


def without_tls(profile: Profile) -> Request:
    """
    A request without TLS to where a visitor would send one who types the target's name.

    That is the origin that the profile names, else port 80 where the target has the usual port, else its own port.
    """
    place = urlsplit(profile.origins.api)
    port = HTTP if place.port in {None, HTTPS} else place.port
    host = f"[{place.hostname}]" if ":" in (place.hostname or "") else place.hostname
    origin = profile.origins.plain or f"http://{host}:{port}"
    return Request(operation=PLAIN, method="GET", url=f"{origin}/", headers=Headers())
