"""What answers tell of a rate limit: all of it, rightly, and in fields that can be read."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from checks.spent import undisturbed
from gonogo.allowance import POLICY, RATELIMIT, Told, families, joined, told
from gonogo.burst import TOO_MANY
from gonogo.check import Effects, Severity, check
from gonogo.retry_after import retry_after
from gonogo.structured import Malformed, Token, items_of
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.allowance import Family
    from gonogo.burst import Burst
    from gonogo.check import Complaints
    from gonogo.exchange import Exchange
    from gonogo.structured import Item

LIMITING = {"rate-limiting"}
TOLD = {"promises.limits", "api-limit", "promises.ratelimit_headers"}
TOLERANCE_S = 3
"""A reset in seconds since 1970 is rounded up, the Date that it counts from down, and that may be a second old."""
FIELDS = {POLICY: ("q", ("w",)), RATELIMIT: ("r", ("t",))}
"""The draft's fields: the parameter that each item must have, and those that it may, all of them whole numbers."""


@check("rate.advertised", Severity.MINOR, scenarios=LIMITING, effects=Effects.BURST, needs=TOLD)
def tells_what_is_left(burst: Burst, promised: str) -> Complaints:
    """
    Answers tell what is left of the limit, and it falls by one with each request (RateLimit draft-11).

    A client that is told can slow down before it is refused.

    Fix: compute the fields from the same counter that refuses.
    """
    if not burst.accepted:
        raise NotEvaluable("nothing was let through, so that nothing tells what is left")
    for family in families(promised):
        yield from falls_by_one(burst, family)


def falls_by_one(burst: Burst, family: Family) -> Complaints:
    """
    Complain when what is left is untold, or does not fall by one with each request.

    It may rise once where the limit does not slide, for a new window may have begun; where it fills up bit by bit,
    it may stay. In a sliding one it falls by less for each request of before that left the window meanwhile.
    Raises NotEvaluable when the whole window moved on.
    """
    left = [told(exchange, burst.limit, family).remaining for exchange in burst.accepted]
    numbers = [number for number in left if number is not None]
    if len(numbers) < len(left):
        yield f"{len(left) - len(numbers)} of {len(left)} answers do not tell what is left ({family})"
    wrong = [(one, then) for one, then in pairwise(numbers) if one - then != 1]
    if not burst.limit.sliding:
        falls = [pair for pair in wrong if pair[1] < pair[0]]
        wrong = falls if len(wrong) - len(falls) <= most_freed(burst) else wrong
    elif all(then >= one for one, then in wrong) and sum(then - one + 1 for one, then in wrong) <= burst.freed:
        wrong = []
    if wrong:
        undisturbed(burst)
    if wrong and not burst.held:
        raise NotEvaluable(f"it took so long that the window of {burst.limit.window_s:.0f} s moved on meanwhile")
    if wrong:
        yield f"what is left went from {wrong[0][0]} to {wrong[0][1]} with one request, {len(wrong)} times in all"


def most_freed(burst: Burst) -> int:
    """How often what is left may fail to fall: once where a window begins, and for each request that is given back."""
    return 1 + int(burst.limit.requests / burst.limit.window_s * burst.took_s)


@check("rate.limit-told", Severity.MINOR, scenarios=LIMITING, effects=Effects.BURST, needs=TOLD)
def tells_the_limit(burst: Burst, promised: str) -> Complaints:
    """
    The limit that answers tell is the one that is promised, and it ends within its window (RateLimit draft-11).

    Clients pace themselves by these numbers; wrong ones make them run into the limit, or crawl.

    Fix: write the fields from the configuration that the limiter itself uses.
    """
    if not burst.accepted:
        raise NotEvaluable("nothing was let through, so that nothing tells the limit")
    for family in families(promised):
        first = told(burst.accepted[0], burst.limit, family)
        yield from as_promised(first, burst, family)


