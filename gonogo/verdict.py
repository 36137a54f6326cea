"""
The one place where evidence becomes a verdict: pure and total, whatever the evidence is.

`gonogo.case` puts the evidence in order, `gonogo.rules` decides, and this file says what follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo import waiver
from gonogo.case import BUILD, BUILD_ID, Case, gather
from gonogo.doubts import INTERRUPTED
from gonogo.evidence import Attempt, Evidence
from gonogo.published import Action, DecidedBy, Decision, PolicyUsed, Target, Verdict
from gonogo.rules import Ruling, failing_majors, rule, would_change_if
from gonogo.summary import (
    check_results,
    duration,
    findings,
    not_assessed,
    scenario_results,
    suite_results,
)

if TYPE_CHECKING:
    from gonogo.policy import Policy

GO, NO_GO, NO_GO_ROLLBACK, CONDITIONAL_STRICT, INCONCLUSIVE, STOPPED = 0, 10, 11, 12, 20, 130


def judge(evidence: Evidence, policy: Policy, baseline: None, as_of: float) -> Verdict:  # noqa: ARG001  always None: what is relative to a baseline is published as not assessed
    """Decide as of a moment (seconds of the epoch); any evidence gives exactly one verdict."""
    case = gather(evidence, policy, as_of)
    ruling = rule(case)
    return Verdict(
        run_id=case.run.run_id if case.run else "",
        verdict=ruling.decision,
        conditional=bool(ruling.conditions),
        conditions=tuple(cause.what for cause in ruling.conditions),
        action=action_of(case, ruling),
        rollback_command=policy.rollback.command,
        rollback_takes_s=policy.rollback.takes_s,
        decided_by=decided_by(ruling),
        would_change_if=would_change_if(case, ruling),
        not_assessed=not_assessed(case.rows, case.run, case.slos),
        triggers=case.triggers,
        target=target_of(case),
        started_at=case.run.started_at if case.run else 0.0,
        duration_s=duration(case.evidence, case.run),
        judged_as_of=as_of,
        embedded=case.run.embedded if case.run else False,
        faults=case.run.faults if case.run else (),
        planned=sum(row.planned for row in case.rows),
        executed=sum(row.planned and bool(row.records) for row in case.rows),
        suites=suite_results(case.rows, case.suites),
        scenarios=scenario_results(case.rows, case.evidence.of(Attempt)),
        checks=check_results(case.rows),
        findings=findings(case.rows, case.evidence),
        slos=case.slos,
        waivers=waiver.shown(policy.waivers, case.rows, as_of),
        facts={name: f"{fact.state}: {fact.detail}" for name, fact in case.facts.items()},
        policy=PolicyUsed(digest=policy.digest(), major_budget=policy.major_budget, strict=policy.strict),
        exit_code=exit_code(case, ruling),
    )


def decided_by(ruling: Ruling) -> DecidedBy:
    """The rule, and what made it match."""
    checks = [check for cause in ruling.causes for check in cause.checks]
    return DecidedBy(
        rule=ruling.number,
        sentence=ruling.sentence,
        checks=tuple(dict.fromkeys(checks)),
        reasons=tuple(dict.fromkeys(cause.what for cause in ruling.causes)),
    )


def action_of(case: Case, ruling: Ruling) -> Action:
    """What to do next; only a trigger that fired makes a NO_GO a rollback."""
    if ruling.decision is Decision.NO_GO:
        return Action.ROLLBACK if fired(case) else Action.HOLD
    if ruling.decision is Decision.INCONCLUSIVE:
        return Action.HOLD
    return Action.FIX_FORWARD if failing_majors(case) else Action.PROCEED


def fired(case: Case) -> bool:
    """Whether a rollback trigger fired."""
    return any(trigger.state == "fired" for trigger in case.triggers)


def exit_code(case: Case, ruling: Ruling) -> int:
    """The exit code of the process that judged; an interrupted run says so, whatever it found."""
    if INTERRUPTED in case.facts:
        return STOPPED
    if ruling.decision is Decision.NO_GO:
        return NO_GO_ROLLBACK if fired(case) else NO_GO
    if ruling.decision is Decision.INCONCLUSIVE:
        return INCONCLUSIVE
    return CONDITIONAL_STRICT if ruling.conditions and case.policy.strict else GO


def target_of(case: Case) -> Target:
    """What was verified; without a run's start, an unknown target in production."""
    run = case.run
    return Target(
        name=run.target if run else "unknown",
        base_url=run.base_url if run else "",
        environment=run.environment if run else "production",
        build=build_of(case),
        expected_build=run.expected_build if run else None,
    )


def build_of(case: Case) -> str | None:
    """The build that answered: as it was told, or else the expected one where that was found."""
    told, found = case.facts.get(BUILD_ID), case.facts.get(BUILD)
    if told is not None and told.state == "ok":
        return told.detail
    return case.run.expected_build if case.run and found is not None and found.state == "ok" else None
