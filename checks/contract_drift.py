"""What the target promised with its last release, held against what it says and does now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.contract_rules import broken
from gonogo.check import Complaints, Effects, Severity, check

if TYPE_CHECKING:
    from gonogo.contracted import Held

SCENARIO = {"contracts/document"}


@check(
    "contract.compatible",
    Severity.CRITICAL,
    scenarios=SCENARIO,
    effects=Effects.HOSTILE,
    needs={"openapi", "promises.document.released"},
)
def compatible(held: Held) -> Complaints:
    """
    Nothing that the last release promised was taken back, unless the version says so (SemVer).

    Clients that were made from the released document break with the deployment, and not in anybody's tests.

    Fix: give the old form beside the new one, or count up the major version and tell those who depend on it; then
    keep the new document as the released one.
    """
    yield from broken(held)


@check("contract.documented-routes", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi"})
def documented_routes(held: Held) -> Complaints:
    """
    Whatever answers stands in the document: what the profile describes, and what was released once.

    A route that nobody tells of is tested, guarded and switched off by nobody (OWASP API9:2023).

    Fix: document the route, or take it away.
    """
    yield from broken(held)
