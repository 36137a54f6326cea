"""Sessions: what needs one, how it goes on, and that it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.guess import all_refused
from checks.refusal import FORBIDDEN, refused_with
from gonogo.check import Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal
    from gonogo.outliving import Outlived

AUTHENTICATION = {"authentication"}
SIGNED_IN = {"signin", "session"}
SHORT = {*SIGNED_IN, "means.short_session", "new-accounts"}


@check("auth.session-required", Severity.BLOCKER, scenarios=AUTHENTICATION, needs={"send_message"})
def session_is_required(tries: Sequence[Refusal | Exchange], statuses: Collection[int]) -> Complaints:
    """
    Every operation that the profile does not call public is refused without a session (OWASP API2:2023).

    That is each that the profile describes, and each that the target's OpenAPI document names. A forgotten
    dependency on one route opens it to everybody.

    Fix: require the session on every operation that is not meant to be public.
    """
    yield from all_refused(tries, statuses, "without a session")


@check("auth.signed-out-refused", Severity.BLOCKER, scenarios=AUTHENTICATION, needs={"signin", "signout", "session"})
def signed_out_session_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    After sign-out the old session is dead at once (OWASP ASVS 5.0, 7.4.1).

    Who signs out on a shared computer relies on it.

    Fix: revoke the session on the server; deleting the cookie is not enough.
    """
    yield from refused_with(refusal, statuses, "the session after its sign-out")


@check("auth.refresh-renews", Severity.CRITICAL, scenarios=AUTHENTICATION, needs={"refresh", "session"})
def refresh_renews(exchanges: Sequence[Exchange]) -> Complaints:
    """
    A refresh gives a new session that works.

    Otherwise everybody is thrown out when the first session ends.

    Fix: let the refresh set a new session, with a later end.
    """
    refreshed, afterwards = exchanges
    if not renewed(refreshed):
        yield "the refresh was answered without a new session"
    elif not afterwards.ok:
        yield f"the session after the refresh is not accepted: {afterwards}"


def renewed(exchange: Exchange) -> bool:
    """Whether an answer gives a credential that its request did not carry already."""
    sent = exchange.request.headers.get("cookie").split("; ")
    fresh = [cookie for cookie in exchange.cookies if cookie.value and f"{cookie.name}={cookie.value}" not in sent]
    bearer = exchange.captured.get("bearer", "")
    return bool(fresh) or bool(bearer and all(bearer not in value for _, value in exchange.request.headers))


@check("auth.old-refresh-refused", Severity.CRITICAL, scenarios=AUTHENTICATION, needs={"refresh", "session"})
def old_refresh_token_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A refresh token that was exchanged for a new one is dead (RFC 9700, 4.14.2).

    A stolen token would otherwise last for as long as the family does.

    Fix: rotate refresh tokens, and revoke the family when an old one comes back.
    """
    yield from refused_with(refusal, (400, *statuses), "a refresh token that had been used")


@check(
    "auth.signed-out-refresh-refused",
    Severity.CRITICAL,
    scenarios=AUTHENTICATION,
    needs={*SIGNED_IN, "signout", "refresh"},
)
def signed_out_refresh_token_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    After sign-out the refresh token of the session gives no new one (OWASP ASVS 5.0, 7.4.1).

    It lives for days: whoever finds it in a browser's store is signed in again, and nobody knows.

    Fix: end the session on the server, with all of its tokens, and not only the token that came along.
    """
    yield from refused_with(refusal, (400, *statuses), "the refresh token of a session after its sign-out")


