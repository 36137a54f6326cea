"""What a verdict publishes beside the decision: results by check, scenario and suite, findings, and what is missing."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from gonogo import waiver
from gonogo.evidence import Attempt, Checked, Evidence, Exchanged, Fact
from gonogo.outcomes import SEVERITIES, errs, group
from gonogo.published import CheckResult, Finding, NotAssessed, Outcome, ScenarioResult, SuiteResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gonogo.evidence import RunStarted
    from gonogo.outcomes import Weighed
    from gonogo.published import Slo

FEW = 3
UNSAID = "the profile names no "
WORST_FIRST = (
    Outcome.FAIL,
    Outcome.FLAKY,
    Outcome.ERROR,
    Outcome.NOT_RUN,
    Outcome.WAIVED,
    Outcome.PASS,
    Outcome.SKIP,
)


def check_results(rows: Sequence[Weighed]) -> tuple[CheckResult, ...]:
    """Every check in every scenario."""
    return tuple(
        CheckResult(
            suite=row.suite,
            scenario=row.scenario,
            check=row.check,
            severity=row.severity,
            outcome=row.outcome,
            shadow=row.shadow,
            reason=row.reason,
            subjects=sum(max(record.subjects, 0) for record in row.records),
        )
        for row in rows
    )


def scenario_results(rows: Sequence[Weighed], attempts: Sequence[Attempt]) -> tuple[ScenarioResult, ...]:
    """Every scenario of the plan, and every other in which something failed; time is that of all its parts together."""
    parts = group(attempts, lambda attempt: (attempt.suite, attempt.scenario))
    scenarios = group(rows, lambda row: (row.suite, row.scenario))
    return tuple(
        ScenarioResult(
            suite=suite,
            id=scenario,
            title=next((part.title for part in parts.get((suite, scenario), ())), scenario),
            outcome=worst_of(scenarios[suite, scenario], parts.get((suite, scenario), ())),
            duration_s=finite(sum(part.duration_s for part in parts.get((suite, scenario), ()))),
            checks=dict(Counter(row.outcome for row in scenarios[suite, scenario])),
        )
        for suite, scenario in sorted(scenarios)
    )


def worst_of(rows: Sequence[Weighed], attempts: Sequence[Attempt]) -> Outcome:
    """The worst outcome of a scenario; one that crashed is an error at best."""
    crashed = [Outcome.ERROR] if any(attempt.ended == "crashed" for attempt in attempts) else []
    return min([row.outcome for row in rows] + crashed, key=WORST_FIRST.index)


def suite_results(rows: Sequence[Weighed], suites: Sequence[str]) -> tuple[SuiteResult, ...]:
    """Every suite that was asked for, and every other that has a planned check."""
    planned = [row for row in rows if row.planned]
    names = sorted({*suites, *(row.suite for row in planned)})
    return tuple(
        SuiteResult(
            name=name,
            planned=sum(row.suite == name for row in planned),
            passed=sum(row.suite == name and row.outcome is Outcome.PASS for row in planned),
        )
        for name in names
    )


def findings(rows: Sequence[Weighed], evidence: Evidence) -> tuple[Finding, ...]:
    """Whatever failed, waived or not, was flaky or could not judge, numbered in the order of the rows: worst first."""
    curls = {exchange.id: exchange.curl for exchange in evidence.of(Exchanged)}
    shown = [row for row in rows if row.failing or row.outcome in {Outcome.ERROR, Outcome.WAIVED}]
    return tuple(finding(f"F{number}", row, curls) for number, row in enumerate(shown, start=1))


def finding(number: str, row: Weighed, curls: Mapping[str, str]) -> Finding:
    """One finding, told by the first record that complains, or else the first that could not judge."""
    record = telling(row)
    exchanges = record.exchanges if record else ()
    return Finding(
        id=number,
        check=row.check,
        scenario=row.scenario,
        suite=row.suite,
        severity=row.severity,
        outcome=row.outcome,
        shadow=row.shadow,
        expected=(record.expected if record else "") or row.claim,
        observed=(record.observed or "; ".join(record.complaints) if record else "") or row.reason,
        message=row.reason,
        why=row.why,
        remedy=row.fix,
        reproduce=" && ".join(curls[name] for name in exchanges if curls.get(name)),
        evidence=exchanges,
        waiver=waiver.words(row.waivers) or None,
        fingerprints=waiver.fingerprints(row),
    )


def telling(row: Weighed) -> Checked | None:
    """The record that says most of what went wrong."""
    complaining = [record for record in row.records if record.complaints]
    return next(iter(complaining or [record for record in row.records if errs(record)]), None)


def not_assessed(rows: Sequence[Weighed], run: RunStarted | None, slos: Sequence[Slo]) -> tuple[NotAssessed, ...]:
    """All that nobody looked at, on purpose or not."""
    missing = [*run_not_assessed(run), *rows_not_assessed(rows), *slos_not_assessed(slos)]
    return tuple(NotAssessed(what=what, why=why) for what, why in missing)


def run_not_assessed(run: RunStarted | None) -> Iterator[tuple[str, str]]:
    """What the run as a whole leaves out."""
    if run is None:
        yield "the run", "it has no record of what was to be verified"
    else:
        for suite in run.suites_known:
            if suite not in run.suites:
                yield f"suite {suite}", "not part of this run"
        if run.expected_build is None:
            yield "the build", "no expected build was given"
    yield "what changed since the last GO", "no baseline"


def rows_not_assessed(rows: Sequence[Weighed]) -> Iterator[tuple[str, str]]:
    """Checks that were skipped, could not judge without deciding anything, or were made to weigh less."""
    skipped = [row for row in rows if row.outcome is Outcome.SKIP]
    unsaid = [row for row in skipped if row.reason.startswith(UNSAID)]
    for reason, alike in sorted(group((row for row in skipped if row not in unsaid), lambda row: row.reason).items()):
        yield some([row.check for row in alike]), reason
    if unsaid:  # one line: a small profile leaves dozens of keys out
        yield some([row.check for row in unsaid]), UNSAID + named([row.reason.removeprefix(UNSAID) for row in unsaid])
    unknown = [row for row in rows if row.outcome in {Outcome.ERROR, Outcome.NOT_RUN}]
    for (scenario, outcome, reason), alike in group(
        unknown, lambda row: (row.scenario, row.outcome, row.reason)
    ).items():
        yield f"{some([row.check for row in alike])} in {scenario}", f"{outcome}: {reason}"
    lowered = [row for row in rows if SEVERITIES.index(row.severity) > SEVERITIES.index(row.own_severity)]
    for row in lowered:
        yield f"{row.check} in {row.scenario} as {row.own_severity}", f"the policy lowers it to {row.severity}"
    for check in sorted({row.check for row in rows if row.shadow}):
        yield f"{check} as a deciding check", "the policy has it on trial"


def slos_not_assessed(slos: Sequence[Slo]) -> Iterator[tuple[str, str]]:
    """Promised numbers that the samples do not decide."""
    for slo in slos:
        if slo.outcome is Outcome.ERROR:
            settles = f": {slo.settles:,} like them would" if slo.settles else ""
            yield f"the promised {slo.name} of {slo.limit:g}", f"{slo.n} samples do not decide it{settles}"


def named(checks: Sequence[str]) -> str:
    """Checks by name, each once, in order."""
    return ", ".join(sorted(set(checks)))


def some(checks: Sequence[str]) -> str:
    """A few checks by name, and how many more there are; each of them is among the published checks."""
    names = sorted(set(checks))
    return ", ".join(names if len(names) <= FEW else [*names[: FEW - 1], f"{len(names) - FEW + 1} more checks"])


def duration(evidence: Evidence, run: RunStarted | None) -> float:
    """Seconds from the start of the run to the last thing that it wrote down."""
    if run is None:
        return 0.0
    ends = [attempt.started_at + attempt.duration_s for attempt in evidence.of(Attempt)]
    looks = [record.at for record in evidence.of(Checked)]
    facts = [record.at for record in evidence.of(Fact)]
    return finite(max([run.started_at, *ends, *looks, *facts]) - run.started_at)


def finite(seconds: float) -> float:
    """A duration fit for JSON."""
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0