def as_promised(first: Told, burst: Burst, family: Family) -> Complaints:
    """Complain of numbers that are not the promised limit's."""
    limit = burst.limit
    if first.requests is not None and first.requests != limit.requests:
        yield f"the limit is told as {first.requests} requests, promised {limit.requests} ({family})"
    if first.window_s is not None and first.window_s != limit.window_s:
        yield f"the limit is told as for {first.window_s} s, promised {limit.window_s:.0f} s ({family})"
    if first.requests is None:
        yield f"answers do not tell the limit, promised {limit.requests} requests ({family})"
    if first.reset_s is not None and not -TOLERANCE_S <= first.reset_s <= limit.window_s + TOLERANCE_S:
        yield f"there is more in {first.reset_s:.0f} s, promised within {limit.window_s:.0f} s ({family})"


@check(
    "rate.refusal-told",
    Severity.MINOR,
    scenarios=LIMITING,
    effects=Effects.BURST,
    needs={*TOLD, "promises.retry_after"},
)
def refusals_agree(burst: Burst, promised: str) -> Complaints:
    """
    A refusal says that nothing is left, and Retry-After is no sooner than there is more (RateLimit draft-11).

    A client that believes the one number is refused by the other.

    Fix: write all fields of a refusal from one look at the counter.
    """
    refusal = next((one for one in burst.exchanges if one.status == TOO_MANY), None)
    if refusal is None:
        raise NotEvaluable("nothing was refused, so that there is no refusal to look at")
    wait = retry_after(refusal)
    for family in families(promised):
        said = told(refusal, burst.limit, family)
        if said.remaining is not None and said.remaining != 0:
            yield f"429 although {said.remaining} requests are told to be left, 0 expected ({family})"
        if wait is not None and said.reset_s is not None and wait < said.reset_s - TOLERANCE_S:
            yield f"Retry-After is {wait:.0f} s, and there is more in {said.reset_s:.0f} s ({family})"


@check(
    "rate.fields-valid",
    Severity.MINOR,
    scenarios=LIMITING,
    effects=Effects.BURST,
    needs={*TOLD, "draft-ratelimit"},
)
def fields_can_be_read(burst: Burst) -> Complaints:
    """
    RateLimit and RateLimit-Policy are structured fields with the draft's parameters (RFC 9651; RateLimit draft-11).

    A parser that meets one wrong character must drop the whole field, and the client knows nothing.

    Fix: write the fields with a library for structured fields; names stand in quotes, numbers are whole.
    """
    shown = [
        one for one in (*burst.exchanges[:1], *burst.exchanges[-1:]) if any(joined(one, field) for field in FIELDS)
    ]
    if not shown:
        raise NotEvaluable("neither the first answer nor the last has a field to read")
    for exchange in shown:
        for field in FIELDS:
            yield from unreadable(joined(exchange, field), field)
        yield from unknown_names(exchange)


def unreadable(text: str, field: str) -> Complaints:
    """Complain of a field that is no list, or lacks the draft's parameters; one that is missing is not unreadable."""
    try:
        items = items_of(text) if text else ()
    except Malformed as trouble:
        yield f"{field} {text[:80]!r} is no structured field: {trouble}"
        return
    for item in items:
        yield from odd(item, field)


def odd(item: Item, field: str) -> Complaints:
    """Complain of an item that is no text in quotes, or has parameters that are no whole numbers from 0 on."""
    needed, further = FIELDS[field]
    if not isinstance(item.value, str) or isinstance(item.value, Token):
        yield f"{field} names {str(item.value)!r} without quotes, a string expected"
    if needed not in item.parameters:
        yield f"{field} has no {needed}"
    for name in (needed, *further):
        value = item.parameters.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0 or (name == "w" and value == 0):
            yield f"{field} has {name}={value}, a whole number from {int(name == 'w')} on expected"


def unknown_names(exchange: Exchange) -> Complaints:
    """Complain when what is left is told of a policy that is not told."""
    try:
        named = [{one.value for one in items_of(joined(exchange, field))} for field in (POLICY, RATELIMIT)]
    except Malformed:
        return
    strangers = sorted(str(one) for one in named[1] - named[0])
    if strangers:
        yield f"ratelimit tells of {', '.join(strangers)}, which ratelimit-policy does not name"
