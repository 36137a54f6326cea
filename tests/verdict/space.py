"""
A compact space of runs that can be walked from end to end, and a second reading of the rules to hold it against.

A run has four checks that vary, each alone in what it proves: a blocker (the only sign of authentication), a
critical (the only sign of chat), and two majors. Beside them stands a check of health that passes. What became of
a check is a set of attempts: one that passes, one that fails, one that could not judge, or none of these; it may
be declared a skip besides. Policies vary in both budgets, in what is on trial, and in one severity.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from gonogo.check import Effects, Severity
from gonogo.evidence import Checked, Evidence, Fact, JournalRead, Planned, RunStarted
from gonogo.policy import Policy
from gonogo.waiver import Waiver, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.evidence import Record

PASS, FAIL, ERROR = "P", "F", "E"
SUBSETS = tuple("".join(some) for size in range(4) for some in itertools.combinations((PASS, FAIL, ERROR), size))
BLOCKER, CRITICAL, MAJOR, OTHER = "auth.b", "chat.c", "headers.m", "headers.n"
SEVERITIES = {
    BLOCKER: Severity.BLOCKER,
    CRITICAL: Severity.CRITICAL,
    MAJOR: Severity.MAJOR,
    OTHER: Severity.MAJOR,
}
HEALTH = "health.h"
SCENARIO = "all"
COMPLAINT = "it is wrong"
AS_OF = 1.0


@dataclass(frozen=True, kw_only=True)
class State:
    """What became of one check: its attempts, and whether it was declared a skip."""

    attempts: str
    skip: bool = False


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A policy, small enough to be enumerated."""

    major_budget: int
    flaky_quota: int
    shadow: str | None
    override: tuple[str, Severity] | None
    waived: str | None = None

    @property
    def policy(self) -> Policy:
        """The policy in full."""
        return Policy(
            major_budget=self.major_budget,
            flaky_quota=self.flaky_quota,
            shadow=(self.shadow,) if self.shadow else (),
            severity=dict([self.override] if self.override else []),
            waivers=(waiver(self.waived),) if self.waived else (),
        )


def waiver(check: str) -> Waiver:
    """A waiver of the only thing that a check of the space ever complains of."""
    name = fingerprint(check, SCENARIO, COMPLAINT)
    words = {"reason": "known", "owner": "Ann", "approver": "Bob", "ticket": "T-1"}
    return Waiver(check=check, fingerprint=name, created=date(1970, 1, 1), expires=date(1970, 1, 15), **words)


Point = tuple[State, State, State, State]
STATES = tuple(State(attempts=some, skip=skip) for skip in (False, True) for some in SUBSETS)
FEW_STATES = tuple(State(attempts=some) for some in ("", PASS, FAIL, PASS + FAIL))
SPACE = (STATES, STATES, STATES, FEW_STATES)
OVERRIDES = (None, (CRITICAL, Severity.MAJOR), (MAJOR, Severity.CRITICAL), (BLOCKER, Severity.MINOR))
POLICIES = tuple(
    Rules(major_budget=budget, flaky_quota=quota, shadow=shadow, override=override)
    for budget in (0, 1)
    for quota in (0, 1)
    for shadow in (None, BLOCKER, CRITICAL, MAJOR)
    for override in OVERRIDES
) + tuple(
    Rules(major_budget=budget, flaky_quota=0, shadow=None, override=override, waived=waived)
    for budget in (0, 1)
    for override in OVERRIDES[:3]
    for waived in (BLOCKER, CRITICAL, MAJOR)
)
SIZE = len(STATES) ** 3 * len(FEW_STATES) * len(POLICIES)


def points() -> Iterator[Point]:
    """Every run of the space."""
    yield from itertools.product(*SPACE)


# -- from a point to evidence -----------------------------------------------------------------------

STARTED = RunStarted(
    run_id="run",
    gonogo="0",
    target="t",
    base_url="https://t",
    environment="local",
    profile="p",
    suites=("smoke",),
    suites_known=("smoke",),
    started_at=1.0,
    facts=("control-probe",),
)


