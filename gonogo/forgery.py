"""What another site can make a browser send, and what else a token may be mistaken for. Pure."""

from __future__ import annotations

import math
import string
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import random

    from gonogo.exchange import Request
    from gonogo.profile import Profile

EVIL_ORIGIN = "https://evil.example"
PAIR_COOKIES = ("csrf_token", "csrftoken", "XSRF-TOKEN", "_csrf", "fastapi-csrf-token")
"""What the cookie is usually called that repeats a token."""
KINDS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
ALPHABETS = (string.digits, "0123456789abcdef", "0123456789ABCDEF", string.ascii_letters + string.digits + "+/-_=.")


def one_changed(token: str) -> str:
    """
    The token with one character in the middle changed to its neighbour of the same kind.

    So it keeps its length, its case and its alphabet; a hexadecimal digit stays one.
    """
    places = sorted(range(len(token)), key=lambda place: abs(place - len(token) // 2))
    for place in places:
        kind = next((kind for kind in KINDS if token[place] in kind), "")
        if kind:
            near = (kind.index(token[place]) + 1) % (len(kind) if kind == string.digits else 6)
            return token[:place] + kind[near] + token[place + 1 :]
    return token + "0"


def random_like(token: str, chance: random.Random) -> str:
    """Another token of the same shape: each letter and digit replaced by any of its kind."""
    return "".join(next((chance.choice(kind) for kind in KINDS if one in kind), one) for one in token)


def bits_of(token: str) -> float:
    """How many bits a token can hold at most: its length, in the smallest usual alphabet that it fits in."""
    alphabet = next((known for known in ALPHABETS if set(token) <= set(known)), string.printable)
    return len(token) * math.log2(len(alphabet))


def own_origin(profile: Profile) -> str:
    """The origin of the target's own pages."""
    place = urlsplit(profile.origins.ui or profile.origins.api)
    return f"{place.scheme}://{place.netloc}"


def with_pair_of(request: Request, theirs: Request, session_cookies: tuple[str, ...]) -> Request:
    """
    The request with every cookie of another person's that is not the session's.

    Where a cookie repeats the CSRF token, an attacker can plant the pair that was issued to him.
    """
    foreign = {name: value for name, value in cookies_of(theirs).items() if name not in session_cookies}
    return with_cookies(request, foreign)


def with_cookies(request: Request, planted: dict[str, str]) -> Request:
    """The request with cookies added or replaced."""
    if not planted:
        return request
    pairs = cookies_of(request) | planted
    return request.with_header("Cookie", "; ".join(f"{name}={value}" for name, value in pairs.items()))


def cookies_of(request: Request) -> dict[str, str]:
    """What a request's Cookie field holds, by name."""
    pairs = (pair.partition("=") for pair in request.headers.get("cookie").split("; ") if "=" in pair)
    return {name: value for name, _, value in pairs}


def as_link(request: Request) -> Request:
    """The request as a mere link would make it: a GET without a body."""
    return replace(request, method="GET", body=b"", headers=request.headers.without("content-type"))
