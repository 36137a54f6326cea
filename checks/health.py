"""Health: what the service says of itself to those who decide whether it gets traffic."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from checks.condition import FORMATS, flaw_in, said_in
from checks.leaks import leaks_of_health
from gonogo.allowance import remaining
from gonogo.check import Effects, Severity, check
from gonogo.operation import read_source
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange

MONITORING = {"monitoring"}
NEEDS = {"health"}
FIRST_GOOD, FIRST_ERROR = 200, 400
CLOSED = (401, 403, 429)


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
    for exchange in exchanges:
        flaw = flaw_in(exchange) if exchange.ok else None
        if flaw:
            yield f"{exchange} says {flaw}, pass expected"


@check(
    "health.status-agrees",
    Severity.CRITICAL,
    scenarios=MONITORING,
    effects=Effects.READ,
    needs={*NEEDS, "promises.health"},
)
def status_agrees_with_code(exchanges: Sequence[Exchange], promised: str) -> Complaints:
    """
    The status in the body and the status code say the same (health check draft 06, 3.1; Spring Boot's Actuator).

    Balancers read the code and people the body; when they differ, one of them is misled.

    Fix: derive the code from the status: 2xx or 3xx for what is well, 4xx or 5xx for what fails.
    """
    if not exchanges:
        raise NotEvaluable("no health endpoint was asked")
    words = FORMATS[promised]
    told = [(exchange, status) for exchange in exchanges if (status := said_in(exchange, words)) is not None]
    if not told:
        yield f"no health endpoint has a status in its body, {promised} promised"
    for exchange, status in told:
        well = FIRST_GOOD <= (exchange.status or 0) < FIRST_ERROR
        known = words.well | words.ill
        if known and status not in known:
            yield f"{exchange} has the status {status!r} in its body, {' or '.join(sorted(known))} expected"
        elif well == (status in words.ill or (not known and flaw_in(exchange) is not None)):
            yield f"{exchange} has {status} in its body and {exchange.status} as its code"


@check(
    "health.shape",
    Severity.MINOR,
    scenarios=MONITORING,
    effects=Effects.READ,
    needs={*NEEDS, "promises.health"},
)
def has_its_shape(exchanges: Sequence[Exchange], promised: str) -> Complaints:
    """
    Health is answered in the promised format: its media type, and a status in each body.

    What reads it looks for the status where the format says, and finds nothing.

    Fix: answer every health endpoint with the media type and the status that the format asks for.
    """
    if not exchanges:
        raise NotEvaluable("no health endpoint was asked")
    wanted = FORMATS[promised]
    for exchange in (one for one in exchanges if one.status not in CLOSED):  # whoever is refused is told no health
        if exchange.content_type not in wanted.media_types:
            media_type = exchange.content_type or "of no type"
            yield f"{exchange} is {media_type}, {' or '.join(wanted.media_types)} expected"
        elif (wanted.well or wanted.says_so) and said_in(exchange, wanted) is None:
            yield f"{exchange} has no status in its body, one promised"


@check(
    "health.head",
    Severity.MINOR,
    scenarios=MONITORING,
    effects=Effects.READ,
    needs={*NEEDS, "promises.health"},
)
def head_is_answered_alike(pairs: Sequence[tuple[Exchange, Exchange]]) -> Complaints:
    """
    HEAD on health is answered as GET is: the same status and media type, without a body (RFC 9110, 9.3.2).

    Many probes ask with HEAD, and take a node that does not know it for one that is down.

    Fix: answer HEAD wherever GET is answered.
    """
    if not pairs:
        raise NotEvaluable("no health endpoint was asked")
    for asked, head in pairs:
        if head.status != asked.status:
            yield f"{head.request.operation}: HEAD was answered with {head.status}, GET with {asked.status}"
        elif head.body:
            yield f"{head.request.operation}: HEAD was answered with {len(head.body)} bytes, none expected"
        elif head.content_type != asked.content_type:
            yield f"{head.request.operation}: HEAD is {head.content_type or 'of no type'}, GET {asked.content_type}"


@check(
    "health.ready-true",
    Severity.CRITICAL,
    scenarios=MONITORING,
    needs={"health_ready", "create_conversation", "history"},
)
def ready_means_ready(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Whoever says to be ready can write something and read it back, in the same second.

    A balancer that is told so sends people to a node on which nothing works.

    Fix: let readiness try what an answer needs, the store above all, and answer 503 when that fails.
    """
    *used, ready = exchanges
    spent = [exchange for exchange in used if exchange.status in CLOSED]
    if spent or not used:
        raise NotEvaluable(f"what readiness stands for could not be tried: {spent[0] if spent else 'nothing was sent'}")
    broken = [exchange for exchange in used if not exchange.ok or exchange.lacks]
    if broken and ready.ok and flaw_in(ready) is None:
        yield f"{ready} says that all is well, and in the same second there was {broken[0]}"


@check("health.open", Severity.MAJOR, scenarios=MONITORING, effects=Effects.READ, needs=NEEDS)
def is_open_to_probes(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Health is answered without a session, many times in a row, and spends no limit.

    A probe that is refused makes the balancer take out a node that is well.

    Fix: leave health endpoints out of authentication and of rate limits.
    """
    if not exchanges:
        raise NotEvaluable("no health endpoint was asked")
    for operation in sorted({exchange.request.operation for exchange in exchanges}):
        probes = [exchange for exchange in exchanges if exchange.request.operation == operation]
        refused = [exchange.status for exchange in probes if exchange.status in CLOSED]
        left = [number for exchange in probes if (number := remaining(exchange)) is not None]
        if refused:
            yield f"{operation} refused {len(refused)} of {len(probes)} probes, first with {refused[0]}; none expected"
        elif len(left) == len(probes) > 1 and all(later < earlier for earlier, later in pairwise(left)):
            yield f"{len(probes)} probes of {operation} spent a limit, from {left[0]} to {left[-1]} left; none expected"


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


@check("health.one-build", Severity.CRITICAL, scenarios=MONITORING, effects=Effects.READ, needs={"build"})
def one_build_answers(exchanges: Sequence[Exchange], source: str) -> Complaints:
    """
    Whoever answers, it is the same build.

    A roll-out that stopped half way serves two builds, and whatever was verified holds for one of them.

    Fix: finish the roll-out or take it back, and look for nodes that did not start.
    """
    named = Counter(found for exchange in exchanges if (found := (read_source(source, exchange) or "").strip()))
    if not named:
        raise NotEvaluable(f"none of {len(exchanges)} answers names a build at {source}")
    if len(named) > 1:
        told = ", ".join(f"{count} from {build}" for build, count in named.most_common())
        yield f"{len(exchanges)} answers over connections of their own came from {len(named)} builds: {told}"
