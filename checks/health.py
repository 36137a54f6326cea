"""Health: what the service says of itself to those who decide whether it gets traffic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checks.leaks import leaks_of_health
from gonogo.check import Effects, Severity, check
from gonogo.operation import read_source
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange

MONITORING = {"monitoring"}
NEEDS = {"health"}
GOOD = {"pass", "ok", "up", "warn"}
BAD = {"fail", "error", "down"}
NEGATION = re.compile(r"^(not|non|un)[ _-]?")
WELL = GOOD | {"healthy", "alive", "live", "ready", "running", "serving", "available", "operational", "online", "green"}
WELL |= {"success", "passing", "warning", "degraded", "yellow"}
ILL = BAD | {"failed", "failing", "failure", "critical", "broken", "dead", "offline", "out_of_service", "red"}
SAYS_SO = ("status", "healthy", "ok", "alive", "live", "ready", "up", "available", "success")
"""The fields in which a service says how it is, some as a word, some as yes or no."""
FIRST_GOOD, FIRST_ERROR = 200, 400
CLOSED = (401, 403, 429)


def status_in(exchange: Exchange) -> str | None:
    """The status that a health document names, in lower case; None when the body is no such document."""
    try:
        document = exchange.json()
    except NotEvaluable:
        return None
    status = document.get("status") if isinstance(document, dict) else None
    return status.lower() if isinstance(status, str) else None


def flaw_in(exchange: Exchange) -> str | None:
    """What a health document says that is plainly not well; None when it says no such thing."""
    try:
        document = exchange.json()
    except NotEvaluable:
        return None
    for field in SAYS_SO if isinstance(document, dict) else ():
        if document.get(field) is False:
            return f"{field}: false"
    status = status_in(exchange) or ""
    return status if status in ILL or (status not in WELL and re.sub(NEGATION, "", status) in WELL) else None


@check("health.live", Severity.CRITICAL, scenarios=MONITORING, effects=Effects.READ, needs=NEEDS)
def says_that_it_is_well(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Every health endpoint answers as promised, and none says that something fails.

    A deployment whose own probes are red gets no traffic, or should not.

    Fix: read what the failing endpoint names, and mend that part first.
    """
    if not exchanges:
        raise NotEvaluable("no health endpoint was asked")
    broken = [exchange for exchange in exchanges if not exchange.ok]
    for exchange in broken:
        promised = " or ".join(str(status) for status in exchange.expected)
        yield f"{exchange.request.operation} answered {exchange.status or exchange.failure}, promised {promised}"
    flaws = [(exchange, flaw) for exchange in exchanges if exchange.ok and (flaw := flaw_in(exchange))]
    for exchange, flaw in flaws:
        yield f"{exchange} says {flaw}, pass expected"
    strange = [status for exchange in exchanges if (status := status_in(exchange)) is not None and status not in WELL]
    if strange and not broken and not flaws:
        raise NotEvaluable(f"a health endpoint says {strange[0]!r} of itself, which is no known word for good or bad")


@check(
    "health.status-agrees",
    Severity.CRITICAL,
    scenarios=MONITORING,
    effects=Effects.READ,
    needs={*NEEDS, "promises.health"},
)
def status_agrees_with_code(exchanges: Sequence[Exchange]) -> Complaints:
    """
    The status in the body and the status code say the same (health check draft 06, 3.1).

    Balancers read the code and people the body; when they differ, one of them is misled.

    Fix: derive the code from the status: 2xx or 3xx for pass and warn, 4xx or 5xx for fail.
    """
    told = [(exchange, status) for exchange in exchanges if (status := status_in(exchange)) is not None]
    if not told:
        raise NotEvaluable("no health endpoint has a status in its body")
    for exchange, status in told:
        well = FIRST_GOOD <= (exchange.status or 0) < FIRST_ERROR
        if status not in GOOD | BAD:
            yield f"{exchange} has the status {status!r} in its body, pass, warn or fail expected"
        elif well != (status in GOOD):
            yield f"{exchange} has {status} in its body and {exchange.status} as its code"


@check("health.open", Severity.MAJOR, scenarios=MONITORING, effects=Effects.READ, needs=NEEDS)
def is_open_to_probes(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Health is answered without a session, many times in a row.

    A probe that is refused makes the balancer take out a node that is well.

    Fix: leave health endpoints out of authentication and of rate limits.
    """
    if not exchanges:
        raise NotEvaluable("no health endpoint was asked")
    for operation in sorted({exchange.request.operation for exchange in exchanges}):
        statuses = [exchange.status for exchange in exchanges if exchange.request.operation == operation]
        refused = [status for status in statuses if status in CLOSED]
        if refused:
            count = f"{len(refused)} of {len(statuses)}"
            yield f"{operation} refused {count} probes, first with {refused[0]}; none expected"


@check("health.clean", Severity.MAJOR, scenarios=MONITORING, effects=Effects.READ, needs=NEEDS)
def gives_nothing_away(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Health shows no address, no machine and no trace of an error (OWASP ASVS 5.0, 13.4.6).

    It is open to everybody, and so is what it tells.

    Fix: answer with a status for each part; write what went wrong to the log.
    """
    if not exchanges:
        raise NotEvaluable("no health endpoint was asked")
    for exchange in exchanges:
        for found in leaks_of_health(exchange.text):
            yield f"{exchange} shows {found}, nothing of the inside expected"


@check("health.names-build", Severity.MAJOR, scenarios=MONITORING, effects=Effects.READ, needs={"build"})
def names_its_build(exchange: Exchange, source: str) -> Complaints:
    """
    The service tells which build answers.

    Without it nobody can say whether the new build was looked at, or the old one.

    Fix: give the build's id to the service when it is deployed, and show it in health.
    """
    if not (read_source(source, exchange) or "").strip():
        yield f"{exchange} names no build at {source}"
