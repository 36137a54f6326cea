"""Makes a prepared request somebody's: who we are, whose session it is, and with which token."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from contracts.calls import body_of
from gonogo import __version__
from gonogo.operation import SAFE
from gonogo.webhook import FRESH

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from contracts.routes import Route
    from gonogo.people import Cast, Person
    from gonogo.profile import Profile


def signer(cast: Cast, route: Route, person: Person | None, csrf: str | None = "") -> Callable[..., Any]:
    """What turns a prepared request into this person's; `csrf` replaces the token, None leaves it out."""
    profile = cast.profile

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        dressed(request, cast.run_id)
        headers: Any = request.headers
        for name, value in profile.access.headers.items():
            headers[name] = value
        if route.credential == "operator" and profile.operator:
            headers.update(profile.operator.headers)
        if route.credential == "signature" and profile.payment and profile.payment.secret:
            headers.update(FRESH.headers(profile.payment, body_of(request), time.time()))
        if person is None:
            return request
        cookies = person.store.header_for(request.url or "")
        if cookies:
            headers["Cookie"] = "; ".join(filter(None, [headers.get("Cookie", ""), cookies]))
            person.shown_as[cookies] = f"{person.prefix}COOKIE"
        if person.bearer is not None and profile.identity.session != "cookie":
            bearer = profile.identity.bearer
            headers[bearer.header] = f"{bearer.prefix}{person.bearer}"
        give_token(profile, route, request, person, csrf)
        return request

    return sign


def give_token(
    profile: Profile, route: Route, request: requests.PreparedRequest, person: Person, csrf: str | None
) -> None:
    """Give a request the token, another one, or none."""
    rule = profile.csrf
    headers: Any = request.headers
    if rule is None or rule.send_as != "header" or request.method in SAFE:
        return
    if csrf is None:
        headers.pop(rule.name, None)
    elif rule.name in headers or request.method != route.method or not route.wants_token:
        # what an operation takes and a request of it left out was left out on purpose
        headers[rule.name] = csrf or person.csrf or ""


def bare(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """A request that nobody in particular sends."""
    return request


def dressed(request: requests.PreparedRequest, run_id: str) -> None:
    """Say who we are, as on every request of a run."""
    request.headers["User-Agent"] = f"gonogo/{__version__} ({run_id})"
    request.headers["traceparent"] = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
