"""
What the answer to a guess proves: a request that must be refused, and that has no twin which succeeds.

A guess holds ids that lead nowhere and a body made from a schema, so that it may be refused for its form. So:
- a status that the profile calls a refusal is one;
- 2xx, 3xx and 5xx are none: somebody let the request in;
- 405 and 501 say that there is nothing at this method, so that nothing is open;
- 404 for a path without ids and a request without a body says the same of the path;
- every other 4xx came before the question who is asking, or in its place: 404 for an id that leads nowhere is
  what an open operation answers too. Nobody can tell, and the check says so; describing the operation in the
  profile settles it, since then a real request is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.refusal import refused_with
from gonogo.exchange import Refusal
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange

NOT_THERE, NO_SUCH_METHOD = 404, (405, 501)
LET_IN = (*range(200, 400), *range(500, 600))


def all_refused(tries: Sequence[Refusal | Exchange], statuses: Collection[int], what: str) -> Complaints:
    """
    Complain of everything that was let in, with or without a twin.

    Raises NotEvaluable at the end, when all complaints are out, where some of it tells nothing.
    """
    unsure = []
    for one in tries:
        try:
            if isinstance(one, Refusal):
                yield from done_all_the_same(one, statuses, what) or refused_with(one, statuses, name_of(one, what))
            else:
                yield from guessed(one, statuses, what)
        except NotEvaluable as trouble:
            unsure.append(str(trouble))
    if unsure:
        raise NotEvaluable("; ".join(unsure))


def name_of(refusal: Refusal, what: str) -> str:
    """How messages call what was tried."""
    return f"{refusal.refused.request.operation} {what}"


def done_all_the_same(refusal: Refusal, statuses: Collection[int], what: str) -> list[str]:
    """A redirect that leads to what was made is no refusal, though the profile has its status among refusals."""
    refused, twin = refusal.refused, refusal.after or refusal.before
    alike = twin is not None and twin.ok and twin.status == refused.status and refused.status in statuses
    if alike and twin and twin.captured and twin.captured.keys() <= refused.captured.keys():
        return [f"{name_of(refusal, what)} was answered with {refused.status} and what it asked for"]
    return []


def guessed(exchange: Exchange, statuses: Collection[int], what: str) -> Complaints:
    """Complain when a guess was let in. Raises NotEvaluable where its answer tells nothing."""
    operation, status = exchange.request.operation, exchange.status
    empty = exchange.request.method == "GET" and "{" not in operation and not exchange.request.body
    if status in statuses or status in NO_SUCH_METHOD or (status == NOT_THERE and empty and "/" in operation):
        return
    if status not in LET_IN:
        raise NotEvaluable(
            f"{operation} {what} was answered with {status or exchange.failure} before it was asked who sends it; "
            "describe it in the profile with a good body, or list it under public"
        )
    promised = " or ".join(str(one) for one in statuses)
    yield f"{operation} {what} was answered with {status}, {promised} expected"
