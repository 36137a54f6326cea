"""The case to be decided: a run's evidence, put in order, with everything that can be told from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.check import Severity
from gonogo.evidence import Evidence, Fact, RunStarted
from gonogo.outcomes import Weighed, weigh
from gonogo.published import Outcome
from gonogo.slos import slos
from gonogo.triggers import pull
from gonogo.waiver import waive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.policy import Policy
    from gonogo.published import Slo, Trigger

BUILD = "build"
BUILD_ID = "build-id"
ATTESTED = "attested:"
"""How the name of a fact from outside begins."""
STATES = ("ok", "unknown", "bad")


@dataclass(frozen=True, kw_only=True)
class Case:
    """`rows` are worst first; among them the wrong build and each breached SLO, as if they were checks."""

    evidence: Evidence
    policy: Policy
    run: RunStarted | None
    facts: Mapping[str, Fact]
    rows: tuple[Weighed, ...]
    slos: tuple[Slo, ...]
    triggers: tuple[Trigger, ...]

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites that were asked for."""
        return self.run.suites if self.run else ()

    @property
    def deciding(self) -> tuple[Weighed, ...]:
        """The rows that are not on trial."""
        return tuple(row for row in self.rows if not row.shadow)


def gather(evidence: Evidence, policy: Policy, as_of: float) -> Case:
    """Put a run's evidence in order as of a moment; the order of its journals does not matter."""
    evidence = Evidence(journals=tuple(sorted(evidence.journals, key=lambda journal: journal.name)))
    run = next(iter(evidence.of(RunStarted)), None)
    facts = worst_facts(evidence)
    measured = slos(evidence, policy.slos)
    looked_at = waive(weigh(evidence, policy), policy.waivers, as_of)
    rows = (*looked_at, *wrong_build(run, facts), *breached(measured, policy))
    return Case(
        evidence=evidence,
        policy=policy,
        run=run,
        facts=facts,
        rows=tuple(sorted(rows, key=lambda row: row.order)),
        slos=measured,
        triggers=pull(rows, evidence, facts, run.suites if run else ()),
    )


def worst_facts(evidence: Evidence) -> dict[str, Fact]:
    """Each fact by its name; of several that do not agree, the worst."""
    facts = sorted(evidence.of(Fact), key=lambda fact: (fact.name, STATES.index(fact.state), fact.detail))
    return {fact.name: fact for fact in facts}


def wrong_build(run: RunStarted | None, facts: Mapping[str, Fact]) -> tuple[Weighed, ...]:
    """A blocker where another build answers than the one that was asked for."""
    fact = facts.get(BUILD)
    if run is None or run.expected_build is None or fact is None or fact.state != "bad":
        return ()
    return (
        Weighed(
            suite="run",
            scenario=BUILD,
            check=BUILD,
            severity=Severity.BLOCKER,
            own_severity=Severity.BLOCKER,
            outcome=Outcome.FAIL,
            planned=False,
            reason=fact.detail,
            claim=f"The build that answers is {run.expected_build}.",
            why="Whatever else is found is said of another build than the one that was deployed.",
            fix="Finish the roll-out, or route the traffic to the new build; then run again.",
        ),
    )


def breached(measured: tuple[Slo, ...], policy: Policy) -> tuple[Weighed, ...]:
    """A critical failure for each promised number that is not met; what is not evaluated is none."""
    return tuple(
        Weighed(
            suite="run",
            scenario="slo",
            check=f"slo.{slo.name}",
            severity=Severity.CRITICAL,
            own_severity=Severity.CRITICAL,
            outcome=Outcome.FAIL,
            planned=False,
            shadow=f"slo.{slo.name}" in policy.shadow,
            reason=f"{slo.name} is {number(slo.value)}, promised is {slo.limit:g} at {most(slo)} (n={slo.n})",
            claim=f"{slo.name} is {slo.limit:g} at {most(slo)}.",
            why="The profile promises this number to users.",
            fix="Find what became slower or fails more since the last good build.",
        )
        for slo in measured
        if slo.outcome is Outcome.FAIL
    )


def most(slo: Slo) -> str:
    """On which side of its bound a number must lie."""
    return "least" if slo.at_least else "most"


def number(value: float | None) -> str:
    """A number as people read it; one that is not finite has no value."""
    return "beyond all bounds" if value is None else f"{value:.4g}"
