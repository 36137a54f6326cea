"""A redirect leads where a browser would go, and tells nobody else who is asking."""

from __future__ import annotations

import pytest

from gonogo.cookies import parse_set_cookie
from gonogo.exchange import Headers, Request
from gonogo.redirect import Way
from gonogo.trouble import TargetTrouble

HOME = "https://chat.example.com"


def request(method: str = "GET", body: bytes = b"") -> Request:
    """A request with all that tells who is asking."""
    fields = (
        ("Content-Type", "text/plain"),
        ("Cookie", "sid=1"),
        ("Authorization", "Bearer t"),
        ("X-CSRF-Token", "c"),
        ("X-Gateway", "g"),
        ("Accept", "text/html"),
    )
    return Request(operation="x", method=method, url=f"{HOME}/a/b", headers=Headers(fields), body=body)


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        (301, "GET", "GET"),
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (302, "DELETE", "DELETE"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
    ],
)
def test_method(status: int, method: str, becomes: str) -> None:
    """The method and the body are kept, or become a GET without one, by the status."""
    first = request(method, b"body")
    onward = Way(first).onward(first, status, "c")
    kept = method == becomes and method != "HEAD" and status != 303
    assert (onward.method, onward.url) == (becomes, f"{HOME}/a/c")
    assert onward.body == (b"body" if kept and not (status in {301, 302} and method == "POST") else b"")
    assert ("Content-Type" in onward.headers) is bool(onward.body)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/x", "http://chat.example.com/x", "//chat.example.com:8443/"]
)
@pytest.mark.parametrize("status", [302, 307])
def test_nothing_that_identifies_leaves_for_another_origin(elsewhere: str, status: int) -> None:
    """Another host, port or scheme gets no cookie, no token and no field of a gateway."""
    first = request()
    onward = Way(first).onward(first, status, elsewhere)
    assert [name for name, _ in onward.headers] == ["Accept"]


def test_what_was_sent_does_not_leave_either() -> None:
    """A body, such as a password, is not sent on to another origin."""
    first = request("POST", b"password")
    with pytest.raises(TargetTrouble, match=r"redirects what was sent to another origin, https://evil\.example"):
        Way(first).onward(first, 307, "https://evil.example/")


def test_back_home_the_cookies_are_there_again() -> None:
    """A way that leads out and back carries the cookies of home, as a browser's would, and no token."""
    first = request()
    way = Way(first)
    way.take([parse_set_cookie("new=2; Path=/")], first.url)
    out = way.onward(first, 302, "https://login.example/")
    assert out.headers.get("cookie") == ""
    back = way.onward(out, 302, f"{HOME}/c")
    assert back.headers.get("cookie") == "sid=1; new=2"
    assert "Authorization" not in back.headers


@pytest.mark.parametrize(
    "location",
    ["ftp://x/", "https://[::1", "https://x:0/", "https://x:99999/", "/\u00e4", "javascript:1", "/\n"],
)
def test_a_place_where_nobody_can_go(location: str) -> None:
    """A location that is no usable URL is the target's fault."""
    first = request()
    with pytest.raises(TargetTrouble, match="cannot be followed"):
        Way(first).onward(first, 302, location)


def test_a_fragment_is_not_sent() -> None:
    """What stands behind a hash stays here."""
    first = request()
    assert Way(first).onward(first, 302, "/c#there").url == f"{HOME}/c"
