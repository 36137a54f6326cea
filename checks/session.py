"""Sessions: what needs one, how it goes on, and that it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.guess import all_refused
from checks.refusal import refused_with
from gonogo.check import Effects, Severity, check

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal

AUTHENTICATION = {"authentication"}


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
