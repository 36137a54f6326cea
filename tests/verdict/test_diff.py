"""Two runs side by side."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from gonogo.diff import Change, change_of, compare, told
from gonogo.published import Outcome, Slo

if TYPE_CHECKING:
    from tests.verdict.conftest import Story

CHECK = "headers.csp"
WRONG = (Outcome.FAIL, Outcome.FLAKY, Outcome.WAIVED)
SILENT = (None, Outcome.SKIP, Outcome.NOT_RUN, Outcome.ERROR)


@pytest.mark.parametrize(("before", "after"), list(itertools.product((None, *Outcome), repeat=2)))
def test_every_pair_of_outcomes(before: Outcome | None, after: Outcome | None) -> None:
    """What fails is new, regressed or persistent; only a pass mends; what is not looked at any more is told."""
    groups: dict[Outcome | None, str] = {Outcome.PASS: "pass"}
    groups.update(dict.fromkeys(WRONG, "wrong"))
    groups.update(dict.fromkeys(SILENT, "silent"))
    expected = {
        ("pass", "wrong"): Change.REGRESSED,
        ("silent", "wrong"): Change.NEW,
        ("wrong", "wrong"): Change.PERSISTENT,
        ("wrong", "pass"): Change.FIXED,
        ("wrong", "silent"): Change.NOT_RUN,
        ("pass", "silent"): Change.NOT_RUN,
    }

    assert change_of(before, after) is expected.get((groups[before], groups[after]))


def test_the_same_run(well: Story) -> None:
    """A run beside itself has changed in nothing."""
    difference = compare(well.verdict, well.verdict)

    assert difference.checks == ()
    assert set(difference.counts.values()) == {0}
    assert (difference.same_target, difference.same_policy) == (True, True)


def test_what_changed(well: Story) -> None:
    """Each change is told with both outcomes and the reason, the worst first, and counted."""
    before = well.fail("headers.nosniff", "no nosniff").fail("headers.referrer")
    after = well.fail(CHECK, "no policy").fail("headers.referrer", "none").unsee("chat.saved")
    difference = compare(before.verdict, after.verdict)

    assert [(one.change, one.check, one.reason) for one in difference.checks] == [
        (Change.REGRESSED, CHECK, "no policy"),
        (Change.NOT_RUN, "chat.saved", "no record: deselected, deleted, interrupted or killed"),
        (Change.PERSISTENT, "headers.referrer", "none"),
        (Change.FIXED, "headers.nosniff", "no nosniff"),
    ]
    assert list(difference.counts.values()) == [1, 0, 1, 1, 1]
    assert difference.executed[0] - difference.executed[1] == 1
    assert "1 regressed, 0 new, 1 newly not-run, 1 persistent, 1 fixed" in told(difference)


def test_a_check_that_is_not_planned_any_more(well: Story) -> None:
    """A check that has gone from the plan is newly not-run, not well."""
    gone = well.without(lambda one: getattr(one, "check", None) == CHECK)

    assert [(one.change, one.after, one.reason) for one in compare(well.verdict, gone.verdict).checks] == [
        (Change.NOT_RUN, None, "not planned any more")
    ]


def test_numbers(well: Story) -> None:
    """A promised number is told before and after, with how many samples each has."""
    slo = Slo(name="ttft_p95_s", value=0.31, limit=0.5, n=400, outcome=Outcome.PASS)
    before = well.verdict.model_copy(update={"slos": (slo,)})
    after = well.verdict.model_copy(update={"slos": (slo.model_copy(update={"value": None, "n": 3}),)})

    assert told(compare(before, after)).endswith("ttft_p95_s: 0.31 (n=400) to no value (n=3), promised 0.5")


def test_two_policies_and_targets(well: Story) -> None:
    """What cannot be compared without a word is said."""
    text = told(compare(well.verdict, well.started(environment="staging").under(major_budget=0).verdict))

    assert "these runs are of two targets or environments" in text
    assert "these runs were judged under two policies" in text


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "one\ntwo\r\nthree", "\u202eback", "x" * 10_000])
def test_hostile_words(well: Story, hostile: str) -> None:
    """What a target said breaks no line."""
    lines = told(compare(well.verdict, well.fail(CHECK, hostile).verdict)).split("\n")

    assert len(lines) == 5
    assert all(line.isprintable() for line in lines)
