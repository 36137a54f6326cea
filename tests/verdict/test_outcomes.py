"""From records to the outcome of each check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo.check import Severity
from gonogo.evidence import Planned
from gonogo.outcomes import weigh
from gonogo.published import Outcome

if TYPE_CHECKING:
    from gonogo.outcomes import Weighed
    from tests.verdict.conftest import Story


def row(story: Story, check: str, scenario: str | None = None) -> Weighed:
    """What became of a check."""
    rows = weigh(story.evidence, story.policy)
    return next(one for one in rows if one.check == check and scenario in {None, one.scenario})


def test_pass(well: Story) -> None:
    """A check that looked at one subject and found nothing wrong passed."""
    assert row(well, "chat.saved").outcome is Outcome.PASS


def test_fail_names_its_first_complaint(well: Story) -> None:
    """A check that complained failed, and its first complaint is the reason."""
    seen = row(well.unsee("chat.saved").see("chat.saved", complaints=("one", "two")), "chat.saved")

    assert (seen.outcome, seen.reason) == (Outcome.FAIL, "one")


def test_any_complaint_fails_an_attempt(well: Story) -> None:
    """Several looks of one attempt fail if one of them fails."""
    assert row(well.see("chat.saved", complaints=("one",)), "chat.saved").outcome is Outcome.FAIL


def test_attempts_that_disagree(well: Story) -> None:
    """Attempts of which one passes and one fails are flaky."""
    assert row(well.flake("chat.saved"), "chat.saved").outcome is Outcome.FLAKY


def test_attempts_that_agree(well: Story) -> None:
    """Attempts that all fail are a failure, also if another could not judge."""
    story = well.fail("chat.saved").see("chat.saved", attempt=2, complaints=("again",))
    erring = story.see("chat.saved", attempt=3, error="it broke")

    assert row(story, "chat.saved").outcome is Outcome.FAIL
    assert row(erring, "chat.saved").outcome is Outcome.FAIL
    assert row(erring, "chat.saved").erred


def test_error_beside_a_pass(well: Story) -> None:
    """A check that passed once and could not judge once is an error."""
    assert row(well.see("chat.saved", attempt=2, error="it broke"), "chat.saved").outcome is Outcome.ERROR


def test_error_without_a_word(well: Story) -> None:
    """An error with an empty message is an error all the same."""
    assert row(well.err("chat.saved", ""), "chat.saved").outcome is Outcome.ERROR


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        ("crashed", "test_it crashed: KeyError"),
        ("stopped", "test_it stopped: KeyError"),
        ("skipped", "test_it skipped: KeyError"),
        ("finished", "no record: deselected, deleted, interrupted or killed"),
    ],
)
def test_not_run_says_why(well: Story, ended: str, reason: str) -> None:
    """A planned check without a record is not-run, for the reason that its scenario's end gives."""
    seen = row(well.unsee("chat.saved").end("chat", ended, "KeyError"), "chat.saved")

    assert (seen.outcome, seen.reason) == (Outcome.NOT_RUN, reason)


def test_declared_skip(well: Story) -> None:
    """A planned skip is a skip for its declared reason, also if it passed."""
    assert row(well, "upload.preview").reason == "no upload is offered"
    assert row(well.see("upload.preview", "features"), "upload.preview").outcome is Outcome.SKIP


def test_skip_that_fails(well: Story) -> None:
    """A planned skip that failed nevertheless is a failure."""
    story = well.see("upload.preview", "features", complaints=("it is wrong",))

    assert row(story, "upload.preview").outcome is Outcome.FAIL


def test_skip_that_cannot_judge(well: Story) -> None:
    """A planned skip that could not judge nevertheless is an error."""
    assert row(well.see("upload.preview", "features", subjects=0), "upload.preview").outcome is Outcome.ERROR


def test_plan_that_contradicts_itself(well: Story) -> None:
    """A check planned twice has the graver severity, and is skipped only if both say so."""
    story = well.plan("upload.preview", "features", Severity.CRITICAL)
    seen = row(story, "upload.preview")

    assert (seen.severity, seen.outcome) == (Severity.CRITICAL, Outcome.NOT_RUN)


def test_unplanned_pass_is_ignored(well: Story) -> None:
    """A check that passed where it was not planned has no row."""
    rows = weigh(well.see("chat.saved", "payment").evidence, well.policy)

    assert len(rows) == len([one for one in well.journals["plan"] if isinstance(one, Planned)])


def test_unplanned_failure_has_a_row(well: Story) -> None:
    """A check that failed where it was not planned has a row, with its severity from elsewhere."""
    seen = row(well.see("headers.csp", "payment", complaints=("none",)), "headers.csp", "payment")

    assert (seen.severity, seen.outcome, seen.planned) == (Severity.MAJOR, Outcome.FAIL, False)


def test_worst_comes_first(well: Story) -> None:
    """Rows are sorted by severity, then by name."""
    rows = weigh(well.evidence, well.policy)

    assert [one.order for one in rows] == sorted(one.order for one in rows)
    assert rows[0].severity is Severity.BLOCKER
