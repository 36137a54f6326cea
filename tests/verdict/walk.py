"""What must hold at every point of the compact space, and between neighbours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from gonogo.case import gather
from gonogo.evidence import Attempt, Evidence, Fact, JournalRead, Planned, RunStarted
from gonogo.published import Decision
from gonogo.rules import rule
from tests.verdict.space import (
    AS_OF,
    BLOCKER,
    ERROR,
    FAIL,
    PASS,
    SCENARIO,
    SEVERITIES,
    STARTED,
    Point,
    Rules,
    State,
    conditions_of,
    evidence,
    outcome,
    records,
    rule_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gonogo.evidence import Record
    from gonogo.policy import Policy

DECISIONS = {2: Decision.NO_GO, 3: Decision.NO_GO, 4: Decision.NO_GO, 5: Decision.INCONCLUSIVE}
GO_UNDER_CONDITIONS, GO = 6, 7


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was decided at a point: the rule, and the checks that a GO names as its conditions."""

    rule: int
    conditions: frozenset[str]

    @property
    def go(self) -> bool:
        """Whether it is a GO."""
        return self.rule >= GO_UNDER_CONDITIONS


def decide(found: Evidence, policy: Policy) -> Seen:
    """Decide as the gate does."""
    ruling = rule(gather(found, policy, AS_OF))
    checks = frozenset(check for cause in ruling.conditions for check in cause.checks)
    expected = DECISIONS.get(ruling.number, Decision.GO)
    if ruling.decision is not expected or bool(checks) != (ruling.number == GO_UNDER_CONDITIONS):
        raise AssertionError(f"rule {ruling.number} cannot decide {ruling.decision} on conditions {sorted(checks)}")
    return Seen(rule=ruling.number, conditions=checks)


def walk(rules: Rules, points: Iterable[Point]) -> tuple[int, list[str]]:
    """Decide every point under one policy and compare neighbours: how many comparisons, and all that is wrong."""
    policy = rules.policy
    seen = {point: decide(evidence(point), policy) for point in points}
    wrong, compared = [], 0
    for point, here in seen.items():
        wrong += [f"{rules} {point}: {what}" for what in against_the_rules(point, rules, here)]
        for how, other in harmed(point):
            compared += other in seen
            if other in seen and not no_better(here, seen[other]):
                wrong.append(f"{rules} {point}: {how} makes {seen[other]} of {here}")
        if here.go:
            spoilt = spoils(evidence(point))
            compared += len(spoilt)
            wrong += [f"{rules} {point}: a GO, {how}" for how, one in spoilt.items() if decide(one, policy).go]
    return compared, wrong


def no_better(before: Seen, after: Seen) -> bool:
    """Whether no GO came out of something else, and no condition of a GO was dropped."""
    return not after.go or (before.go and before.conditions <= after.conditions)


def against_the_rules(point: Point, rules: Rules, here: Seen) -> Iterator[str]:
    """Where a decision is not the one that the second reading comes to, or is a GO without its blocker."""
    if here.rule != rule_of(point, rules):
        yield f"rule {here.rule} decided, and it should be rule {rule_of(point, rules)}"
    if here.conditions != conditions_of(point, rules):
        yield f"the conditions are {sorted(here.conditions)}, not {sorted(conditions_of(point, rules))}"
    blocker = dict(zip(SEVERITIES, point, strict=True))[BLOCKER]
    if here.go and outcome(blocker) != "pass":
        yield "a GO without a pass of the blocker"


def harmed(point: Point) -> Iterator[tuple[str, Point]]:
    """
    Every point that is worse in one thing: an attempt more that fails or could not judge, or a pass less.

    A first attempt that fails is no worse than none, since it is evidence too; it is worse than a pass.
    """
    for place, (check, state) in enumerate(zip(SEVERITIES, point, strict=True)):
        for how, attempts in worse(state):
            changed = replace(state, attempts="".join(one for one in (PASS, FAIL, ERROR) if one in attempts))
            yield f"{how} of {check}", cast("Point", (*point[:place], changed, *point[place + 1 :]))


def worse(state: State) -> Iterator[tuple[str, str]]:
    """How attempts can become worse."""
    for one, word in ((FAIL, "a failure"), (ERROR, "an error")):
        if state.attempts and one not in state.attempts:
            yield f"{word} more", state.attempts + one
        if PASS in state.attempts:
            yield f"{word} in place of the pass", state.attempts.replace(PASS, one)
    if PASS in state.attempts:
        yield "the pass less", state.attempts.replace(PASS, "")


# -- what must never be a GO, whatever else is well -------------------------------------------------


def spoils(well: Evidence) -> Mapping[str, Evidence]:
    """Every way in which the run itself, and not what it saw, can be in doubt."""
    ways: dict[str, Evidence] = {}
    for journal in well.journals:
        others = tuple(one for one in well.journals if one is not journal)
        ways[f"without journal {journal.name}"] = Evidence(journals=others)
        ways[f"with a torn journal {journal.name}"] = Evidence(journals=(*others, replace(journal, trouble="torn")))
        ways[f"with two journals {journal.name}"] = Evidence(journals=(*well.journals, journal))
    ways["without its start"] = forget(well, lambda one: isinstance(one, RunStarted))
    ways["without its control probe"] = forget(well, lambda one: isinstance(one, Fact))
    ways["without its plan"] = forget(well, lambda one: isinstance(one, Planned))
    ways["started twice"] = plus(well, "plan", STARTED)
    ways["planned by its suite"] = plus(
        well, "smoke", *(one for one in well.of(Planned) if one.check.startswith("health"))
    )
    ways["without its blocker"] = forget(well, lambda one: not isinstance(one, Planned) and about(one) == BLOCKER)
    ways["with the blocker failing elsewhere"] = plus(
        well,
        "smoke",
        *(one.model_copy(update={"scenario": "elsewhere"}) for one in records(BLOCKER, FAIL)),
    )
    for state in ("bad", "unknown"):
        for name in ("control-probe", "interrupted", "build-stable", "redaction", "anything"):
            fact = Fact.model_validate({"name": name, "state": state, "detail": "so it is"})
            ways[f"with {name} {state}"] = plus(well, "gate", fact)
    for ended in ("crashed", "stopped"):
        ways[f"with a part that {ended}"] = plus(well, "smoke", part(ended))
    return ways


def about(record: object) -> str | None:
    """The check that a record is about."""
    return getattr(record, "check", None)


def forget(found: Evidence, which: Callable[[object], bool]) -> Evidence:
    """Evidence without some records, and without a trace of it."""
    return Evidence(
        journals=tuple(
            replace(journal, records=tuple(one for one in journal.records if not which(one)))
            for journal in found.journals
        )
    )


def plus(found: Evidence, journal: str, *more: Record) -> Evidence:
    """Evidence with more records in a journal."""
    return Evidence(
        journals=tuple(
            JournalRead(name=one.name, records=(*one.records, *more), trouble=one.trouble)
            if one.name == journal
            else one
            for one in found.journals
        )
    )


def part(ended: str) -> Attempt:
    """A part of a scenario that did not reach its end."""
    return Attempt.model_validate(
        {
            "suite": "smoke",
            "scenario": SCENARIO,
            "title": "All.",
            "part": "test_all",
            "ended": ended,
            "started_at": 1.0,
            "duration_s": 1.0,
        }
    )
