"""What a burst tells of the limit that it spent: whether it held, when it refused, and who else may have spent it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.burst import TOO_MANY, refilled
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.burst import Burst
    from gonogo.check import Complaints
    from gonogo.exchange import Exchange


def enforced(burst: Burst) -> Complaints:
    """Complain when nothing, or not enough, is refused. Raises NotEvaluable where the requests tell nothing."""
    if burst.took_s >= burst.limit.window_s:
        raise NotEvaluable(
            f"{len(burst.exchanges)} requests took {burst.took_s:.0f} s, the window is {burst.limit.window_s:.0f} s"
        )
    if burst.refused:
        yield from refused_to_the_end(burst)
        return
    if burst.unanswered:
        raise NotEvaluable(f"{len(burst.unanswered)} of {len(burst.exchanges)} requests got no answer that would tell")
    yield too_many(burst)


def too_many(burst: Burst) -> str:
    """What is wrong when more was let through than promised."""
    let_through = f"{len(burst.accepted)} requests within {burst.took_s:.1f} s were let through"
    return f"{let_through}, promised {burst.limit.requests}"


def refused_to_the_end(burst: Burst) -> Complaints:
    """
    Complain when a spent limit lets more through than what had left the window meanwhile, which was spent before.

    Raises NotEvaluable when the last request says nothing: one refusal among many may have any reason.
    """
    position = burst.exchanges.index(burst.refused[0])
    later = [one for one in burst.exchanges[position:] if one not in burst.refused and one not in burst.unanswered]
    left = (burst.limit.requests - position if burst.disturbed else burst.spent) + refilled(burst)
    if len(later) > left:
        yield (
            f"request {position + 1} was refused, and {len(later)} of the {len(burst.exchanges) - position - 1} "
            f"after it were let through, promised {left} at most"
        )
    elif burst.exchanges[-1].status != TOO_MANY:
        got = burst.exchanges[-1].status or burst.exchanges[-1].failure
        raise NotEvaluable(f"request {position + 1} was refused, but the last one got {got}: the window may have moved")


def early(burst: Burst) -> Complaints:
    """Complain when less was let through than promised, without what was spent before."""
    undisturbed(burst)
    promised = burst.limit.requests - burst.spent
    if burst.refused and len(burst.accepted) < promised:
        yield f"refused after {burst.spent + len(burst.accepted)} requests, promised {burst.limit.requests}"


def undisturbed(burst: Burst) -> None:
    """Raise NotEvaluable when the limit was spent early, and somebody else may have spent it."""
    if burst.disturbed:
        raise NotEvaluable(
            f"refused after {len(burst.accepted)} requests, promised {burst.limit.requests}, and others may have spent "
            f"the rest: give each gate accounts and an address of its own"
        )


def first_refusal(burst: Burst) -> Exchange:
    """The first 429. Raises NotEvaluable when there is none."""
    if not burst.refused:
        raise NotEvaluable("nothing was refused, so that there is no refusal to look at")
    return burst.refused[0]
