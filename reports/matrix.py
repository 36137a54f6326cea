"""The decision as a table: what each rule saw, what it allows, and how much was left. It decides nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.check import Severity
from gonogo.published import Outcome
from gonogo.rules import CONDITIONAL, RULES, UNCONDITIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.published import CheckResult, Slo, Verdict

FAILING = {Outcome.FAIL, Outcome.FLAKY}
UNKNOWN = {Outcome.ERROR, Outcome.NOT_RUN}
SENTENCES = {**{one.number: one.sentence for one in RULES}, 6: CONDITIONAL, 7: UNCONDITIONAL}
MET = {Outcome.PASS: "met", Outcome.FAIL: "breached"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    One rule or one objective.

    `margin` is how much more it would have taken, or how far it is past. `checks` are those that count in it.
    """

    name: str
    sentence: str
    observed: str
    threshold: str
    n: int
    margin: str
    state: str
    checks: tuple[str, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether this is the rule that decided."""
        return self.state == "decided"


def matrix(verdict: Verdict) -> tuple[Row, ...]:
    """Every rule in the order in which they are asked, then every objective."""
    return (*rules(verdict), *(objective(slo) for slo in verdict.slos))


def rules(verdict: Verdict) -> Iterator[Row]:
    """Rules 2 to 7."""
    deciding = [one for one in verdict.checks if not one.shadow]
    yield failing(verdict, 2, [one for one in deciding if one.severity is Severity.BLOCKER], 0)
    yield failing(verdict, 3, [one for one in deciding if one.severity is Severity.CRITICAL], 0)
    majors = [one for one in deciding if one.severity is Severity.MAJOR]
    yield failing(verdict, 4, majors, verdict.policy.major_budget)
    yield unknown(verdict, deciding)
    yield conditions(verdict)
    passed = [one for one in deciding if one.outcome is Outcome.PASS]
    wanted = len([one for one in deciding if one.outcome is not Outcome.SKIP])
    yield row(
        verdict, 7, f"{len(passed)} passed", f"{wanted} planned, not skipped", wanted, short(wanted - len(passed))
    )


def failing(verdict: Verdict, number: int, looked: list[CheckResult], allowed: int) -> Row:
    """A rule that counts checks that failed or were flaky; a check counts once, in however many scenarios."""
    bad = tuple(dict.fromkeys(one.check for one in looked if one.outcome in FAILING))
    n = len({one.check for one in looked if one.outcome not in {*UNKNOWN, Outcome.SKIP}})
    margin = f"{allowed - len(bad)} left" if len(bad) <= allowed else f"{len(bad) - allowed} over"
    return row(verdict, number, f"{len(bad)} failed or flaky", f"{allowed} allowed", n, margin, bad)


def unknown(verdict: Verdict, deciding: list[CheckResult]) -> Row:
    """Rule 5: what nobody knows, beside what the run itself has in doubt."""
    open_ends = tuple(dict.fromkeys(one.check for one in deciding if one.outcome in UNKNOWN))
    doubts = len(verdict.decided_by.reasons) if verdict.decided_by.rule == 5 else 0  # noqa: PLR2004  the rule's number
    said = f"{len(open_ends)} error or not-run" + (f", {doubts} reasons in all" if doubts else "")
    return row(verdict, 5, said, "0 allowed", len(deciding), short(len(open_ends)), open_ends)


def conditions(verdict: Verdict) -> Row:
    """Rule 6: a GO with conditions."""
    count = len(verdict.conditions)
    return row(verdict, 6, f"{count} conditions", "1 or more", count, "-")


def row(
    verdict: Verdict, number: int, observed: str, threshold: str, n: int, margin: str, checks: tuple[str, ...] = ()
) -> Row:
    """One rule; the first that matched decided, and those behind it were not asked."""
    met = verdict.decided_by.rule
    state = "decided" if number == met else "did not match" if number < met else "not asked"
    sentence = verdict.decided_by.sentence if number == met else SENTENCES[number]
    return Row(
        name=f"Rule {number}",
        sentence=sentence,
        observed=observed,
        threshold=threshold,
        n=n,
        margin=margin,
        state=state,
        checks=checks,
    )


def short(missing: int) -> str:
    """How many are missing."""
    return f"{missing} short" if missing else "none short"


def objective(slo: Slo) -> Row:
    """One objective, and how far from its limit it is, as a share of that."""
    margin = "-"
    if slo.value is not None and slo.limit:
        share = (slo.value - slo.limit if slo.at_least else slo.limit - slo.value) / abs(slo.limit)
        margin = f"{100 * share:+.0f} %"
    return Row(
        name=slo.name,
        sentence="promised, at 95 % confidence",
        observed="not evaluated" if slo.value is None else f"{slo.value:g}",
        threshold=f"{'at least' if slo.at_least else 'at most'} {slo.limit:g}",
        n=slo.n,
        margin=margin,
        state=MET.get(slo.outcome, "not decided") if slo.n else "not measured",
    )
