"""Cookies are read as RFC 6265bis says, and sent back as a browser would."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.cookies import Cookie, CookieStore, is_loopback, parse_date, parse_set_cookie

SITE = "https://chat.example.com/auth/signin"


def stored(*raw: str, url: str = SITE) -> CookieStore:
    """Make a store that took in these fields, on a clock that stands still."""
    store = CookieStore(clock=lambda: 1000.0)
    store.update([parse_set_cookie(one) for one in raw], url)
    return store


def test_every_attribute_is_read() -> None:
    """Each attribute is found in any case and order."""
    raw = "id=a=b; path=/x; DOMAIN=.Example.com; Secure; HttpOnly; samesite=lax; Max-Age=60"
    raw += "; Expires=Wed, 21 Oct 2026 07:28:00 GMT"
    assert parse_set_cookie(raw) == Cookie(
        name="id",
        value="a=b",
        path="/x",
        domain="example.com",
        secure=True,
        http_only=True,
        same_site="Lax",
        max_age=60,
        expires=datetime(2026, 10, 21, 7, 28, tzinfo=UTC),
        raw=raw,
    )


@pytest.mark.parametrize(
    ("raw", "cookie"),
    [
        ("a=1", Cookie(name="a", value="1")),
        ("  a \t=  1 ", Cookie(name="a", value="1")),
        ("lonely", Cookie(name="", value="lonely")),
        ("", Cookie(name="", value="")),
        ('a="q"', Cookie(name="a", value='"q"')),
        ("a=1; Path=relative; SameSite=Maybe; Max-Age=1h; Expires=soon", Cookie(name="a", value="1")),
        ("a=1; Max-Age=-5", Cookie(name="a", value="1", max_age=-5)),
        ("a=1; Path=/x; Path=/y", Cookie(name="a", value="1", path="/y")),
        ("a=1; Path=/x; Path=", Cookie(name="a", value="1")),
        ("a=1; Secure=false; ;;", Cookie(name="a", value="1", secure=True)),
    ],
)
def test_odd_fields_are_read_as_browsers_do(raw: str, cookie: Cookie) -> None:
    """What a browser would ignore is not there."""
    assert parse_set_cookie(raw) == Cookie(**{**cookie.__dict__, "raw": raw})


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Wed, 21 Oct 2026 07:28:00 GMT", datetime(2026, 10, 21, 7, 28, tzinfo=UTC)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sun Nov  6 08:49:37 2094", datetime(2094, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("1 jan 69 0:0:0", datetime(2069, 1, 1, tzinfo=UTC)),
        ("1 jan 70 0:0:0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("31 Feb 2026 00:00:00", None),
        ("1 Jan 2026 25:00:00", None),
        ("1 Jan 1600 00:00:00", None),
        ("Jan 2026 00:00:00", None),
        ("", None),
    ],
)
def test_dates_are_read_forgivingly(text: str, date: datetime | None) -> None:
    """Dates in the old formats are read, impossible ones are none."""
    assert parse_date(text) == date


@given(st.text())
def test_no_field_breaks_the_reader(raw: str) -> None:
    """Whatever a target sends as a cookie is read, and can be stored."""
    cookie = parse_set_cookie(raw)
    store = CookieStore(clock=lambda: 1000.0)
    store.update([cookie], SITE)
    assert cookie.raw == raw
    assert isinstance(store.header_for(SITE), str)


def test_a_cookie_comes_back_to_its_host_only() -> None:
    """A cookie without Domain is for the very host that set it."""
    store = stored("a=1; Path=/")
    assert store.header_for("https://chat.example.com/x") == "a=1"
    assert store.header_for("https://www.chat.example.com/x") == ""
    assert store.header_for("https://example.com/") == ""


def test_a_domain_cookie_comes_back_to_hosts_below() -> None:
    """Domain opens a cookie to the hosts below, and to nobody else."""
    store = stored("a=1; Path=/; Domain=example.com", "b=2; Path=/; Domain=evil.com", "c=3; Path=/; Domain=ample.com")
    assert store.header_for("https://www.example.com/") == "a=1"
    assert store.header_for("https://evil.com/") == ""
    assert stored("a=1; Path=/; Domain=0.0.1", url="https://127.0.0.1/").header_for("https://127.0.0.1/") == ""


@pytest.mark.parametrize(
    ("path", "url", "sent"),
    [
        ("/auth", "/auth", True),
        ("/auth", "/auth/refresh", True),
        ("/auth/", "/auth/refresh", True),
        ("/auth", "/authority", False),
        ("/auth/", "/auth", False),
        ("/", "", True),
    ],
)
def test_a_path_is_matched_by_whole_segments(path: str, url: str, *, sent: bool) -> None:
    """A cookie goes to its path and what lies below."""
    store = stored(f"a=1; Path={path}")
    assert bool(store.header_for(f"https://chat.example.com{url}")) is sent


@pytest.mark.parametrize(("url", "path"), [("/auth/signin", "/auth"), ("/signin", "/"), ("", "/")])
def test_a_cookie_without_a_path_stays_in_its_folder(url: str, path: str) -> None:
    """The default path is the folder of the URL that set the cookie."""
    store = stored("a=1", url=f"https://chat.example.com{url}")
    assert [kept.path for kept in store.kept.values()] == [path]


def test_a_secure_cookie_needs_tls_or_loopback() -> None:
    """A Secure cookie goes to https, and to this machine."""
    store = stored("a=1; Path=/; Secure; Domain=example.com")
    assert store.header_for("https://example.com/") == "a=1"
    assert store.header_for("http://example.com/") == ""
    assert stored("a=1; Secure", url="http://127.0.0.1:8000/").header_for("http://127.0.0.1:8000/") == "a=1"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("[::1]", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_loopback_is_known(host: str, *, loopback: bool) -> None:
    """The names and addresses of this machine are known, and no others."""
    assert is_loopback(host) is loopback


@pytest.mark.parametrize("end", ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_an_ended_cookie_deletes_the_one_before(end: str) -> None:
    """A cookie that has ended already takes the stored one away, at the same path only."""
    store = stored("a=1; Path=/", f"a=; Path=/other; {end}")
    assert store.header_for(SITE) == "a=1"
    store.update([parse_set_cookie(f"a=; Path=/; {end}")], SITE)
    assert store.header_for(SITE) == ""


def test_max_age_wins_over_expires() -> None:
    """Of the two ends of a cookie, Max-Age is the one that counts."""
    assert stored("a=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT").header_for(SITE) == "a=1"


def test_a_cookie_ends_in_time() -> None:
    """A cookie is not sent once its Max-Age has passed."""
    now = [1000.0]
    store = CookieStore(clock=lambda: now[0])
    store.update([parse_set_cookie("a=1; Path=/; Max-Age=60")], SITE)
    now[0] += 59.9
    assert store.header_for(SITE) == "a=1"
    now[0] += 0.1
    assert store.header_for(SITE) == ""


def test_the_longest_path_comes_first() -> None:
    """Cookies are sent longest path first, then in the order in which they came; a new value takes its place."""
    store = stored("a=1; Path=/", "b=2; Path=/auth", "c=3; Path=/", "nameless; Path=/", "a=4; Path=/", "; Path=/")
    assert store.header_for(SITE) == "b=2; a=4; c=3; nameless"
