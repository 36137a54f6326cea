"""Requests that no operation describes are made from what the profile says of its neighbours."""

import pytest

from gonogo.exchange import Headers, Request
from gonogo.probes import (
    UNLISTED,
    broken,
    foreign_origins,
    known_methods,
    preflight,
    public_path,
    unknown_method,
    unlisted,
)
from gonogo.profile import Profile
from gonogo.promises import RequestCounter

PAGE = Request(
    operation="session", method="GET", url="https://chat.example.com/api/me", headers=Headers((("Cookie", "a=b"),))
)


def profile(*, public: bool = True) -> Profile:
    """A profile of a few operations, one of them for everybody."""
    return Profile.model_validate(
        {
            "name": "small",
            "origins": {"api": "https://chat.example.com/api"},
            "access": {"headers": {"X-Gateway": "let-me-in"}},
            "identity": {"session": "cookie", "sign_up": "harness"},
            "operations": {
                "object": {"method": "GET", "path": "/o/{id}", "expect": [200], "credential": "none"},
                "session": {"method": "GET", "path": "/me", "expect": [200]},
                "rename": {"method": "PUT", "path": "/me", "expect": [200]},
                **(
                    {"health": {"method": "GET", "path": "/up", "expect": [200], "credential": "none"}}
                    if public
                    else {}
                ),
            },
        },
    )


def test_an_unlisted_request_is_nobodys() -> None:
    """It passes the gateway, and carries nothing else."""
    made = unlisted(profile(), "/.env")
    assert (made.operation, made.method, made.url) == (UNLISTED, "GET", "https://chat.example.com/api/.env")
    assert made.headers.fields == (("X-Gateway", "let-me-in"),)


def test_a_method_that_a_public_path_does_not_know() -> None:
    """A page for everybody is asked first: whoever guards the others may refuse for another reason."""
    made = unknown_method(profile(), PAGE)
    assert (made.method, made.url, public_path(profile())) == ("PUT", "https://chat.example.com/api/up", "/up")


def test_a_method_that_a_members_page_does_not_know() -> None:
    """Without a page for everybody it is the member's own, with what identifies the member."""
    small = profile(public=False)
    made = unknown_method(small, PAGE)
    assert public_path(small) is None
    assert (made.operation, made.method, made.headers) == (UNLISTED, "DELETE", PAGE.headers)
    assert known_methods(small, made) == {"GET", "PUT"}


def test_a_broken_body_keeps_its_type() -> None:
    """Nothing but the body is changed."""
    request = Request(operation="x", method="POST", url="https://chat.example.com/x", body=b"{}")
    assert broken(request).body == b'{"'
    assert broken(request).url == request.url


def test_foreign_origins_look_like_the_own() -> None:
    """Beside a stranger and nobody there is one that begins and one that ends like the own origin."""
    _, nobody, suffix, prefix = foreign_origins(profile())
    assert nobody == "null"
    assert suffix.startswith("https://chat.example.com.")
    assert prefix.endswith("chat.example.com")
    assert prefix != "https://chat.example.com"


def test_a_preflight_carries_no_credentials() -> None:
    """A browser asks before it sends anything of the visitor's."""
    asked = preflight(PAGE, "https://evil.example", "POST")
    assert (asked.method, asked.url) == ("OPTIONS", PAGE.url)
    assert {name for name, _ in asked.headers} == {"Origin", "Access-Control-Request-Method"}


def test_a_counter_that_cannot_be_read_is_refused() -> None:
    """A profile that names no series is told so."""
    with pytest.raises(ValueError, match="is no series"):
        RequestCounter(operation="plans", series="two words")
