"""Cookies as they were sent: every attribute is read, none is made up. No browser's jar, no I/O."""

from __future__ import annotations

import ipaddress
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SAME_SITE = {"strict": "Strict", "lax": "Lax", "none": "None"}
BETWEEN_DATE_TOKENS = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D.*)?$", re.ASCII)
DAY_OF_MONTH = re.compile(r"(\d{1,2})(?:\D.*)?$", re.ASCII)
YEAR = re.compile(r"(\d{2,4})(?:\D.*)?$", re.ASCII)
FIRST_YEAR = 1601
FOREVER = float("inf")


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """
    One Set-Cookie field, read by the rules of RFC 6265bis, section 5.6.

    An attribute that was not sent, or that a browser would ignore, is None. `max_age` is in
    seconds. `raw` is the field as it came.
    """

    name: str
    value: str
    path: str | None = None
    domain: str | None = None
    secure: bool = False
    http_only: bool = False
    same_site: str | None = None
    max_age: int | None = None
    expires: datetime | None = None
    raw: str = ""

    def ends_at(self, now: float) -> float:
        """Return the moment, in seconds since the epoch, at which a cookie received now is gone; Max-Age wins."""
        if self.max_age is not None:
            return now + self.max_age if self.max_age > 0 else 0.0
        return self.expires.timestamp() if self.expires else FOREVER


def parse_set_cookie(raw: str) -> Cookie:
    """Read one Set-Cookie field. Never fails: what makes no sense is left out, as browsers do."""
    pair, *parts = raw.split(";")
    name, separator, value = pair.partition("=")
    if not separator:
        name, value = "", pair
    sent = {}
    for part in parts:
        key, _, text = part.partition("=")
        sent[key.strip(" \t").lower()] = text.strip(" \t")
    path = sent.get("path", "")
    return Cookie(
        name=name.strip(" \t"),
        value=value.strip(" \t"),
        path=path if path.startswith("/") else None,
        domain=sent.get("domain", "").removeprefix(".").lower() or None,
        secure="secure" in sent,
        http_only="httponly" in sent,
        same_site=SAME_SITE.get(sent.get("samesite", "").lower()),
        max_age=parse_max_age(sent.get("max-age", "")),
        expires=parse_date(sent.get("expires", "")),
        raw=raw,
    )


def parse_max_age(text: str) -> int | None:
    """Read a Max-Age in seconds; None when it is not a whole number."""
    return int(text[:18]) if re.fullmatch(r"-?\d+", text, re.ASCII) else None


def parse_date(text: str) -> datetime | None:
    """Read a date by the forgiving algorithm of RFC 6265bis, section 5.1.1; None when it is none."""
    clock: tuple[int, ...] | None = None
    day = month = year = None
    for token in filter(None, BETWEEN_DATE_TOKENS.split(text)):
        if clock is None and (found := TIME_OF_DAY.match(token)):
            clock = tuple(int(part) for part in found.groups())
        elif day is None and (found := DAY_OF_MONTH.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in MONTHS:
            month = MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := YEAR.match(token)):
            year = full_year(int(found[1]))
    if clock is None or day is None or month is None or year is None or year < FIRST_YEAR:
        return None
    hour, minute, second = clock
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:  # the 31st of February, or 25 o'clock
        return None


def full_year(year: int) -> int:
    """Give a year of two digits its century: 70 to 99 are past, 0 to 69 are to come."""
    if 70 <= year <= 99:  # noqa: PLR2004  RFC 6265bis, section 5.1.1
        return year + 1900
    return year + 2000 if year <= 69 else year  # noqa: PLR2004  the same


def is_loopback(host: str) -> bool:
    """Whether a host, as a URL names it, is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A cookie in the store: for which hosts and paths, until when."""

    cookie: Cookie
    host: str
    host_only: bool
    path: str
    ends_at: float

    def goes_to(self, scheme: str, host: str, path: str) -> bool:
        """Whether a request to this place carries the cookie."""
        here = host == self.host if self.host_only else domain_matches(host, self.host)
        safe = not self.cookie.secure or scheme == "https" or is_loopback(host)
        return here and safe and path_matches(path, self.path)


class CookieStore:
    """
    What one person's browser would send back.

    It keeps a cookie that breaks the rules of its name's prefix, which a browser would drop: that is
    for a check to say, and the scenario goes on. The clock gives seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.kept: dict[tuple[str, str, str], Kept] = {}

    def update(self, cookies: Iterable[Cookie], url: str) -> None:
        """Take in what an answer from this URL set; a cookie that has ended deletes the one it replaces."""
        place = urlsplit(url)
        host, now = (place.hostname or "").lower(), self.clock()
        for cookie in cookies:
            domain = cookie.domain or host
            if not (cookie.name or cookie.value) or not domain_matches(host, domain):
                continue
            kept = Kept(
                cookie=cookie,
                host=domain,
                host_only=cookie.domain is None,
                path=cookie.path or default_path(place.path),
                ends_at=cookie.ends_at(now),
            )
            self._put((cookie.name, domain, kept.path), kept, now)

    def _put(self, key: tuple[str, str, str], kept: Kept, now: float) -> None:
        if kept.ends_at <= now:
            self.kept.pop(key, None)
        else:
            self.kept[key] = kept

    @property
    def values(self) -> tuple[str, ...]:
        """The value of every cookie that is kept."""
        return tuple(kept.cookie.value for kept in self.kept.values())

    def value_of(self, name: str) -> str | None:
        """Return the value of a cookie that is kept and has not ended; None when there is none of that name."""
        now = self.clock()
        due = [kept.cookie.value for kept in self.kept.values() if kept.cookie.name == name and kept.ends_at > now]
        return due[-1] if due else None

    def header_for(self, url: str) -> str:
        """Return the Cookie field's value for a request to this URL, longest path first; empty when there is none."""
        place = urlsplit(url)
        host, now = (place.hostname or "").lower(), self.clock()
        due = [
            kept
            for kept in self.kept.values()
            if kept.ends_at > now and kept.goes_to(place.scheme, host, place.path or "/")
        ]
        due.sort(key=lambda kept: -len(kept.path))
        return "; ".join(pair_of(kept.cookie) for kept in due)


def pair_of(cookie: Cookie) -> str:
    """Return the cookie as a request carries it."""
    return f"{cookie.name}={cookie.value}" if cookie.name else cookie.value


def domain_matches(host: str, domain: str) -> bool:
    """Whether a host is the domain or lies under it; an address only matches itself. RFC 6265bis, section 5.1.3."""
    return host == domain or (host.endswith(f".{domain}") and not re.fullmatch(r"[\d.]+", host))


def path_matches(path: str, prefix: str) -> bool:
    """Whether a path is the cookie's path or lies under it. RFC 6265bis, section 5.1.4."""
    return path == prefix or (path.startswith(prefix) and (prefix.endswith("/") or path[len(prefix)] == "/"))


def default_path(path: str) -> str:
    """Return the path of a cookie that names none: the folder of the URL that set it. RFC 6265bis, section 5.1.4."""
    return path.rpartition("/")[0] or "/" if path.startswith("/") else "/"
