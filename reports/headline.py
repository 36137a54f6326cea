"""What the first screen says, in the same words in every format."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gonogo.check import Severity
from gonogo.published import Action, Decision, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gonogo.evidence import Evidence
    from gonogo.published import CheckResult, Finding, Target, Verdict

SIGNS = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✗",
    Outcome.FLAKY: "≈",
    Outcome.ERROR: "!",
    Outcome.SKIP: "-",
    Outcome.NOT_RUN: "○",
    Outcome.WAIVED: "◇",
}
WORST_FIRST = (
    Outcome.FAIL,
    Outcome.FLAKY,
    Outcome.ERROR,
    Outcome.NOT_RUN,
    Outcome.WAIVED,
    Outcome.SKIP,
    Outcome.PASS,
)
ADVICE = {
    Action.PROCEED: "Let the deployment stand.",
    Action.WATCH: "Let the deployment stand, and watch what the warning trigger names.",
    Action.HOLD: "Stop here: do not go on, and do not roll back, before the findings are understood.",
    Action.FIX_FORWARD: "Leave the deployment in place, and deploy a fix.",
    Action.ROLLBACK: "Roll the deployment back now.",
}
LEADS = {
    Decision.GO: "The deployment is good.",
    Decision.NO_GO: "The deployment is not good.",
    Decision.INCONCLUSIVE: "Not enough was proven to say.",
}
ENOUGH = 7
NOT_COMPARED = "not compared"
CHANGED = "what changed since the last GO"
COMMAND_LEADS = {True: "Roll back with", False: "Should a rollback be needed"}


@dataclass(frozen=True, kw_only=True)
class Headline:
    """
    The first screen as sentences.

    `rule` is the rule that decided, `because` what made it match. `not_assessed` has a line for each
    reason, with what shares it.
    """

    verdict: str
    lead: str
    rule: str
    because: tuple[str, ...]
    target: str
    build: str
    changed: str
    run: str
    executed: str
    action: str
    advice: str
    command: str | None
    command_lead: str
    embedded: str | None
    not_assessed: tuple[tuple[str, str], ...]
    broken: tuple[str, ...]


def headline(verdict: Verdict, evidence: Evidence) -> Headline:
    """The first screen of a verdict."""
    return Headline(
        verdict=verdict.verdict.value,
        lead=lead(verdict),
        rule=f"Rule {verdict.decided_by.rule}: {verdict.decided_by.sentence}",
        because=some(verdict.decided_by.reasons or verdict.decided_by.checks),
        target=target(verdict.target),
        build=build(verdict.target),
        changed=changed(verdict),
        run=f"{verdict.run_id}, {moment(verdict.started_at)}, {seconds(verdict.duration_s)}",
        executed=f"{verdict.executed} of {verdict.planned} planned checks executed",
        action=verdict.action.value,
        advice=advice(verdict),
        command=verdict.rollback_command,
        command_lead=COMMAND_LEADS[verdict.action is Action.ROLLBACK],
        embedded=embedded(verdict),
        not_assessed=by_reason(verdict),
        broken=tuple(f"{journal.name}: {journal.trouble}" for journal in evidence.journals if journal.trouble),
    )


def advice(verdict: Verdict) -> str:
    """What to do, and how long a rollback is expected to take."""
    takes = verdict.rollback_takes_s if verdict.action is Action.ROLLBACK else None
    return ADVICE[verdict.action] + (f" It is expected to take {seconds(float(takes))}." if takes else "")


def lead(verdict: Verdict) -> str:
    """The verdict as a sentence; a conditional GO counts its conditions."""
    if verdict.verdict is Decision.GO and verdict.conditional:
        return f"The deployment is good, with {counted(len(verdict.conditions), 'condition')}."
    return LEADS[verdict.verdict]


def target(met: Target) -> str:
    """What was verified: its name, where it is, and as which environment."""
    return f"{met.name or 'unnamed'}, {met.base_url or 'address unknown'} ({met.environment})"


def build(met: Target) -> str:
    """Which build was met, and whether it is the one that was expected."""
    if met.build is None:
        return f"not given by the target{f', expected {met.expected_build}' if met.expected_build else ''}"
    if met.expected_build is None:
        return f"{met.build}, none was expected"
    return f"{met.build}, as expected" if met.build == met.expected_build else f"{met.build}, not {met.expected_build}"


def changed(verdict: Verdict) -> str:
    """What changed since the last GO, or why nobody can say."""
    why = next((one.why for one in verdict.not_assessed if one.what == CHANGED), "")
    return f"since the last GO: {why or NOT_COMPARED}"


def embedded(verdict: Verdict) -> str | None:
    """Say that the target is our own reference service, and how it was told to misbehave."""
    if not verdict.embedded:
        return None
    faults = f"with {counted(len(verdict.faults), 'fault')}: {', '.join(verdict.faults)}"
    return f"The target is the embedded reference service, {faults if verdict.faults else 'with no faults'}."


def by_reason(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """What was not assessed, gathered by reason, in the order in which the reasons first turn up."""
    things: defaultdict[str, list[str]] = defaultdict(list)
    for item in verdict.not_assessed:
        things[item.why].append(item.what)
    return tuple((", ".join(some(tuple(dict.fromkeys(what)))), why) for why, what in things.items())


def some(names: tuple[str, ...]) -> tuple[str, ...]:
    """The first few of many names, and how many more there are; the first screen has little room."""
    if len(names) <= ENOUGH + 1:
        return names
    return (*names[:ENOUGH], f"and {len(names) - ENOUGH} more")


def findings(verdict: Verdict) -> list[Finding]:
    """The findings, what decides first: by severity, then by outcome; waived ones and those on trial last."""
    return sorted(verdict.findings, key=weight)


def weight(found: Finding) -> tuple[bool, bool, int, int]:
    """The place of a finding among others."""
    severity, outcome = list(Severity).index(found.severity), WORST_FIRST.index(found.outcome)
    return found.shadow, found.outcome is Outcome.WAIVED, severity, outcome


def grouped(checks: Iterable[CheckResult]) -> dict[tuple[str, str], list[CheckResult]]:
    """The planned checks by suite and scenario, in their order."""
    groups: defaultdict[tuple[str, str], list[CheckResult]] = defaultdict(list)
    for check in checks:
        groups[check.suite, check.scenario].append(check)
    return dict(groups)


def tally(counts: Mapping[Outcome, int]) -> str:
    """Counts by outcome, worst first: `1 fail, 12 pass`."""
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in WORST_FIRST if counts.get(outcome)) or "none"


def counts(checks: Iterable[CheckResult]) -> dict[Outcome, int]:
    """How many checks ended in each way."""
    ends = [check.outcome for check in checks]
    return {outcome: ends.count(outcome) for outcome in WORST_FIRST if outcome in ends}


def counted(number: int, noun: str) -> str:
    """A number and its noun: `1 fault`, `2 faults`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def moment(at: float) -> str:
    """A moment in UTC, to the second; zero is a run that never wrote down its start."""
    if not at:
        return "start not recorded"
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def seconds(duration: float) -> str:
    """A duration: `4.2 s`, and `1 min 05 s` from a minute on."""
    if duration < 60:  # noqa: PLR2004  a minute
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest:02d} s"
