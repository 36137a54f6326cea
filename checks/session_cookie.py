"""The cookie that carries a session: who can read it, where it goes, and when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.cookies import Cookie
    from gonogo.exchange import Exchange

AUTHENTICATION = {"authentication"}
COOKIE = {"signin", "session-cookie"}


def session_cookies(exchange: Exchange, names: Sequence[str]) -> list[Cookie]:
    """The cookies that carry the session. Raises NotEvaluable when the answer sets none of them."""
    found = [cookie for cookie in exchange.cookies if cookie.name in names]
    if not found:
        raise NotEvaluable(f"{exchange} sets none of the session cookies {', '.join(names)}")
    return found


@check("auth.cookie-http-only", Severity.BLOCKER, scenarios=AUTHENTICATION, needs=COOKIE)
def cookies_are_http_only(signed_in: Exchange, names: Sequence[str]) -> Complaints:
    """
    Scripts cannot read the session cookie (OWASP ASVS 5.0, 3.3.4).

    One script injection would otherwise hand over every session.

    Fix: set HttpOnly on every cookie that carries a session.
    """
    for cookie in session_cookies(signed_in, names):
        if not cookie.http_only:
            yield f"cookie {cookie.name} lacks HttpOnly"


@check("auth.cookie-secure", Severity.BLOCKER, scenarios=AUTHENTICATION, needs={*COOKIE, "https"})
def cookies_are_secure(signed_in: Exchange, names: Sequence[str]) -> Complaints:
    """
    The session cookie never travels without TLS (OWASP ASVS 5.0, 3.3.1).

    One plain request would otherwise show it to the whole network.

    Fix: set Secure on every cookie that carries a session.
    """
    for cookie in session_cookies(signed_in, names):
        if not cookie.secure:
            yield f"cookie {cookie.name} lacks Secure"


@check("auth.cookie-same-site", Severity.MAJOR, scenarios=AUTHENTICATION, needs=COOKIE)
def cookies_are_same_site(signed_in: Exchange, names: Sequence[str]) -> Complaints:
    """
    Other sites' requests do not carry the session cookie (OWASP ASVS 5.0, 3.3.2).

    It is the second lock behind the CSRF token.

    Fix: set SameSite=Lax or Strict.
    """
    for cookie in session_cookies(signed_in, names):
        if cookie.same_site not in {"Lax", "Strict"}:
            yield f"cookie {cookie.name} has SameSite={cookie.same_site or 'nothing'}, Lax or Strict expected"


@check(
    "auth.session-lifetime",
    Severity.MAJOR,
    scenarios=AUTHENTICATION,
    needs={*COOKIE, "promises.session_lifetime_s"},
)
def session_lifetime_is_kept(signed_in: Exchange, names: Sequence[str], promised_s: float | None) -> Complaints:
    """
    The session cookie ends no later than the profile promises (OWASP ASVS 5.0, 7.3.2).

    A session without an end is a session for whoever finds the device.

    Fix: give the cookie a Max-Age no longer than the promised lifetime.
    """
    if promised_s is None:
        raise NotEvaluable("the profile promises no session lifetime")
    for cookie in session_cookies(signed_in, names):
        lifetime = cookie.ends_at(signed_in.started_at) - signed_in.started_at
        if lifetime > promised_s + 1:
            yield f"cookie {cookie.name} lasts {lifetime:.0f} s, promised within {promised_s:.0f} s"


@check("auth.cookie-cleared", Severity.MAJOR, scenarios=AUTHENTICATION, needs={*COOKIE, "signout"})
def signout_clears_cookies(exchanges: Sequence[Exchange], names: Sequence[str]) -> Complaints:
    """
    Sign-out clears the session cookie in the browser (RFC 6265bis, 5.7).

    A cookie that stays keeps the page believing that somebody is signed in.

    Fix: send the same name, path and domain with Max-Age=0.
    """
    signed_in, signed_out = exchanges
    now = signed_out.started_at
    cleared = {(one.name, one.path, one.domain) for one in signed_out.cookies if one.ends_at(now) <= now}
    for cookie in session_cookies(signed_in, names):
        if (cookie.name, cookie.path, cookie.domain) not in cleared:
            yield f"sign-out does not clear cookie {cookie.name} (path {cookie.path})"
