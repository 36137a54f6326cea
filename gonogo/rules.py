"""
Every rule that decides. The first that matches wins; each says what made it match, and what would undo it.

What is proven wrong (2, 3, 4) comes before what is not known (5): a blocker that failed is a reason to
stop, however much else is missing. What is not known comes before any GO: no data is not a pass. A GO
is earned by rule 6 or 7, which name every outcome that they accept; what no rule names is INCONCLUSIVE.

Adding a failure or an error to what was looked at, or taking evidence away, never makes a GO of
something else, and never takes a condition from one. So a check that failed once and could not judge
once still leaves a doubt, and a failure counts even where no check was planned.

A check counts once against a budget or a quota, in however many scenarios it fails: it is one defect.
A minor check never decides by what it says; but a planned check that nobody looked at means that the
gate was not armed, whatever its severity. A check on trial (shadow) decides nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo import waiver
from gonogo.check import Severity
from gonogo.doubts import Cause, doubts, words
from gonogo.published import Decision, Outcome
from gonogo.triggers import NUMBER_TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gonogo.case import Case
    from gonogo.outcomes import Weighed


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`causes` finds what makes the rule match; it matches if there is any."""

    number: int
    sentence: str
    decision: Decision
    causes: Callable[[Case], list[Cause]]


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What was decided, by which rule, and why."""

    number: int
    sentence: str
    decision: Decision
    causes: tuple[Cause, ...] = ()
    conditions: tuple[Cause, ...] = ()


def blockers(case: Case) -> list[Cause]:
    """Rule 2: a blocker that failed, or failed once, or the wrong build."""
    return [failed(row) for row in case.deciding if row.severity is Severity.BLOCKER and row.failing]


def criticals(case: Case) -> list[Cause]:
    """Rule 3: a critical that failed, more flaky ones than the quota, or a measured number past its trigger."""
    grave = [row for row in case.deciding if row.severity is Severity.CRITICAL]
    flaky = [row for row in grave if row.outcome is Outcome.FLAKY]
    numbers = {trigger.id for trigger in NUMBER_TRIGGERS}
    return [
        *(failed(row) for row in grave if row.outcome is Outcome.FAIL),
        *too_many(flaky, case.policy.flaky_quota, "flaky critical checks"),
        *(
            Cause(what=f"trigger {trigger.id} fired: {trigger.because}", unless=f"trigger {trigger.id} does not fire")
            for trigger in case.triggers
            if trigger.id in numbers and trigger.state == "fired"
        ),
    ]


def majors(case: Case) -> list[Cause]:
    """Rule 4: more major checks failed, or were flaky, than the budget allows."""
    return too_many(failing_majors(case), case.policy.major_budget, "failed major checks")


def conditions(case: Case) -> list[Cause]:
    """Rule 6: what failed within the budgets, and what was waived."""
    flaky = [row for row in case.deciding if row.severity is Severity.CRITICAL and row.outcome is Outcome.FLAKY]
    accepted = [row for row in case.deciding if row.outcome is Outcome.WAIVED]
    return [failed(row) for row in (*flaky, *failing_majors(case), *accepted)]


def earned(case: Case) -> bool:
    """Rule 7, and what rule 6 adds to it: each deciding row has an outcome that a GO accepts."""
    return all(row.outcome in ACCEPTED[row.severity] for row in case.deciding)


ACCEPTED = {
    Severity.BLOCKER: {Outcome.PASS, Outcome.SKIP},
    Severity.CRITICAL: {Outcome.PASS, Outcome.SKIP, Outcome.FLAKY, Outcome.WAIVED},
    Severity.MAJOR: {Outcome.PASS, Outcome.SKIP, Outcome.FLAKY, Outcome.FAIL, Outcome.WAIVED},
    Severity.MINOR: {Outcome.PASS, Outcome.SKIP, Outcome.FLAKY, Outcome.FAIL, Outcome.ERROR},
}
RULES = (
    Rule(number=2, sentence="a blocker failed or was flaky", decision=Decision.NO_GO, causes=blockers),
    Rule(
        number=3,
        sentence="a critical check failed, or more were flaky than the quota allows",
        decision=Decision.NO_GO,
        causes=criticals,
    ),
    Rule(
        number=4,
        sentence="more major checks failed than the budget allows",
        decision=Decision.NO_GO,
        causes=majors,
    ),
    Rule(number=5, sentence="something that must be known is not known", decision=Decision.INCONCLUSIVE, causes=doubts),
)
CONDITIONAL = "nothing failed but what the budgets allow or a waiver covers"
UNCONDITIONAL = "every planned check passed or is a declared skip, and only minor or shadow checks failed"
UNEARNED = "no rule earned a GO"


def rule(case: Case) -> Ruling:
    """Apply the rules in order; without one that matches, and without a GO earned, nothing is decided."""
    for one in RULES:
        causes = one.causes(case)
        if causes:
            return Ruling(number=one.number, sentence=one.sentence, decision=one.decision, causes=tuple(causes))
    if not earned(case):
        return Ruling(number=5, sentence=UNEARNED, decision=Decision.INCONCLUSIVE)
    within = tuple(conditions(case))
    if within:
        return Ruling(number=6, sentence=CONDITIONAL, decision=Decision.GO, causes=within, conditions=within)
    return Ruling(number=7, sentence=UNCONDITIONAL, decision=Decision.GO)


def would_change_if(case: Case, ruling: Ruling) -> tuple[str, ...]:
    """The shortest set of facts that flips the verdict; of a GO, the ways out of it, each of which is enough."""
    if ruling.decision is Decision.GO:
        return ways_out_of_go(case, ruling)
    against = [cause for one in RULES if one.decision is ruling.decision for cause in one.causes(case)]
    return tuple(dict.fromkeys(cause.unless for cause in against if cause.unless))


def ways_out_of_go(case: Case, ruling: Ruling) -> tuple[str, ...]:
    """What would make a conditional GO unconditional, then what would end any GO."""
    grave = {row.check for row in case.deciding if row.severity in {Severity.BLOCKER, Severity.CRITICAL}}
    left = case.policy.major_budget - len({row.check for row in failing_majors(case)})
    mend = (
        [f"an unconditional GO if {' and '.join(cause.unless for cause in ruling.conditions)}"]
        if ruling.conditions
        else []
    )
    return (
        *mend,
        *([f"NO_GO if one of the {len(grave)} blocker or critical checks fails"] if grave else []),
        f"NO_GO if {left + 1} more major checks fail",
        "INCONCLUSIVE if a planned check is not run",
    )


def failing_majors(case: Case) -> list[Weighed]:
    """Major checks that failed or were flaky."""
    return [row for row in case.deciding if row.severity is Severity.MAJOR and row.failing]


def failed(row: Weighed) -> Cause:
    """A row that failed, as a cause."""
    word, way = ("was flaky", "passes at every attempt") if row.outcome is Outcome.FLAKY else ("failed", "passes")
    accepted = f" (waived: {waiver.words(row.waivers)})" if row.waivers else ""
    return Cause(
        what=f"{row.severity} check {row.check} {word} in {row.scenario}: {row.reason}{accepted}",
        unless=f"check {row.check} {way} in {row.scenario}",
        checks=(row.check,),
    )


def too_many(rows: Sequence[Weighed], allowed: int, what: str) -> list[Cause]:
    """One cause where more checks than allowed are among the rows, none otherwise."""
    checks = tuple(sorted({row.check for row in rows}))
    over = len(checks) - allowed
    if over <= 0:
        return []
    return [
        Cause(
            what=f"{len(checks)} {what}, {allowed} allowed: {words(checks, len(checks))}",
            unless=f"{over} of these {len(checks)} checks pass: {words(checks, len(checks))}",
            checks=checks,
        )
    ]
