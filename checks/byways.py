"""Other ways into an account than the front door: other paths, other places for a token, what was planted before."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from checks.refusal import refused_with, twins_of
from gonogo.check import Effects, Severity, check
from gonogo.links import changed
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection

    from gonogo.byways import Byways
    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal
    from gonogo.planting import Elsewhere, Planted

AUTHENTICATION = {"authentication"}
HOSTILE = Effects.HOSTILE
GOOD = range(200, 300)


@check("auth.paths-guarded", Severity.BLOCKER, scenarios=AUTHENTICATION, effects=HOSTILE, needs={"session"})
def every_spelling_is_guarded(byways: Byways) -> Complaints:
    """
    What needs a session needs it however its path is spelt (OWASP API2:2023; CWE-288).

    A guard that compares paths, in a proxy above all, lets in whoever adds a slash, a dot or a capital letter
    that the service behind it does not mind.

    Fix: let the route itself ask for the session; refuse paths that are not in their normal form.
    """
    told = [one for one in byways.tried if any(twin.ok for twin in twins_or_none(one))]
    if not told:
        raise NotEvaluable("nothing shows that the member could read anything")
    for one in told:
        refused = one.refused
        if refused.status in GOOD and not alike(refused, byways.nowhere):
            path = urlsplit(refused.request.url).path
            yield f"{path} was answered without a session with {refused.status}, 4xx expected"


def twins_or_none(refusal: Refusal) -> list[Exchange]:
    """The twins of a try, none where they did not succeed."""
    try:
        return twins_of(refusal)
    except NotEvaluable:
        return []


def alike(one: Exchange, nowhere: Exchange) -> bool:
    """Whether a page is what this target shows wherever there is nothing."""
    return one.status == nowhere.status and one.content_type == nowhere.content_type


@check("auth.no-token-in-address", Severity.MAJOR, scenarios=AUTHENTICATION, effects=HOSTILE, needs={"session"})
def no_token_in_the_address(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A credential in the address opens nothing (OWASP ASVS 5.0, 14.2.1; RFC 9700, 4.3.2).

    Addresses are kept in logs, in histories and in the Referer of the next page.

    Fix: read the credential from its cookie or header field alone.
    """
    yield from refused_with(refusal, statuses, "a session token in the address")


@check(
    "auth.session-not-planted",
    Severity.CRITICAL,
    scenarios=AUTHENTICATION,
    effects=HOSTILE,
    needs={"signin", "signout", "session", "session-cookie"},
)
def planted_session_is_not_taken(planted: Planted, statuses: Collection[int]) -> Complaints:
    """
    A session cookie that was there before the sign-in opens nothing after it (OWASP ASVS 5.0, 7.2.4; CWE-384).

    Whoever planted it would be signed in as soon as its victim is.

    Fix: give a new session at each sign-in, and take none that the server did not make.
    """
    kept = {cookie.value for cookie in planted.signed_in.cookies if cookie.name == planted.name}
    if planted.value in kept:
        yield f"sign-in gave the cookie {planted.name} that was there before, a new one expected"
    yield from refused_with(planted.tried, statuses, "the session cookie from before the sign-in")


@check(
    "auth.link-stays-apart",
    Severity.CRITICAL,
    scenarios=AUTHENTICATION,
    effects=HOSTILE,
    needs={"signup", "verify_email", "signin", "mail", "session"},
)
def link_changes_nobody_else(elsewhere: Elsewhere) -> Complaints:
    """
    A verification link that is opened in another member's session changes nothing of that member (ASVS 5.0, 6.3).

    A link that acts on whoever opens it gives the sender's address to the victim's account, or takes it over.

    Fix: let the token alone say whose address is proven, and not the session.
    """
    if not elsewhere.before.ok:
        raise NotEvaluable(f"the other member could not look at the session before: {elsewhere.before}")
    if not elsewhere.after.ok:
        yield f"after another's link was opened, the session was answered with {elsewhere.after}"
    elif changed(elsewhere.before, elsewhere.again, elsewhere.after):
        yield "after another's link was opened, the session shows somebody or something else"
