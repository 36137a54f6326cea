"""
OpenMetrics, for node_exporter's textfile collector or a push gateway.

Gauges only: the older text format, which the collector reads, knows them too. Whoever alerts on it asks for
`gonogo_verdict{verdict="GO"} == 1` and a fresh `gonogo_judged_timestamp_seconds`; a file that is gone is no GO.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gonogo.published import Decision, Outcome
from reports.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gonogo.evidence import Evidence
    from gonogo.published import Verdict

    Sample = tuple[Mapping[str, str], float]

SHOWN = 200
IN_LABEL = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def render(verdict: Verdict, _evidence: Evidence) -> str:
    """Render `gonogo.prom`."""
    families = [
        *family("verdict", "1 for the verdict of the last run, 0 for the others.", verdicts(verdict)),
        *family("run", "The last run, and what it verified.", [(about(verdict), 1)]),
        *family("exit_code", "The exit code of the last run.", [({}, verdict.exit_code)]),
        *family("conditional", "1 where the GO has conditions.", [({}, verdict.conditional)]),
        *family("judged_timestamp_seconds", "As of when it was judged.", [({}, verdict.judged_as_of)]),
        *family("run_duration_seconds", "How long the run took.", [({}, verdict.duration_s)]),
        *family("checks", "Planned checks by suite and outcome.", checks(verdict)),
        *family("checks_planned", "Planned checks.", [({}, verdict.planned)]),
        *family("checks_executed", "Planned checks that were looked at.", [({}, verdict.executed)]),
        *family("finding", "A finding of the last run.", findings(verdict)),
        *family("slo_value", "What was measured of an objective.", [(one, value) for one, value, _ in slos(verdict)]),
        *family("slo_limit", "What was promised of it.", [(one, limit) for one, _, limit in slos(verdict)]),
        *family("trigger_fired", "1 where a rollback trigger fired.", triggers(verdict)),
    ]
    return "\n".join([*families, "# EOF"]) + "\n"


def family(name: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    """One family of samples; a number that is none is left out, as a missing sample."""
    yield f"# HELP gonogo_{name} {about}"
    yield f"# TYPE gonogo_{name} gauge"
    for labels, value in {braced(labels): value for labels, value in samples}.items():
        if math.isfinite(value):
            yield f"gonogo_{name}{labels} {float(value):.12g}"


def braced(labels: Mapping[str, str]) -> str:
    """Labels with their values; two that are alike when they are cut are one."""
    pairs = ",".join(f'{name}="{one_line(value, SHOWN).translate(IN_LABEL)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def verdicts(verdict: Verdict) -> list[Sample]:
    """Every verdict that there is, and whether it is this one."""
    return [({"verdict": one.value}, one is verdict.verdict) for one in Decision]


def about(verdict: Verdict) -> dict[str, str]:
    """What was verified."""
    met = verdict.target
    named = {"target": met.name, "environment": met.environment, "build": met.build or ""}
    return {"run": verdict.run_id, **named, "action": verdict.action.value}


def checks(verdict: Verdict) -> list[Sample]:
    """How many checks of each suite ended in each way."""
    suites = dict.fromkeys(check.suite for check in verdict.checks)
    ends = [(check.suite, check.outcome) for check in verdict.checks]
    return [({"suite": suite, "outcome": end}, ends.count((suite, end))) for suite in suites for end in Outcome]


def findings(verdict: Verdict) -> list[Sample]:
    """The findings."""
    return [
        ({"id": one.id, "check": one.check, "severity": one.severity.value, "outcome": one.outcome.value}, 1)
        for one in verdict.findings
    ]


def slos(verdict: Verdict) -> list[tuple[dict[str, str], float, float]]:
    """The objectives with a value."""
    return [({"slo": one.name}, one.value, one.limit) for one in verdict.slos if one.value is not None]


def triggers(verdict: Verdict) -> list[Sample]:
    """The triggers, and whether they fired."""
    return [({"trigger": one.id, "state": one.state}, one.state == "fired") for one in verdict.triggers]