@check(
    "auth.refresh-token-opens-nothing",
    Severity.CRITICAL,
    scenarios=AUTHENTICATION,
    effects=Effects.HOSTILE,
    needs={*SIGNED_IN, "refresh", "renewing-token"},
)
def refresh_token_opens_nothing(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A refresh token renews the session, and is none itself (RFC 9068, 4; RFC 8725, 3.11).

    It lives for days where the session lives for minutes: taken for one, it makes the short life of the other worth
    nothing.

    Fix: give each kind of token a type or an audience of its own, and refuse the other where it is used.
    """
    yield from refused_with(refusal, statuses, "a refresh token in place of the session's")


@check(
    "auth.reuse-ends-session",
    Severity.CRITICAL,
    scenarios=AUTHENTICATION,
    effects=Effects.HOSTILE,
    needs={"refresh", "session", "promises.reuse_ends_session"},
)
def reuse_ends_the_session(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A refresh token that comes a second time ends the session that came of it (RFC 9700, 4.14.2).

    Of the two who know the token one is a thief; only an end to both makes the owner sign in again, and the thief stop.

    Fix: when a used refresh token comes back, revoke every token of its family.
    """
    yield from refused_with(refusal, statuses, "the newest session, after its old refresh token was used again")


@check(
    "auth.refresh-extends",
    Severity.MAJOR,
    scenarios=AUTHENTICATION,
    needs={"refresh", *SHORT},
)
def refresh_extends(outlived: Outlived, lifetime_s: float) -> Complaints:
    """
    A refresh moves the end of the session: what it gives outlives what was there before.

    Otherwise everybody is thrown out in the middle of something, however often the page refreshes.

    Fix: reckon the new credential's end from the refresh, and not from the sign-in.
    """
    renewed, later = outlived.renewed, outlived.waited_s
    if outlived.refreshed is None or renewed is None:
        raise NotEvaluable("nothing was refreshed")
    if not outlived.in_time(lifetime_s):
        raise NotEvaluable(f"the session was tried {later:.1f} s after its refresh, when it may be over for good")
    if not renewed.ok:
        yield f"{later:.1f} s after its refresh there was {renewed}, a life of {lifetime_s:g} s expected"


@check("auth.expired-refused", Severity.CRITICAL, scenarios=AUTHENTICATION, needs=SHORT)
def expired_session_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A credential whose time is over is refused (OWASP ASVS 5.0, 9.2.1).

    One that is stolen from a log or an old device would otherwise last for ever.

    Fix: verify the token's `exp`, or the session's end, at each request; the cookie's own end binds nobody.
    """
    yield from refused_with(refusal, statuses, "a session whose time is over")


@check(
    "auth.ended-session-refused",
    Severity.CRITICAL,
    scenarios=AUTHENTICATION,
    needs={*SIGNED_IN, "list_sessions", "end_session", "new-accounts"},
)
def ended_session_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A session that its owner ends from another device is dead at once (OWASP ASVS 5.0, 7.4.5).

    It is what one does whose phone was stolen.

    Fix: look at each request whether the session still stands, or keep tokens short and a list of dead ones.
    """
    yield from refused_with(refusal, statuses, "a session that was ended from another device")


@check(
    "auth.sessions-own-only",
    Severity.BLOCKER,
    scenarios=AUTHENTICATION,
    needs={*SIGNED_IN, "list_sessions", "end_session", "new-accounts"},
)
def own_sessions_only(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    Nobody ends the session of another member (OWASP API1:2023).

    Who can do so throws out whom he likes, as often as he likes.

    Fix: look the session up by its id and its owner.
    """
    yield from refused_with(refusal, (*FORBIDDEN, *statuses), "another member's wish to end a session")


@check("auth.not-stored", Severity.MAJOR, scenarios=AUTHENTICATION, needs={"session"})
def answers_are_not_stored(exchange: Exchange) -> Complaints:
    """
    What belongs to one member is not kept by shared caches (RFC 9111, 5.2.2.5).

    A cache in between would otherwise hand one member's data to the next.

    Fix: send Cache-Control: no-store (or private) with every answer that needs a session.
    """
    value = ", ".join(exchange.headers.all("cache-control")).lower()
    if "no-store" not in value and "private" not in value:
        yield f"{exchange.request.operation} has Cache-Control: {value or 'nothing'}, no-store expected"
