"""What became of each check between two runs. It compares, and decides nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from gonogo.explain import plain
from gonogo.published import CheckResult, Outcome, Published, Slo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gonogo.published import Verdict

WRONG = frozenset({Outcome.FAIL, Outcome.FLAKY, Outcome.WAIVED})
SEEN = frozenset({Outcome.PASS, *WRONG})


class Change(StrEnum):
    """How a check's outcome changed; the order in which they are told."""

    REGRESSED = "regressed"
    NEW = "new"
    NOT_RUN = "newly not-run"
    PERSISTENT = "persistent"
    FIXED = "fixed"


class Changed(Published):
    """A check in a scenario whose outcome says something beside the one before; None where it was not planned."""

    suite: str
    scenario: str
    check: str
    change: Change
    before: Outcome | None
    after: Outcome | None
    reason: str = ""


class Moved(Published):
    """A promised number in both runs."""

    name: str
    before: float | None
    after: float | None
    limit: float
    n_before: int
    n_after: int


class Difference(Published):
    """Two runs side by side."""

    before: str
    after: str
    verdicts: tuple[str, str]
    builds: tuple[str | None, str | None]
    planned: tuple[int, int]
    executed: tuple[int, int]
    same_target: bool
    same_policy: bool
    weaker: tuple[str, ...] = ()
    counts: dict[Change, int]
    checks: tuple[Changed, ...]
    numbers: tuple[Moved, ...]


def compare(before: Verdict, after: Verdict, weaker: Sequence[str] = ()) -> Difference:
    """Every check that fails, failed, or is not looked at any more, and every promised number of both verdicts."""
    checks = tuple(sorted(changes(before.checks, after.checks), key=lambda one: list(Change).index(one.change)))
    return Difference(
        before=before.run_id,
        after=after.run_id,
        verdicts=(before.verdict, after.verdict),
        builds=(before.target.build, after.target.build),
        planned=(before.planned, after.planned),
        executed=(before.executed, after.executed),
        same_target=(before.target.name, before.target.environment) == (after.target.name, after.target.environment),
        same_policy=before.policy.digest == after.policy.digest,
        weaker=tuple(weaker),
        counts={change: sum(one.change is change for one in checks) for change in Change},
        checks=checks,
        numbers=tuple(moves(before.slos, after.slos)),
    )


def changes(before: Sequence[CheckResult], after: Sequence[CheckResult]) -> Iterator[Changed]:
    """What changed of each check, by suite, scenario and name."""
    was = {(one.suite, one.scenario, one.check): one for one in before}
    now = {(one.suite, one.scenario, one.check): one for one in after}
    for key in sorted({*was, *now}):
        old, new = was.get(key), now.get(key)
        change = change_of(old.outcome if old else None, new.outcome if new else None)
        if change:
            suite, scenario, check = key
            told = old if change is Change.FIXED else new
            yield Changed(
                suite=suite,
                scenario=scenario,
                check=check,
                change=change,
                before=old.outcome if old else None,
                after=new.outcome if new else None,
                reason=told.reason if told else "not planned any more",
            )


def change_of(before: Outcome | None, after: Outcome | None) -> Change | None:
    """How an outcome changed; what was mended is told only where it passes now, and silence is never good news."""
    if after in WRONG:
        if before in WRONG:
            return Change.PERSISTENT
        return Change.REGRESSED if before is Outcome.PASS else Change.NEW
    if after is Outcome.PASS:
        return Change.FIXED if before in WRONG else None
    return Change.NOT_RUN if before in SEEN else None


def moves(before: Sequence[Slo], after: Sequence[Slo]) -> Iterator[Moved]:
    """The promised numbers that both runs have."""
    was = {one.name: one for one in before}
    for new in after:
        old = was.get(new.name)
        if old is not None:
            yield Moved(
                name=new.name,
                before=old.value,
                after=new.value,
                limit=new.limit,
                n_before=old.n,
                n_after=new.n,
            )


def told(difference: Difference) -> str:
    """The difference as lines for a terminal; what a target said cannot break them."""
    return "\n".join(plain(line) for line in lines(difference))


def lines(difference: Difference) -> Iterator[str]:
    """The two runs, what cannot be compared, the counts, then each check and number."""
    for run, verdict, build in (
        (difference.before, difference.verdicts[0], difference.builds[0]),
        (difference.after, difference.verdicts[1], difference.builds[1]),
    ):
        yield f"{run}: {verdict}, build {build or 'unknown'}"
    if not difference.same_target:
        yield "these runs are of two targets or environments"
    if not difference.same_policy:
        yield "these runs were judged under two policies"
    for sentence in difference.weaker:
        yield f"weaker now: {sentence}"
    yield f"executed {pair(difference.executed)}, planned {pair(difference.planned)}"
    yield ", ".join(f"{count} {change}" for change, count in difference.counts.items())
    for one in difference.checks:
        came = f"{one.before or 'not planned'} to {one.after or 'not planned'}"
        why = f": {one.reason}" if one.reason else ""
        yield f"{one.change}: {one.check} in {one.suite}, {one.scenario} ({came}){why}"
    for number in difference.numbers:
        yield (
            f"{number.name}: {figure(number.before)} (n={number.n_before}) to {figure(number.after)} "
            f"(n={number.n_after}), promised {number.limit:g}"
        )


def pair(numbers: tuple[int, int]) -> str:
    """A number before and after."""
    return f"{numbers[0]} to {numbers[1]}"


def figure(value: float | None) -> str:
    """A measured value, or that there is none."""
    return "no value" if value is None else f"{value:.4g}"
