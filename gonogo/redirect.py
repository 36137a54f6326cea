"""Where a redirect leads, and what a browser would send there (RFC 9110, 15.4). Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from gonogo.cookies import CookieStore
from gonogo.exchange import Headers
from gonogo.trouble import TargetTrouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gonogo.cookies import Cookie
    from gonogo.exchange import Request

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SEE_OTHER = 303
KEEPS_METHOD = frozenset({307, 308})
HARMLESS = frozenset({"accept", "accept-language", "accept-encoding"})


@dataclass
class Way:
    """The hops of one request, and the cookies that were set on them."""

    first: Request
    store: CookieStore = field(default_factory=CookieStore)
    changed: set[str] = field(default_factory=set)

    def take(self, cookies: Iterable[Cookie], url: str) -> None:
        """Note what an answer on the way has set."""
        cookies = tuple(cookies)
        self.store.update(cookies, url)
        self.changed |= {cookie.name for cookie in cookies}

    def onward(self, request: Request, status: int, location: str) -> Request:
        """
        The request that a browser would send next.

        Nothing that tells who is asking leaves for another origin. Raises TargetTrouble for a place
        that cannot be followed to.
        """
        url = followed(request.url, location)
        stays = origin_of(url) == origin_of(request.url)
        if status in KEEPS_METHOD and request.body and not stays:
            raise TargetTrouble(f"it redirects what was sent to another origin, {origin_of(url)}")
        headers = request.headers if stays else only_harmless(request.headers)
        headers = headers.without("cookie")
        cookies = self._cookies(url)
        if cookies:
            headers = headers.with_field("Cookie", cookies)
        becomes_get = status == SEE_OTHER or (status not in KEEPS_METHOD and request.method == "POST")
        if not becomes_get:
            return replace(request, url=url, headers=headers)
        headers = headers.without("content-type").without("content-length")
        method = "HEAD" if request.method == "HEAD" else "GET"
        return replace(request, url=url, method=method, headers=headers, body=b"")

    def _cookies(self, url: str) -> str:
        """What the first request carried, where it went to this origin too, with what was changed since then."""
        own = self.first.headers.get("cookie") if origin_of(url) == origin_of(self.first.url) else ""
        kept = [pair for pair in own.split("; ") if pair and pair.partition("=")[0] not in self.changed]
        return "; ".join([*kept, *filter(None, [self.store.header_for(url)])])


def only_harmless(headers: Headers) -> Headers:
    """The fields that say nothing of who is asking."""
    return Headers(tuple((name, value) for name, value in headers if name.lower() in HARMLESS))


def followed(url: str, location: str) -> str:
    """The absolute URL of a Location. Raises TargetTrouble when nobody can go there."""
    try:
        target = urlsplit(urljoin(url, location))
        usable = target.scheme in {"http", "https"} and bool(target.hostname) and target.port != 0
    except ValueError:  # a broken port, or half an IPv6 address
        usable = False
    if not usable or not location.isascii() or not location.isprintable():
        raise TargetTrouble(f"it redirects to {location[:200]!r}, which cannot be followed")
    return target._replace(fragment="").geturl()


def origin_of(url: str) -> str:
    """Scheme and host of a URL, with its port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
