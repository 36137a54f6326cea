"""What of an answer is secret, and under which variable it stands. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gonogo.source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.exchange import Exchange
    from gonogo.profile import Profile

GIVE_SESSIONS = frozenset({"signin", "refresh"})
SECRET_NAME = re.compile("token|secret|refresh|bearer", re.IGNORECASE)


def secrets_given(profile: Profile, exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The secrets that an answer gives, each with its variable's name; of several names the first is best."""
    if profile.csrf:  # where each page holds the token, any answer may
        yield read_source(profile.csrf.source, exchange) or "", "CSRF"
    yield exchange.captured.get("bearer", ""), "TOKEN"
    for cookie in exchange.cookies:
        yield cookie.value, f"COOKIE_{re.sub(r'[^A-Za-z0-9]+', '_', cookie.name).strip('_').upper()}"
    yield from ((value, name.upper()) for name, value in exchange.captured.items() if SECRET_NAME.search(name))
    if exchange.request.operation in GIVE_SESSIONS:
        for number, source in enumerate(profile.identity.session_source, 1):
            yield read_source(source, exchange) or "", f"SESSION_{number}"
