"""
Rule 5: what must be known before a GO, and is not.

Each doubt is about the gate itself: was it armed, did it look at everything that was planned, is what
it wrote down still whole, and did the target prove at least once that it is alive.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.case import ATTESTED, BUILD
from gonogo.check import Severity
from gonogo.evidence import Attempt, Checked, Planned, RunStarted
from gonogo.outcomes import NO_REASON, NOTHING_TO_LOOK_AT, group
from gonogo.published import Outcome
from gonogo.triggers import LOAD, NUMBER_TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gonogo.case import Case
    from gonogo.outcomes import Weighed

PLAN = "plan"
INTERRUPTED = "interrupted"
REACHABLE = "reachable"
POSITIVE = {"health": ("health.",), "authentication": ("auth.",), "chat": ("chat.", "stream.")}
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a rule matched, and the fact that would undo it; `unless` is empty where another cause's does it too."""

    what: str
    unless: str
    checks: tuple[str, ...] = ()


def doubts(case: Case) -> list[Cause]:
    """Everything that must be known and is not."""
    if unreachable(case):
        return [*interruptions(case), *fact_doubts(case)]
    return [
        *interruptions(case),
        *fact_doubts(case),
        *plan_doubts(case),
        *journal_doubts(case),
        *facts_wanted(case),
        *check_doubts(case),
        *attempt_doubts(case),
        *trigger_doubts(case),
        *number_doubts(case),
        *suites_without_passes(case),
        *positive_evidence(case),
    ]


def unreachable(case: Case) -> bool:
    """Whether the target was never reached, from which every other doubt follows."""
    reached = case.facts.get(REACHABLE)
    return reached is not None and reached.state != "ok" and not case.evidence.of(Checked)


def interruptions(case: Case) -> Iterator[Cause]:
    """Somebody stopped the run."""
    fact = case.facts.get(INTERRUPTED)
    if fact is not None:
        yield Cause(what=f"the run was interrupted: {fact.detail}", unless="the run is not interrupted")


def plan_doubts(case: Case) -> Iterator[Cause]:
    """There is one plan, by one run, in one journal."""
    strays = {
        journal.name
        for journal in case.evidence.journals
        for record in journal.records
        if isinstance(record, RunStarted | Planned) and journal.name != PLAN
    }
    started = len(case.evidence.of(RunStarted))
    if started != 1:
        yield Cause(what=f"{started} records of a run's start, 1 wanted", unless="the plan starts with its run")
    for name in sorted(strays):
        yield Cause(what=f"journal {name} holds part of a plan", unless=f"journal {name} holds no part of the plan")
    if not case.suites:
        yield Cause(what="no suite was asked for", unless="a suite is asked for")


def journal_doubts(case: Case) -> Iterator[Cause]:
    """The plan and every suite have a journal each, and every journal is whole."""
    names = Counter(journal.name for journal in case.evidence.journals)
    for name in (PLAN, *dict.fromkeys(case.suites)):
        if not names[name]:
            yield Cause(what=f"there is no journal {name}", unless=f"journal {name} is there and whole")
    for name, count in names.items():
        if count > 1:
            yield Cause(what=f"{count} journals are called {name}", unless=f"there is one journal {name}")
    for journal in case.evidence.journals:
        if journal.trouble is not None:
            yield Cause(what=f"journal {journal.name}: {journal.trouble}", unless=f"journal {journal.name} is whole")


def facts_wanted(case: Case) -> Iterator[Cause]:
    """Everything that the parent had to find out about the run is found out."""
    required = set(case.run.facts) if case.run else set()
    required |= {f"{ATTESTED}{name}" for name in case.policy.requires}
    for name in sorted((required | expected_build(case)) - set(case.facts)):
        yield Cause(what=f"nobody found out: {name}", unless=f"fact {name} is found out, and is ok")


def expected_build(case: Case) -> set[str]:
    """The fact that decides by itself where a build was expected."""
    return {BUILD} if case.run and case.run.expected_build is not None else set()


def fact_doubts(case: Case) -> Iterator[Cause]:
    """What the parent found out about the run is good."""
    blocker = expected_build(case)
    for name, fact in case.facts.items():
        decided_elsewhere = name == INTERRUPTED or (name in blocker and fact.state == "bad")
        if fact.state != "ok" and not decided_elsewhere:
            yield Cause(what=f"{name} is {fact.state}: {fact.detail}", unless=f"fact {name} is ok")


