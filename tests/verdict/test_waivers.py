"""What a waiver covers, and what it never does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.check import Severity
from gonogo.published import Action, Decision, Outcome
from gonogo.verdict import judge
from gonogo.waiver import Waiver, fingerprint
from tests.verdict.conftest import STARTED, home

if TYPE_CHECKING:
    from gonogo.published import Verdict
    from tests.verdict.conftest import Story

COMPLAINT = "the stream stopped after 3 events"
CRITICAL = "stream.terminal-event"
MAJOR = "headers.csp"
TODAY = datetime.fromtimestamp(STARTED, UTC).date()
DAY = timedelta(days=1)


def waiver(check: str, complaint: str = COMPLAINT, **more: Any) -> Waiver:  # noqa: ANN401  fields of Waiver
    """A waiver that holds today."""
    said = {
        "check": check,
        "fingerprint": fingerprint(check, home(check), complaint),
        "reason": "the gateway is being replaced",
        "owner": "Ann",
        "approver": "Bob",
        "ticket": "OPS-71",
        "created": TODAY,
        "expires": TODAY,
        **more,
    }
    return Waiver.model_validate(said)


def judged(story: Story, *waivers: Waiver, **rules: Any) -> Verdict:  # noqa: ANN401  fields of Policy
    """The verdict under a policy with waivers."""
    return story.under(waivers=waivers, **rules).verdict


def outcome(verdict: Verdict, check: str) -> Outcome:
    """What became of a check at home."""
    return next(one.outcome for one in verdict.checks if (one.check, one.scenario) == (check, home(check)))


@pytest.mark.parametrize("spoil", ["fail", "flake"])
@pytest.mark.parametrize("check", [CRITICAL, MAJOR])
def test_a_failure_that_is_covered(well: Story, check: str, spoil: str) -> None:
    """A failure that is waived leaves a GO whose only condition it is, and says who accepted it until when."""
    story = well.fail(check, COMPLAINT) if spoil == "fail" else well.fail(check, COMPLAINT).see(check, attempt=2)
    verdict = judged(story, waiver(check), major_budget=0)

    assert (verdict.verdict, verdict.decided_by.rule, verdict.decided_by.checks) == (Decision.GO, 6, (check,))
    assert verdict.conditional
    assert f"waived: OPS-71, approved by Bob, until {TODAY}" in verdict.conditions[0]
    assert outcome(verdict, check) is Outcome.WAIVED
    assert verdict.findings[0].waiver == f"OPS-71, approved by Bob, until {TODAY}"
    assert [one.state for one in verdict.waivers] == ["used"]
    assert verdict.action is Action.PROCEED


def test_the_finding_shows_the_fingerprint(well: Story) -> None:
    """A finding names what is to be written into a waiver, one fingerprint for each complaint."""
    story = well.fail(CRITICAL, COMPLAINT).see(CRITICAL, complaints=("another",), attempt=2)

    assert judged(story).findings[0].fingerprints == (
        fingerprint(CRITICAL, home(CRITICAL), COMPLAINT),
        fingerprint(CRITICAL, home(CRITICAL), "another"),
    )


def test_another_failure(well: Story) -> None:
    """Another failure of the same check is not covered, neither alone nor beside the one that is."""
    for story in (
        well.fail(CRITICAL, "another"),
        well.fail(CRITICAL, COMPLAINT).see(CRITICAL, complaints=("another",)),
    ):
        verdict = judged(story, waiver(CRITICAL))
        assert (verdict.verdict, verdict.decided_by.rule) == (Decision.NO_GO, 3)
        assert [one.state for one in verdict.waivers] == ["stale"]


def test_two_failures_two_waivers(well: Story) -> None:
    """Two failures of a check are covered by two waivers."""
    story = well.fail(CRITICAL, COMPLAINT).see(CRITICAL, complaints=("another",))

    assert judged(story, waiver(CRITICAL), waiver(CRITICAL, "another")).verdict is Decision.GO


def test_another_scenario(well: Story) -> None:
    """The same words in another scenario are another failure, and one that was not planned is never covered."""
    elsewhere = well.see(CRITICAL, "payment", complaints=(COMPLAINT,))
    there = waiver(CRITICAL, fingerprint=fingerprint(CRITICAL, "payment", COMPLAINT))

    assert judged(elsewhere, waiver(CRITICAL)).verdict is Decision.NO_GO
    assert judged(elsewhere, there).verdict is Decision.NO_GO
    assert judged(elsewhere.plan(CRITICAL, "payment", Severity.CRITICAL), there).verdict is Decision.GO


def test_another_check(well: Story) -> None:
    """A waiver of one check covers no other, whatever fingerprint it names."""
    stolen = waiver(MAJOR, fingerprint=fingerprint(CRITICAL, home(CRITICAL), COMPLAINT))

    assert judged(well.fail(CRITICAL, COMPLAINT), stolen).verdict is Decision.NO_GO


@pytest.mark.parametrize("severity", [None, Severity.MINOR, Severity.MAJOR])
def test_a_blocker(well: Story, severity: Severity | None) -> None:
    """A blocker is never waived, whatever the policy calls it."""
    blocker = "csrf.needs-token"
    rules = {"severity": {blocker: severity}} if severity else {}

    assert judged(well.fail(blocker, COMPLAINT), waiver(blocker), **rules).decided_by.rule == 2


@pytest.mark.parametrize(
    ("created", "expires", "state"),
    [
        (TODAY, TODAY, "used"),
        (TODAY - 9 * DAY, TODAY - DAY, "expired"),
        (TODAY + DAY, TODAY + 9 * DAY, "not yet"),
        (TODAY - 14 * DAY, TODAY, "used"),
        (TODAY - 15 * DAY, TODAY, "stale"),
        (TODAY, TODAY + 14 * DAY, "used"),
        (TODAY, TODAY + 15 * DAY, "stale"),
    ],
)
def test_the_days_of_a_critical(well: Story, created: date, expires: date, state: str) -> None:
    """A waiver holds from its first day to the end of its last, and for a critical check for 14 days at most."""
    verdict = judged(well.fail(CRITICAL, COMPLAINT), waiver(CRITICAL, created=created, expires=expires))

    assert verdict.verdict is (Decision.GO if state == "used" else Decision.NO_GO)
    assert [one.state for one in verdict.waivers] == [state]


@pytest.mark.parametrize(("override", "decided"), [({}, Decision.GO), ({MAJOR: Severity.CRITICAL}, Decision.NO_GO)])
def test_a_major_for_long(well: Story, override: dict[str, Severity], decided: Decision) -> None:
    """A major check is waived for as long as two people agree, but not one that the policy calls critical."""
    long = waiver(MAJOR, created=TODAY - 99 * DAY, expires=TODAY + 99 * DAY)

    assert judged(well.fail(MAJOR, COMPLAINT), long, major_budget=0, severity=override).verdict is decided


def test_a_critical_that_weighs_less(well: Story) -> None:
    """A critical check that the policy calls major is still waived for 14 days at most."""
    long = waiver(CRITICAL, created=TODAY - 15 * DAY)
    rules = {"severity": {CRITICAL: Severity.MAJOR}, "major_budget": 0}

    assert judged(well.fail(CRITICAL, COMPLAINT), long, **rules).verdict is Decision.NO_GO


@pytest.mark.parametrize("as_of", [float("nan"), float("inf"), float("-inf")])
def test_no_moment(well: Story, as_of: float) -> None:
    """A moment that is none is in no waiver's days."""
    story = well.fail(CRITICAL, COMPLAINT).under(waivers=(waiver(CRITICAL),))

    assert judge(story.evidence, story.policy, None, as_of).verdict is Decision.NO_GO


