"""Whether the document is there, speaks of this target, and the target outlives being held to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Complaints, Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.contracted import Reached
    from gonogo.exchange import Exchange

SCENARIO = {"contracts/document"}


@check("contract.readable", Severity.CRITICAL, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi"})
def readable(exchange: Exchange, operations: int, trouble: str) -> Complaints:
    """
    The target serves its OpenAPI document, which can be read and has operations of this target.

    Clients, tests and this suite are made from it.

    Fix: serve the document at the path that the profile names, valid by the version that it names.
    """
    if exchange.status != 200 or exchange.failure:  # noqa: PLR2004  OK
        yield f"the document was answered with {exchange.failure or exchange.status}"
    elif trouble:
        yield trouble
    elif not operations:
        yield "the document has no operation"


@check("contract.true-paths", Severity.CRITICAL, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi"})
def true_paths(reached: Sequence[Reached]) -> Complaints:
    """
    Every operation of the document is there: its path is not unknown to the target.

    A document that speaks of another server, or of another version, misleads whoever builds on it.

    Fix: make the document from the routes that are deployed, and name the path below which they stand in `servers`.
    """
    if not reached:
        raise NotEvaluable("there is no operation")
    for one in reached:
        met = {status for statuses in one.met.values() for status in statuses}
        if met and met <= {404, 405, 501} and not one.knows(404):
            yield f"{one.operation} only ever answered {', '.join(str(status) for status in sorted(met))}"


@check("health.survives-contracts", Severity.CRITICAL, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi"})
def survives(exchange: Exchange) -> Complaints:
    """
    After all that was sent, the service still says that it is well.

    What brings it down from outside is an outage that anyone can cause.

    Fix: look at the last requests before it stopped answering.
    """
    if not exchange.ok:
        yield f"{exchange} after the suite"