def check_doubts(case: Case) -> Iterator[Cause]:
    """Planned checks without a record, and deciding checks that could not judge."""
    unseen = [row for row in case.deciding if row.outcome is Outcome.NOT_RUN]
    for (suite, scenario, reason), rows in group(unseen, lambda row: (row.suite, row.scenario, row.reason)).items():
        checks = tuple(row.check for row in rows)
        yield Cause(
            what=f"not run in {suite}, {scenario}: {words(checks, SHOWN)}: {reason}",
            unless=f"{'check' if len(checks) == 1 else 'checks'} {words(checks, SHOWN)} "
            f"{'runs' if len(checks) == 1 else 'run'} in {scenario}",
            checks=checks,
        )
    for row in case.deciding:
        if row.erred and row.severity is not Severity.MINOR:
            yield Cause(
                what=f"{row.severity} check {row.check} could not judge in {row.scenario}: {why_erred(row)}",
                unless=f"check {row.check} can judge in {row.scenario}",
                checks=(row.check,),
            )


def why_erred(row: Weighed) -> str:
    """What a check said when it could not judge."""
    return next((record.error for record in row.records if record.error), NOTHING_TO_LOOK_AT)


def attempt_doubts(case: Case) -> Iterator[Cause]:
    """A part of a scenario that did not reach its end, because we crashed or the target stopped it."""
    for attempt in case.evidence.of(Attempt):
        if attempt.ended in {"crashed", "stopped"}:
            name = f"{attempt.part} of {attempt.suite}, {attempt.scenario}"
            yield Cause(what=f"{name} {attempt.ended}: {attempt.reason or NO_REASON}", unless=f"{name} reaches its end")


def trigger_doubts(case: Case) -> Iterator[Cause]:
    """A measured trigger that a planned suite had to feed, and did not; the others are fed by checks."""
    numbers = {trigger.id for trigger in NUMBER_TRIGGERS}
    for trigger in case.triggers:
        if trigger.id in numbers and trigger.state == "not evaluable":
            yield Cause(
                what=f"trigger {trigger.id} is not evaluable: {trigger.because}",
                unless=f"trigger {trigger.id} can be evaluated",
            )


def number_doubts(case: Case) -> Iterator[Cause]:
    """A promised number that the load suite had to measure, and that is not decided."""
    not_judged = case.run.not_judged if case.run else ()
    for slo in case.slos:
        if LOAD in case.suites and slo.outcome is Outcome.ERROR and slo.name not in not_judged:
            yield Cause(
                what=f"the promised {slo.name} is not decided: {slo.n} samples"
                + (f", and {slo.settles:,} like them would decide it" if slo.settles else ""),
                unless=f"the promised {slo.name} can be decided",
            )


def suites_without_passes(case: Case) -> Iterator[Cause]:
    """Each suite that was asked for has one pass at least."""
    for suite in dict.fromkeys(case.suites):
        rows = [row for row in case.deciding if row.suite == suite and row.planned]
        if not any(row.outcome is Outcome.PASS for row in rows):
            yield Cause(
                what=f"nothing passed in suite {suite}", unless=without(rows, f"a check of suite {suite} passes")
            )


def positive_evidence(case: Case) -> Iterator[Cause]:
    """Health, authentication and chat have each passed a planned check, whatever is declared absent."""
    for name, prefixes in POSITIVE.items():
        rows = [row for row in case.deciding if row.planned and row.check.startswith(prefixes)]
        if not any(row.outcome is Outcome.PASS for row in rows):
            flip = without(rows, f"a planned check of {name} ({' or '.join(prefixes)}…) passes")
            yield Cause(what=f"no positive evidence of {name}", unless=flip)


def without(rows: Sequence[Weighed], flip: str) -> str:
    """The flip, or nothing where one of the rows is in doubt itself and its own flip is enough."""
    return "" if any(row.outcome is Outcome.NOT_RUN or row.erred for row in rows) else flip


def words(names: Sequence[str], shown: int) -> str:
    """Names in a row; behind the first few, only how many more."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")
