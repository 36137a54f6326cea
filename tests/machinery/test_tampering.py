"""A forger's token says something else under its old signature; what carries no session is not forged."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.exchange import Headers, Request
from gonogo.sections import Identity
from gonogo.tampering import decoded, encoded, tampered, tampered_token
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Mapping


def jwt(claims: Mapping[str, Any]) -> str:
    """A token with these claims."""
    return f"{encoded({'alg': 'HS256'})}.{encoded(dict(claims))}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("claims", "end"), [({"sub": "1", "exp": 9}, 10), ({"exp": 9.5}, 10.5), ({"exp": "soon"}, 1), ({}, 1)]
)
def test_a_token_lives_a_second_more(claims: dict[str, Any], end: float) -> None:
    """Header and signature stay; of the claims only the end is another."""
    before, after = jwt(claims).split("."), tampered_token(jwt(claims)).split(".")
    assert (after[0], after[2]) == (before[0], before[2])
    assert decoded(after[1]) == {**claims, "exp": end}


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_no_token_stays_what_it_is(token: str) -> None:
    """Whatever a token looks like, it is another one afterwards."""
    assert tampered_token(token) != token


@pytest.mark.parametrize("token", ["abc.def.ghi", f"a.{base64.urlsafe_b64encode(b'[1]').decode()}.b", "a.\u00e4.b"])
def test_three_parts_make_no_jwt(token: str) -> None:
    """A token of three parts that hold no claims is changed in one character."""
    changed = tampered_token(token)
    assert len(changed) == len(token)
    assert sum(one != other for one, other in zip(token, changed, strict=True)) == 1


def identity(session: str, *cookies: str) -> Identity:
    """How members are known."""
    accounts = [{"email": "a@example.com", "password": "p", "api_key": "k"}] * 2
    sources = [f"cookie:{name}" for name in cookies] or (["json:/t"] if session == "bearer" else [])
    return Identity.model_validate(
        {"session": session, "session_source": sources, "sign_up": "accounts", "accounts": accounts}
    )


def request(**fields: str) -> Request:
    """A request with these header fields."""
    return Request(operation="session", method="GET", url="https://x", headers=Headers(tuple(fields.items())))


def test_only_the_session_is_changed() -> None:
    """Of the cookies, those that carry the session are changed, wherever their value stands otherwise."""
    sent = request(Cookie="lang=1; sid=1abc1; csrf=1abc1", Accept="1abc1")
    forged = tampered(sent, identity("cookie", "sid"), None)
    assert forged.headers.get("cookie") == "lang=1; sid=1aAc1; csrf=1abc1"
    assert forged.headers.get("accept") == "1abc1"


def test_any_cookie_may_be_the_session() -> None:
    """Where the profile names none, each cookie is changed."""
    forged = tampered(request(Cookie="a=xyz; b; c="), identity("cookie"), None)
    assert forged.headers.get("cookie") == "a=xAz; b; c="


@pytest.mark.parametrize("session", ["bearer", "api-key"])
def test_a_bearer_is_changed(session: str) -> None:
    """A token or key is changed behind its prefix."""
    forged = tampered(request(Authorization="Bearer secret"), identity(session), "secret")
    assert forged.headers.get("authorization") == "Bearer secAet"


@pytest.mark.parametrize(
    ("sent", "who", "bearer"),
    [
        (request(), identity("cookie", "sid"), None),
        (request(Cookie="lang=en"), identity("cookie", "sid"), None),
        (request(Authorization="Bearer x"), identity("cookie", "sid"), "x"),
        (request(), identity("bearer"), "token"),
        (request(Authorization="Bearer x"), identity("bearer"), None),
    ],
)
def test_nothing_to_tamper_with(sent: Request, who: Identity, bearer: str | None) -> None:
    """A request that carries no session would be let through unchanged, and prove nothing."""
    with pytest.raises(HarnessTrouble, match="session carries no session that could be tampered with"):
        tampered(sent, who, bearer)


def test_claims() -> None:
    """Claims survive the way there and back; what holds none is none."""
    assert decoded(encoded({"a": [1, "\u00e4"]})) == {"a": [1, "\u00e4"]}
    assert decoded("!!!") is None
    assert decoded(base64.urlsafe_b64encode(json.dumps([1]).encode()).decode()) is None
