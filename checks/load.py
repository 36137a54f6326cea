"""What must hold while many people use the target at once. What is promised in numbers is judged as an objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.bounds import share_above
from gonogo.check import Complaints, Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.loaded import Loaded

TOLERATED = 0.001
"""The share that may go wrong where the target promises nothing: what is over it for certain is no accident."""
FEWEST = 20
ELSEWHERE = frozenset({"limited", "signed-out"})
TOLERATED_PROBES = 0.1


@check(
    "stream.whole-under-load",
    Severity.CRITICAL,
    scenarios={"load/under-load"},
    effects=Effects.BURST,
    needs={"send_message"},
)
def answers_whole(loaded: Loaded) -> Complaints:
    """
    Under load, streamed answers come whole: every token once, in order, and a terminal event.

    What breaks only under load is found by users, not by tests: a pool that runs dry, a proxy that cuts, a lock
    around what should be concurrent.

    Fix: look at the kinds of broken answers; a cut or a reset is a worker or proxy that gave up, an answer without
    its terminal event an exception that was swallowed.
    """
    if loaded.chats < FEWEST:
        raise NotEvaluable(f"{loaded.chats} answers are too few to say anything, {FEWEST} wanted")
    yield from too_many(loaded.broken, loaded.chats, allowed(loaded.complete), loaded.sentences, "answers were broken")


@check("load.calls-answered", Severity.CRITICAL, scenarios={"load/under-load"}, effects=Effects.BURST)
def calls_answered(loaded: Loaded) -> Complaints:
    """
    Under load, plain requests get the answers that they get without it.

    A list that fails for one in a hundred is a page that every user sees broken each day.

    Fix: look at which operation fails and how; a 5xx under load is often a connection pool or a time-out that is too
    small.
    """
    if loaded.calls < FEWEST:
        raise NotEvaluable(f"{loaded.calls} plain requests are too few to say anything, {FEWEST} wanted")
    limit = TOLERATED if loaded.error_rate is None else loaded.error_rate
    yield from too_many(loaded.failed, loaded.calls, limit, loaded.sentences, "plain requests failed")


@check(
    "load.limits-apart",
    Severity.CRITICAL,
    scenarios={"load/under-load"},
    effects=Effects.BURST,
    needs={"promises.limits"},
)
def limits_apart(loaded: Loaded) -> Complaints:
    """
    Nobody is refused for the requests of others: who stays within a promised limit is let through.

    A limiter that counts all users together locks everybody out as soon as there are enough of them.

    Fix: count by what the limit promises (the user, the address), and let all workers share that count.
    """
    if loaded.chats + loaded.calls < FEWEST:
        raise NotEvaluable(f"{loaded.chats + loaded.calls} requests are too few to say anything, {FEWEST} wanted")
    count = loaded.count_of("limited") - loaded.limited_elsewhere
    if count:
        yield f"{count} requests were refused (429), though each person stayed within the promised limits"
    elif loaded.limited_elsewhere:
        raise NotEvaluable(
            f"{loaded.limited_elsewhere} requests were refused (429) by a limit that counts others with us, who may "
            f"have spent it: lend accounts that nobody else uses, and an address of its own"
        )


@check("health.stays-up", Severity.CRITICAL, scenarios={"load/under-load"}, effects=Effects.BURST)
def stays_up(loaded: Loaded) -> Complaints:
    """
    Under load the service goes on to say that it is well, promptly.

    An orchestrator restarts what does not answer its probe: the load then becomes an outage.

    Fix: answer the probe without a lock, a pool or a query that the load can exhaust.
    """
    if not loaded.probes:
        raise NotEvaluable("the target was not probed under load")
    if len(loaded.probes_failed) > loaded.probes * TOLERATED_PROBES:
        yield f"{len(loaded.probes_failed)} of {loaded.probes} probes failed: {loaded.probes_failed[0]}"


@check("auth.stays-signed-in", Severity.CRITICAL, scenarios={"load/under-load"}, effects=Effects.BURST)
def stays_signed_in(loaded: Loaded) -> Complaints:
    """
    Under load nobody who is signed in is taken for a stranger.

    A session store that is slow or evicts under pressure throws people out in the middle of their work.

    Fix: give sessions room of their own, and fail a slow look-up with a 503, not a 401.
    """
    if loaded.chats + loaded.calls < FEWEST:
        raise NotEvaluable(f"{loaded.chats + loaded.calls} requests are too few to say anything, {FEWEST} wanted")
    count = loaded.count_of("signed-out")
    if count:
        yield f"{count} requests of people who are signed in were answered with 401"


def allowed(complete: float | None) -> float:
    """The share of answers that may be broken."""
    return TOLERATED if complete is None else 1.0 - complete


def too_many(kinds: Mapping[str, int], n: int, limit: float, sentences: Mapping[str, str], what: str) -> Complaints:
    """A sentence where what went wrong is over the limit for certain; refusals have checks of their own."""
    counted = {kind: count for kind, count in kinds.items() if kind.rpartition(":")[2] not in ELSEWHERE and count}
    wrong = sum(counted.values())
    if share_above(wrong, n) <= limit:
        return
    worst = sorted(counted.items(), key=lambda item: -item[1])[:3]
    shown = "; ".join(f"{count} {told(kind, sentences)}" for kind, count in worst)
    yield f"{wrong} of {n} {what}, {limit:.3%} are tolerated: {shown}"


def told(kind: str, sentences: Mapping[str, str]) -> str:
    """A kind of failure in words; of a plain call, with its operation."""
    operation, _, name = kind.rpartition(":")
    sentence = sentences.get(name, name)
    return f"{operation} ({sentence})" if operation else f"{name} ({sentence})"
