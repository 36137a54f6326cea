"""Rate limits: enforced, exact, honest about themselves, and nobody else's problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.spent import early, enforced, first_refusal, too_many, undisturbed
from gonogo.burst import SPOOFS, TOO_MANY, exceeds, refilled
from gonogo.check import Effects, Severity, check
from gonogo.retry_after import retry_after
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.burst import Burst, Exhaustion
    from gonogo.check import Complaints
    from gonogo.exchange import Exchange

LIMITING = {"rate-limiting"}
API = {"promises.limits", "api-limit"}
SIGN_IN = {"promises.limits", "sign-in-limit"}
TOLERANCE_S = 2


@check("rate.api-enforced", Severity.CRITICAL, scenarios=LIMITING, effects=Effects.BURST, needs=API)
def api_limit_is_enforced(exhaustion: Exhaustion) -> Complaints:
    """
    The first request over the limit gets 429 (OWASP API4:2023).

    Without a limit one client can take the service, and the bill for the model, all for itself. A limit that is
    promised as sliding is held to its number. Any other may count in fixed windows, of which one may end while we
    send, or fill up bit by bit: up to twice the number is sent, which none of them lets through within one window.
    If more than the number passed, and more than fills up meanwhile, only the end of a window explains it. Then there
    is nothing left to get until the next one ends; whoever is served sooner has shown that there was no such end. And
    a second burst, when the wait is over, begins with its window: it must not pass twice.

    Fix: count requests per user in one place that all workers share, and refuse with 429.
    """
    burst, again = exhaustion.burst, exhaustion.again
    yield from enforced(burst)
    if not burst.refused or not exceeds(burst):
        return
    if window_cannot_have_ended(exhaustion) or (again and len(again.accepted) >= most_of(again)):
        yield too_many(burst)
    elif again is None:
        raise NotEvaluable(f"{too_many(burst)}; a window that ended meanwhile would explain it, and nothing tells")


def window_cannot_have_ended(exhaustion: Exhaustion) -> bool:
    """Whether someone was served so soon after the refusal that no fixed window can have begun during the burst."""
    burst, recovered = exhaustion.burst, exhaustion.recovered
    if recovered is None or not recovered.ok:
        return False
    since = recovered.started_at - burst.exchanges[0].started_at
    return since < burst.limit.window_s - TOLERANCE_S


def most_of(again: Burst) -> int:
    """How many requests a second burst must not reach: one of its window was spent to see that it had begun."""
    return again.limit.requests + refilled(again)


@check("rate.sign-in-enforced", Severity.CRITICAL, scenarios=LIMITING, effects=Effects.BURST, needs=SIGN_IN)
def sign_in_limit_is_enforced(burst: Burst) -> Complaints:
    """
    Guessing passwords is stopped by the sign-in limit, and failures count (OWASP ASVS 5.0, 6.3.1).

    Without it every weak password is found in a night. Where the limit is not promised as sliding, a fixed window
    may have ended while we sent: up to twice the number is then undecided, and more is a failure.

    Fix: count every attempt before the password is looked at, not only those that succeed.
    """
    yield from enforced(burst)
    if burst.refused and exceeds(burst):
        raise NotEvaluable(f"{too_many(burst)}; a window that ended meanwhile would explain it, so try again")


@check("rate.sign-in-not-early", Severity.MAJOR, scenarios=LIMITING, effects=Effects.BURST, needs=SIGN_IN)
def no_attempt_is_refused_early(burst: Burst) -> Complaints:
    """
    Up to the limit, attempts to sign in are looked at, and not refused as too many.

    Who mistypes a password, or shares an office's address, must not be locked out sooner than promised.

    Fix: look for off-by-one, and for a counter that other operations share.
    """
    yield from early(burst)


@check("rate.not-early", Severity.MAJOR, scenarios=LIMITING, effects=Effects.BURST, needs=API)
def nothing_is_refused_early(burst: Burst) -> Complaints:
    """
    Everything up to the limit is served.

    A limit that bites early breaks clients that keep to what was promised.

    Fix: look for counters that are shared between groups of operations, and for off-by-one.
    """
    yield from early(burst)
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
def headers_do_not_reset_it(burst: Burst) -> Complaints:
    """
    A client cannot get a fresh limit by naming another address (OWASP ASVS 5.0, 4.1.3).

    X-Forwarded-For is whatever the client writes, unless it comes from a proxy of one's own.

    Fix: believe forwarding headers only from configured proxies.
    """
    yield from got_around(burst)


@check("rate.sign-in-not-spoofed", Severity.CRITICAL, scenarios=LIMITING, effects=Effects.BURST, needs=SIGN_IN)
def headers_give_no_more_guesses(burst: Burst) -> Complaints:
    """
    Naming another address gives no further attempts to sign in (OWASP ASVS 5.0, 4.1.3 and 6.3.1).

    Whoever guesses passwords writes a new address with each guess: the limit is then none at all.

    Fix: believe forwarding headers only from configured proxies, at sign-in above all.
    """
    yield from got_around(burst)


def got_around(burst: Burst) -> Complaints:
    """
    Complain of each request that was let through because it claimed another address.

    Raises NotEvaluable when a plain one is let through as well: then the limit was over, and nobody got around it.
    """
    first_refusal(burst)
    usual = {exchange.status for exchange in burst.accepted}
    passed = [exchange for exchange in burst.spoofed if exchange.status in usual]
    if passed and (not burst.held or burst.still is None or burst.still.status != TOO_MANY):
        raise NotEvaluable(f"the limit of {burst.limit.window_s:.0f} s was over before all addresses were tried")
    if passed:
        undisturbed(burst)
    for exchange in burst.spoofed:
        if exchange in passed:
            yield f"{exchange.status} with {claimed(exchange)} although the limit was spent, 429 expected"
        elif exchange.status != TOO_MANY:
            got = exchange.status or exchange.failure
            raise NotEvaluable(f"{got} with {claimed(exchange)}, which is neither served nor 429")


def claimed(exchange: Exchange) -> str:
    """The header fields in which a request claims to come from elsewhere."""
    names = {name.lower() for fields in SPOOFS for name in fields}
    return " ".join(f"{key}: {value}" for key, value in exchange.request.headers if key.lower() in names)


@check(
    "rate.others-unaffected", Severity.CRITICAL, scenarios=LIMITING, effects=Effects.BURST, needs={*API, "own-limits"}
)
def others_are_served(exhaustion: Exhaustion) -> Complaints:
    """
    One client's limit is not another's.

    A limiter keyed on the wrong thing (the proxy's address, one global counter) turns one busy client
    into an outage for all. Where the limit counts addresses, a refusal of somebody else proves nothing: what lies
    between us and the target may give all of us one address. That is then undecided, and never passed.

    Fix: key the limiter on the user, and on the client's address where there is none.
    """
    burst = exhaustion.burst
    first_refusal(burst)
    if not exhaustion.meanwhile:
        raise NotEvaluable("nobody else asked for anything while the limit was spent")
    for exchange in exhaustion.meanwhile:
        if exchange.status == TOO_MANY and burst.limit.scope == "address":
            raise NotEvaluable(f"{exchange.person} got 429 too; the target may see one address for all who call it")
        if not exchange.ok:
            undisturbed(exhaustion.burst)
            yield f"{exchange.person} got {exchange.status or exchange.failure} while somebody else's limit was spent"