@cache
def planned(check: str, *, skip: bool) -> Planned:
    """A check in the plan."""
    return Planned(
        suite="smoke",
        scenario=SCENARIO,
        check=check,
        severity=SEVERITIES.get(check, Severity.MAJOR),
        effects=Effects.READ,
        skip="not offered" if skip else None,
    )


@cache
def records(check: str, attempts: str) -> tuple[Record, ...]:
    """What a check said, one attempt each."""
    said: dict[str, dict[str, object]] = {
        PASS: {"subjects": 1},
        FAIL: {"subjects": 1, "complaints": (COMPLAINT,)},
        ERROR: {"subjects": 1, "error": "it broke"},
    }
    return tuple(
        Checked.model_validate({"suite": "smoke", "scenario": SCENARIO, "check": check, "attempt": number, **said[one]})
        for number, one in enumerate(attempts, start=1)
    )


GATE = JournalRead(name="gate", records=(Fact(name="control-probe", state="ok", detail="fine"),))


def evidence(point: Point) -> Evidence:
    """A point as it would have been written down."""
    plan = [planned(check, skip=state.skip) for check, state in zip(SEVERITIES, point, strict=True)]
    seen = [records(check, state.attempts) for check, state in zip(SEVERITIES, point, strict=True)]
    return Evidence(
        journals=(
            GATE,
            JournalRead(name="plan", records=(STARTED, planned(HEALTH, skip=False), *plan)),
            JournalRead(name="smoke", records=(*records(HEALTH, PASS), *itertools.chain.from_iterable(seen))),
        )
    )


# -- the second reading -----------------------------------------------------------------------------


def outcome(state: State) -> str:
    """What the table of outcomes says of a check."""
    if state.skip and state.attempts in {"", PASS}:
        return "skip"
    if FAIL in state.attempts:
        return "flaky" if PASS in state.attempts else "fail"
    return "not-run" if not state.attempts else "error" if ERROR in state.attempts else "pass"


def outcome_under(rules: Rules, check: str, state: State) -> str:
    """The outcome, where a waiver may cover it; a blocker's covers nothing."""
    said = outcome(state)
    return "waived" if said in {"fail", "flaky"} and rules.waived == check != BLOCKER else said


def severity(check: str, rules: Rules) -> Severity:
    """A check's severity under a policy; a blocker stays one."""
    own = SEVERITIES[check]
    return rules.override[1] if rules.override and rules.override[0] == check and own is not Severity.BLOCKER else own


def rule_of(point: Point, rules: Rules) -> int:
    """The number of the first rule that matches."""
    rows = [
        (check, severity(check, rules), outcome_under(rules, check, state), ERROR in state.attempts)
        for check, state in zip(SEVERITIES, point, strict=True)
        if rules.shadow != check or severity(check, rules) is Severity.BLOCKER
    ]
    grave = [row for row in rows if row[1] is Severity.CRITICAL]
    bad_majors = [row for row in rows if row[1] is Severity.MAJOR and row[2] in {"fail", "flaky"}]
    flaky = [row for row in grave if row[2] == "flaky"]
    passed = {row[0] for row in rows if row[2] == "pass"}
    matches = {
        2: any(row[1] is Severity.BLOCKER and row[2] in {"fail", "flaky"} for row in rows),
        3: any(row[2] == "fail" for row in grave) or len(flaky) > rules.flaky_quota,
        4: len(bad_majors) > rules.major_budget,
        5: any(row[2] == "not-run" or row[3] for row in rows) or not {BLOCKER, CRITICAL} <= passed,
        6: bool(bad_majors or flaky) or any(row[2] == "waived" for row in rows),
        7: True,
    }
    return next(number for number, holds in matches.items() if holds)


def conditions_of(point: Point, rules: Rules) -> frozenset[str]:
    """The checks that a conditional GO names."""
    return frozenset(
        check
        for check, state in zip(SEVERITIES, point, strict=True)
        if outcome(state) in {"fail", "flaky"} and rules.shadow != check and rule_of(point, rules) == 6
    )
