"""Rate limits: enforced, exact, honest about themselves, and nobody else's problem."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from gonogo.burst import retry_after
from gonogo.check import Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.burst import Burst, Exhaustion
    from gonogo.check import Complaints
    from gonogo.exchange import Exchange

LIMITING = {"rate-limiting"}
API = {"promises.limits", "api-limit"}
SIGN_IN = {"promises.limits", "sign-in-limit"}
TOO_MANY = 429
TOLERANCE_S = 2


def enforced(burst: Burst) -> Complaints:
    """Complain when more than the limit was let through."""
    if burst.took_s >= burst.limit.window_s:
        raise NotEvaluable(
            f"{len(burst.exchanges)} requests took {burst.took_s:.0f} s, the window is {burst.limit.window_s:.0f} s"
        )
    if burst.refused:
        yield from refused_to_the_end(burst)
        return
    if burst.unanswered:
        raise NotEvaluable(f"{len(burst.unanswered)} of {len(burst.exchanges)} requests got no answer that would tell")
    count = len(burst.exchanges)
    yield f"{count} requests within {burst.took_s:.1f} s were let through, promised {burst.limit.requests}"


def refused_to_the_end(burst: Burst) -> Complaints:
    """
    Complain when a spent limit lets more through than what had left the window meanwhile, which was spent before.

    Raises NotEvaluable when the last request says nothing: one refusal among many may have any reason.
    """
    position = burst.exchanges.index(burst.refused[0])
    later = [one for one in burst.exchanges[position:] if one not in burst.refused and one not in burst.unanswered]
    left = burst.limit.requests - position if burst.disturbed else burst.spent
    if len(later) > left:
        yield (
            f"request {position + 1} was refused, and {len(later)} of the {len(burst.exchanges) - position - 1} "
            f"after it were let through, promised {left} at most"
        )
    elif burst.exchanges[-1].status != TOO_MANY:
        got = burst.exchanges[-1].status or burst.exchanges[-1].failure
        raise NotEvaluable(f"request {position + 1} was refused, but the last one got {got}: the window may have moved")


@check("rate.api-enforced", Severity.CRITICAL, scenarios=LIMITING, effects=Effects.BURST, needs=API)
def api_limit_is_enforced(burst: Burst) -> Complaints:
    """
    The first request over the limit gets 429 (OWASP API4:2023).

    Without a limit one client can take the service, and the bill for the model, all for itself.

    Fix: count requests per user in one place that all workers share, and refuse with 429.
    """
    yield from enforced(burst)


@check("rate.sign-in-enforced", Severity.CRITICAL, scenarios=LIMITING, effects=Effects.BURST, needs=SIGN_IN)
def sign_in_limit_is_enforced(burst: Burst) -> Complaints:
    """
    Guessing passwords is stopped by the sign-in limit, and failures count (OWASP ASVS 5.0, 6.3.1).

    Without it every weak password is found in a night.

    Fix: count every attempt before the password is looked at, not only those that succeed.
    """
    yield from enforced(burst)


@check("rate.not-early", Severity.MAJOR, scenarios=LIMITING, effects=Effects.BURST, needs=API)
def nothing_is_refused_early(burst: Burst) -> Complaints:
    """
    Everything up to the limit is served.

    A limit that bites early breaks clients that keep to what was promised.

    Fix: look for counters that are shared between groups of operations, and for off-by-one.
    """
    undisturbed(burst)
    promised = burst.limit.requests - burst.spent
    if burst.refused and len(burst.accepted) < promised:
        yield f"refused after {burst.spent + len(burst.accepted)} requests, promised {burst.limit.requests}"
    failed = [exchange for exchange in burst.accepted if not exchange.ok]
    if failed:
        first = failed[0].status or failed[0].failure
        yield f"{len(failed)} of {len(burst.accepted)} requests below the limit failed, first with {first}"


@check(
    "rate.retry-after", Severity.MAJOR, scenarios=LIMITING, effects=Effects.BURST, needs={*API, "promises.retry_after"}
)
def says_when_to_come_back(burst: Burst) -> Complaints:
    """
    A refusal says in Retry-After when to come back, and within the window (RFC 6585, 4; RFC 9110, 10.2.3).

    Clients that are not told when to come back come back at once.

    Fix: send Retry-After in seconds, rounded up, with every 429.
    """
    refusal = first_refusal(burst)
    seconds = retry_after(refusal)
    if seconds is None:
        yield f"429 with Retry-After {refusal.headers.get('retry-after') or 'missing'}, seconds or a date expected"
    elif not 1 <= seconds <= burst.limit.window_s + TOLERANCE_S:
        yield f"Retry-After {seconds:.0f} s, promised within the window of {burst.limit.window_s:.0f} s"


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


@check(
    "rate.advertised",
    Severity.MINOR,
    scenarios=LIMITING,
    effects=Effects.BURST,
    needs={*API, "promises.ratelimit_headers"},
)
def tells_what_is_left(burst: Burst) -> Complaints:
    """
    Answers tell what is left of the limit, and it falls by one with each request (RateLimit draft-11).

    A client that is told can slow down before it is refused.

    Fix: compute the fields from the same counter that refuses.
    """
    left = [remaining(exchange) for exchange in burst.accepted]
    if not left:
        raise NotEvaluable("nothing was let through, so that nothing tells what is left")
    numbers = [number for number in left if number is not None]
    if len(numbers) < len(left):
        yield f"{len(left) - len(numbers)} of {len(left)} answers do not tell what is left"
    wrong = [(one, then) for one, then in pairwise(numbers) if one - then != 1]
    if wrong:
        undisturbed(burst)
    if wrong and not burst.held:
        raise NotEvaluable(f"it took so long that the window of {burst.limit.window_s:.0f} s moved on meanwhile")
    if wrong:
        yield f"what is left went from {wrong[0][0]} to {wrong[0][1]} with one request, {len(wrong)} times in all"


def remaining(exchange: Exchange) -> int | None:
    """What an answer says is left of its limit."""
    found = re.search(r";\s*r=(\d+)", exchange.headers.get("ratelimit"))
    value = found.group(1) if found else exchange.headers.get("x-ratelimit-remaining")
    return int(value) if value.isascii() and value.isdigit() else None


@check("rate.recovers", Severity.MAJOR, scenarios=LIMITING, effects=Effects.BURST, needs={*API, "promises.retry_after"})
def recovers_when_it_says(exhaustion: Exhaustion) -> Complaints:
    """
    Who waits as long as Retry-After says is served again.

    A limit that lies about its end locks honest clients out.

    Fix: compute Retry-After from the moment at which the oldest counted request leaves the window.
    """
    if not exhaustion.burst.refused:
        raise NotEvaluable("nothing was refused, so that there is nothing to recover from")
    if exhaustion.recovered is None:
        window = exhaustion.burst.limit.window_s
        told = "missing" if exhaustion.promised_s is None else f"{exhaustion.promised_s:.0f} s"
        yield f"Retry-After is {told}, nothing to wait for in a window of {window:.0f} s"
    elif not exhaustion.recovered.ok:
        if exhaustion.burst.shared and exhaustion.recovered.status == TOO_MANY:
            raise NotEvaluable("429 after waiting as told, but others who waited may have spent the limit again")
        got = exhaustion.recovered.status or exhaustion.recovered.failure
        yield f"{got} after waiting {exhaustion.promised_s:.0f} s as told"


@check("rate.not-spoofed", Severity.CRITICAL, scenarios=LIMITING, effects=Effects.BURST, needs=API)
def headers_do_not_reset_it(exhaustion: Exhaustion) -> Complaints:
    """
    A client cannot get a fresh limit by naming another address (OWASP ASVS 5.0, 4.1.3).

    X-Forwarded-For is whatever the client writes, unless it comes from a proxy of one's own.

    Fix: believe forwarding headers only from configured proxies.
    """
    first_refusal(exhaustion.burst)
    for exchange in exhaustion.spoofed:
        fields = " ".join(f"{key}: {value}" for key, value in exchange.request.headers if "203.0.113." in value)
        if exchange.ok and not exhaustion.held:
            raise NotEvaluable(f"it took so long that the limit of {exhaustion.burst.limit.window_s:.0f} s was over")
        if exchange.ok:
            undisturbed(exhaustion.burst)
            yield f"{exchange.status} with {fields} although the limit was spent, 429 expected"
        elif exchange.status != TOO_MANY:
            raise NotEvaluable(f"{exchange.status or exchange.failure} with {fields}, which is neither served nor 429")


@check(
    "rate.others-unaffected", Severity.CRITICAL, scenarios=LIMITING, effects=Effects.BURST, needs={*API, "own-limits"}
)
def others_are_served(exhaustion: Exhaustion) -> Complaints:
    """
    One client's limit is not another's.

    A limiter keyed on the wrong thing (the proxy's address, one global counter) turns one busy client
    into an outage for all.

    Fix: key the limiter on the user, and on the client's address where there is none.
    """
    first_refusal(exhaustion.burst)
    if not exhaustion.meanwhile:
        raise NotEvaluable("nobody else asked for anything while the limit was spent")
    for exchange in exhaustion.meanwhile:
        if not exchange.ok:
            undisturbed(exhaustion.burst)
            yield f"{exchange.person} got {exchange.status or exchange.failure} while somebody else's limit was spent"
