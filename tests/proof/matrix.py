"""Writes `docs/detection.md`: which fault proves which check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gonogo.plan import scenario_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gonogo.check import Check
    from tests.proof.catalogue import Fault

HEAD = """\
# Detection

What proves that the checks find what they are for. The reference service can be told to have each of these
{faults} faults (`python -m gonogo gate --fault NAME`). `nox -s proof` runs the gate with each of them, and holds
that exactly the checks named here fail, no other, and none on the service without a fault; `nox -s proof_full`
does so in every scenario. This page is generated (`nox -s docs`).
"""


def matrix(catalogue: Mapping[str, Check[Any, Any]], faults: Sequence[Fault]) -> str:
    """The whole page, in Markdown."""
    lines = [HEAD.format(faults=len(faults)), "## By check", "", *by_check(catalogue, faults)]
    return "\n".join([*lines, "", "## By fault", "", *by_fault(faults)]) + "\n"


def by_check(catalogue: Mapping[str, Check[Any, Any]], faults: Sequence[Fault]) -> Iterator[str]:
    """Each check with the faults that it must find."""
    yield "| scenario | check | severity | found by it |"
    yield "| --- | --- | --- | --- |"
    for one in sorted(catalogue.values(), key=lambda one: (sorted(one.scenarios), one.id)):
        found = [f"`{fault.name}`" for fault in faults if one.id in fault.detected_by]
        where = ", ".join(sorted(scenario_of(scenario) for scenario in one.scenarios)) or "any"
        unnamed = "whatever breaks the step" if one.id.startswith("operation.") else "nothing yet"
        yield f"| {where} | `{one.id}` | {one.severity} | {' '.join(found) or unnamed} |"


def by_fault(faults: Sequence[Fault]) -> Iterator[str]:
    """Each fault with what it does and the checks that must find it."""
    yield "| fault | what the service does | must be found by |"
    yield "| --- | --- | --- |"
    for fault in faults:
        yield f"| `{fault.name}` | {fault.summary} | {' '.join(f'`{check}`' for check in sorted(fault.detected_by))} |"
