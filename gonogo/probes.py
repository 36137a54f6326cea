"""Requests that no operation of the profile describes. No I/O."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gonogo.exchange import Headers, Request
from gonogo.forgery import EVIL_ORIGIN, own_origin

if TYPE_CHECKING:
    from gonogo.description import Operation
    from gonogo.profile import Profile

UNLISTED = "unlisted"
METHODS = ("PUT", "DELETE", "PATCH", "POST", "TRACE")


def unlisted(profile: Profile, path: str, method: str = "GET") -> Request:
    """A request of nobody's to a path of the API's origin."""
    fields = tuple(profile.access.headers.items())
    return Request(operation=UNLISTED, method=method, url=f"{profile.origins.api}{path}", headers=Headers(fields))


def nowhere(profile: Profile) -> Request:
    """A request to a path that nobody can know."""
    return unlisted(profile, f"/{secrets.token_hex(8)}")


def public_path(profile: Profile) -> str | None:
    """A path that anybody may read; None when the profile describes none."""
    return next((one.path for one in profile.operations.values() if is_public_page(one)), None)


def is_public_page(operation: Operation) -> bool:
    """Whether anybody may read it, without knowing an id."""
    return operation.method == "GET" and operation.credential == "none" and "{" not in operation.path


def unknown_method(profile: Profile, page: Request) -> Request:
    """A request with a method that its path does not know: a public path, else that of a member's own page."""
    path = public_path(profile)
    request = page if path is None else unlisted(profile, path)
    method = next(method for method in METHODS if method not in known_methods(profile, request))
    return replace(request, operation=UNLISTED, method=method)


def known_methods(profile: Profile, request: Request) -> frozenset[str]:
    """The methods that the profile describes for a request's path."""
    path = request.url.removeprefix(profile.origins.api).partition("?")[0]
    return frozenset(one.method for one in profile.operations.values() if one.path == path)


def broken(request: Request) -> Request:
    """The request with a body that is neither JSON nor a form, under the same type."""
    return replace(request, body=b'{"')


def foreign_origins(profile: Profile) -> tuple[str, ...]:
    """Origins that must not be allowed: another one, none, and two that a careless comparison takes for the own."""
    place = urlsplit(own_origin(profile))
    return (
        EVIL_ORIGIN,
        "null",
        f"{place.scheme}://{place.hostname}.evil.example",
        f"{place.scheme}://evil{place.netloc}",
    )


def preflight(request: Request, origin: str, method: str) -> Request:
    """What a browser asks before a page of that origin may send such a request."""
    headers = Headers((("Origin", origin), ("Access-Control-Request-Method", method)))
    return Request(operation=UNLISTED, method="OPTIONS", url=request.url, headers=headers)


def incomplete(request: Request) -> Request:
    """The request with the first field of its body left out, so that whoever reads it must complain; else broken."""
    try:
        document = json.loads(request.body)
    except ValueError:
        document = None
    if isinstance(document, dict) and len(document) > 1:
        body = json.dumps(dict(list(document.items())[1:])).encode()
    elif b"&" in request.body:
        body = request.body.partition(b"&")[2]
    else:
        return broken(request)
    return replace(request, body=body)


def trace(profile: Profile, marker: str) -> Request:
    """A request that asks for itself, with something in it to recognise."""
    return unlisted(profile, public_path(profile) or "/", "TRACE").with_header("X-Marker", marker)


def public_paths(profile: Profile) -> frozenset[str]:
    """The paths that the profile says are for anybody."""
    return frozenset(one.path for one in profile.operations.values() if is_public_page(one))
