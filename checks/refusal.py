"""What it means that something is refused; shared by every check that expects a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal

UNAUTHENTICATED = (401, 403)
FORBIDDEN = (403, 404)
INVALID = (400, 413, 415, 422)
SAYS_NO, TOO_MANY = range(400, 500), 429
ANSWERS = range(200, 400)


def refused_with(refusal: Refusal, statuses: Collection[int], what: str) -> Complaints:
    """
    Complain unless the request was refused with one of these statuses, and its twins were not.

    A refusal counts only beside its twin: raises NotEvaluable when a twin that had to succeed did not,
    since then a dead session, a firewall or a broken route would look like protection.
    """
    twins_of(refusal)
    if refusal.refused.status not in statuses:
        promised = " or ".join(str(status) for status in statuses)
        got = refusal.refused.status or refusal.refused.failure
        yield f"{what} was answered with {got}, {promised} expected"


def twins_of(refusal: Refusal) -> list[Exchange]:
    """The twins of a refusal. Raises NotEvaluable when there is none, or when one that had to succeed did not."""
    if refusal.before is None and refusal.after is None:
        raise NotEvaluable("a refusal was shown without its twin")
    for moment, twin in (("before", refusal.before), ("after", refusal.after)):
        if twin is not None and not twin.ok:
            raise NotEvaluable(f"the twin that must succeed {moment} it did not: {twin}")
    return [twin for twin in (refusal.before, refusal.after) if twin]


def kept_out(refusal: Refusal, statuses: Collection[int], names: Collection[str], what: str) -> Complaints:
    """
    Complain unless whoever asked was kept out: by a status that says no, or by an answer without a session.

    A form shows its own page again, with 200, or sends back to it, and sends on whom it lets in. Raises
    NotEvaluable where a twin shows no session of its own, so that an answer without one says nothing, and
    where a limit was spent.
    """
    twins, refused = twins_of(refusal), refusal.refused
    if refused.status == TOO_MANY:
        raise NotEvaluable(f"{what} met a limit: {refused}")
    if refused.status in SAYS_NO:
        return
    promised = "4xx" if all(one in SAYS_NO for one in statuses) else f"4xx or {' or '.join(map(str, statuses))}"
    if refused.status not in ANSWERS:
        yield f"{what} was answered with {refused.status or refused.failure}, {promised} expected"
    elif gives_session(refused, names):
        yield f"{what} was answered with {refused.status} and a session, {promised} expected, or an answer without one"
    elif refused.status not in statuses and not all(gives_session(twin, names) for twin in twins):
        raise NotEvaluable(f"{what} was answered with {refused.status}, and even its twin shows no session of its own")


def gives_session(exchange: Exchange, names: Collection[str]) -> bool:
    """Whether an answer gives a session that its request did not carry: in a cookie of these names, or as a bearer."""
    sent = exchange.request.headers.get("cookie").split("; ")
    fresh = (one for one in exchange.cookies if one.name in names and f"{one.name}={one.value}" not in sent)
    now = exchange.started_at
    return "bearer" in exchange.captured or any(one.value and one.ends_at(now) > now for one in fresh)