def test_the_end_of_the_last_day(well: Story) -> None:
    """The last moment of the last day is in, the next is out."""
    story = well.fail(CRITICAL, COMPLAINT).under(waivers=(waiver(CRITICAL),))
    end = datetime.combine(TODAY + DAY, datetime.min.time(), UTC).timestamp()
    begin = end - DAY.total_seconds()
    decided = [judge(story.evidence, story.policy, None, at).verdict for at in (begin - 1, begin, end - 1, end)]

    assert decided == [Decision.NO_GO, Decision.GO, Decision.GO, Decision.NO_GO]


def test_what_could_not_judge(well: Story) -> None:
    """A waiver covers a failure, and no attempt that could not judge."""
    story = well.fail(CRITICAL, COMPLAINT).see(CRITICAL, attempt=2, error="the mailbox is down")

    assert judged(story, waiver(CRITICAL)).decided_by.rule == 5


def test_on_trial(well: Story) -> None:
    """A check on trial needs no waiver, and uses none: it is shown as it failed."""
    verdict = judged(well.fail(MAJOR, COMPLAINT), waiver(MAJOR), shadow=[MAJOR])

    assert (verdict.verdict, verdict.conditional) == (Decision.GO, False)
    assert outcome(verdict, MAJOR) is Outcome.FAIL


def test_strict(well: Story) -> None:
    """Under --strict a waiver that was used ends with 12."""
    assert judged(well.fail(MAJOR, COMPLAINT), waiver(MAJOR), strict=True).exit_code == 12


def test_a_waiver_does_not_fire(well: Story) -> None:
    """A failure that is accepted asks for no rollback; one that is not does."""
    story = well.fail("chat.saved", COMPLAINT)

    assert judged(story).action is Action.ROLLBACK
    assert all(one.state != "fired" for one in judged(story, waiver("chat.saved")).triggers)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("first token after 0.62 s", "first token after 0.71 s", True),
        ("status 500", "status 503", False),
        ("no 3f2b8c1e-0000-4000-8000-00000000000a", "no 0e2b8c1e-0000-4000-8000-00000000000b", True),
        ("mail to gonogo4f9a8b7c6d5e", "mail to gonogo0a1b2c3d4e5f", True),
        ("an unremarkable sentence", "an extraordinary sentence", False),
        ("two  spaces", "two spaces", True),
    ],
)
def test_fingerprints(one: str, other: str, *, same: bool) -> None:
    """A failure is called the same in each run, whatever was measured or drawn by lot; another one is not."""
    assert (fingerprint("a", "b", one) == fingerprint("a", "b", other)) is same
