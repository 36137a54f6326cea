"""Every rule that decides, in the order in which they are tried; rule 5 has a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo.case import gather
from gonogo.check import Severity
from gonogo.evidence import Measured
from gonogo.policy import Policy
from gonogo.published import Decision
from gonogo.rules import rule

if TYPE_CHECKING:
    from gonogo.published import Verdict
    from tests.verdict.conftest import Story

MAJORS = ("headers.csp", "headers.nosniff", "headers.referrer")


def decided(verdict: Verdict) -> tuple[Decision, int]:
    """The verdict and its rule."""
    return verdict.verdict, verdict.decided_by.rule


def test_all_well_is_go(well: Story) -> None:
    """A run in which every planned check passed or is a declared skip is an unconditional GO."""
    verdict = well.verdict

    assert decided(verdict) == (Decision.GO, 7)
    assert not verdict.conditional
    assert verdict.conditions == ()


# -- rule 2 -----------------------------------------------------------------------------------------


def test_failed_blocker(well: Story) -> None:
    """One blocker that failed is a NO_GO that names it."""
    verdict = well.fail("csrf.needs-token", "200 without a token").verdict

    assert decided(verdict) == (Decision.NO_GO, 2)
    assert verdict.decided_by.checks == ("csrf.needs-token",)
    assert "200 without a token" in verdict.decided_by.reasons[0]


def test_flaky_blocker(well: Story) -> None:
    """A blocker that failed once is a NO_GO, whatever quota of flaky checks the policy has."""
    assert decided(well.under(flaky_quota=9).flake("csrf.needs-token").verdict) == (Decision.NO_GO, 2)


def test_blocker_keeps_its_severity(well: Story) -> None:
    """A blocker can be neither lowered nor put on trial."""
    story = well.under(severity={"csrf.needs-token": "minor"}, shadow=["csrf.needs-token"]).fail("csrf.needs-token")

    assert decided(story.verdict) == (Decision.NO_GO, 2)


def test_wrong_build(well: Story) -> None:
    """The wrong build, where one was expected, is a blocker called build."""
    verdict = well.started(expected_build="b2").fact("build", "bad", "the build that answers is b1").verdict

    assert decided(verdict) == (Decision.NO_GO, 2)
    assert verdict.decided_by.checks == ("build",)
    assert [finding.check for finding in verdict.findings] == ["build"]


def test_blocker_comes_before_doubt(well: Story) -> None:
    """A proven blocker is a NO_GO, however much else is not known."""
    story = well.fail("auth.session-required").unsee("chat.saved").troubled("gate").end("chat", "crashed")

    assert decided(story.verdict) == (Decision.NO_GO, 2)


def test_unplanned_blocker(well: Story) -> None:
    """A check that fails in a scenario where it was not planned weighs what it weighs elsewhere."""
    assert decided(well.see("operation.signin", "chat", complaints=("503",)).verdict) == (Decision.NO_GO, 2)


# -- rule 3 -----------------------------------------------------------------------------------------


def test_failed_critical(well: Story) -> None:
    """A critical check that failed is a NO_GO."""
    verdict = well.fail("stream.terminal-event").verdict

    assert decided(verdict) == (Decision.NO_GO, 3)
    assert verdict.decided_by.checks == ("stream.terminal-event",)


@pytest.mark.parametrize(("quota", "expected"), [(0, (Decision.NO_GO, 3)), (1, (Decision.GO, 6))])
def test_flaky_critical(well: Story, quota: int, expected: tuple[Decision, int]) -> None:
    """A flaky critical check is a NO_GO beyond the quota, and a condition within it."""
    verdict = well.under(flaky_quota=quota).flake("stream.terminal-event").verdict

    assert decided(verdict) == expected
    assert verdict.decided_by.checks == ("stream.terminal-event",)


def test_unknown_check_is_critical(well: Story) -> None:
    """A failure of a check that no plan knows is critical, and no override makes it less."""
    story = well.under(severity={"made.up": "minor"}).see("made.up", "chat", complaints=("it is wrong",))

    assert decided(story.verdict) == (Decision.NO_GO, 3)


def test_raised_to_critical(well: Story) -> None:
    """The policy may raise a check."""
    story = well.under(severity={"headers.server": "critical"}).fail("headers.server")

    assert decided(story.verdict) == (Decision.NO_GO, 3)


def test_raised_to_blocker(well: Story) -> None:
    """A check that the policy raises to a blocker cannot be on trial."""
    story = well.under(severity={"headers.csp": "blocker"}, shadow=["headers.csp"]).fail("headers.csp")

    assert decided(story.verdict) == (Decision.NO_GO, 2)


def test_breached_slo(well: Story) -> None:
    """A promised number that was measured and not met is a critical failure."""
    slow = Measured(suite="smoke", scenario="chat", name="http_s", values=(0.9,) * 30)
    verdict = well.under(slos={"http_p95_s": 0.5}).add("smoke", slow).verdict

    assert decided(verdict) == (Decision.NO_GO, 3)
    assert verdict.decided_by.checks == ("slo.http_p95_s",)
    assert "0.9" in verdict.findings[0].message
    assert "0.5" in verdict.findings[0].message


# -- rule 4 -----------------------------------------------------------------------------------------


def test_major_budget(well: Story) -> None:
    """Major failures over the budget are a NO_GO, and one less is a GO with conditions."""
    story = well.fail(MAJORS[0]).flake(MAJORS[1])

    assert decided(story.verdict) == (Decision.GO, 6)
    assert decided(story.fail(MAJORS[2]).verdict) == (Decision.NO_GO, 4)


def test_one_defect_counts_once(well: Story) -> None:
    """A major check that fails in three scenarios is one defect."""
    story = well.under(major_budget=1).fail(MAJORS[0])
    for scenario in ("chat", "payment"):
        story = story.plan(MAJORS[0], scenario, Severity.MAJOR).see(MAJORS[0], scenario, complaints=("it is wrong",))

    assert decided(story.verdict) == (Decision.GO, 6)
    assert len(story.verdict.conditions) == 3


def test_budget_comes_before_doubt(well: Story) -> None:
    """A spent budget is a NO_GO even where something is not known."""
    story = well.under(major_budget=0).fail(MAJORS[0]).unsee("chat.saved")

    assert decided(story.verdict) == (Decision.NO_GO, 4)


# -- rules 6 and 7 ----------------------------------------------------------------------------------


def test_major_failure_is_a_condition(well: Story) -> None:
    """A major failure within the budget is a GO whose condition names it."""
    verdict = well.fail("headers.csp", "no policy is sent").verdict

    assert decided(verdict) == (Decision.GO, 6)
    assert verdict.conditional
    assert verdict.conditions == ("major check headers.csp failed in security-headers: no policy is sent",)


def test_lowered_to_major(well: Story) -> None:
    """A critical check that the policy lowers is a condition, and the lowering is published."""
    verdict = well.under(severity={"chat.saved": "major"}).fail("chat.saved").verdict

    assert decided(verdict) == (Decision.GO, 6)
    assert ("chat.saved in chat as critical", "the policy lowers it to major") in [
        (one.what, one.why) for one in verdict.not_assessed
    ]


@pytest.mark.parametrize("spoil", ["fail", "flake", "err"])
def test_minor_never_decides(well: Story, spoil: str) -> None:
    """A minor check that failed, was flaky or could not judge leaves an unconditional GO, and is reported."""
    verdict = getattr(well, spoil)("headers.server").verdict

    assert decided(verdict) == (Decision.GO, 7)
    assert [finding.check for finding in verdict.findings] == ["headers.server"]


@pytest.mark.parametrize("check", ["stream.terminal-event", "headers.csp", "headers.server"])
@pytest.mark.parametrize("spoil", ["fail", "flake", "err", "unsee"])
def test_shadow_never_decides(well: Story, check: str, spoil: str) -> None:
    """A check on trial decides nothing, and is shown as such."""
    verdict = getattr(well.under(shadow=[check]), spoil)(check).verdict

    assert decided(verdict) == (Decision.GO, 7)
    assert [one.check for one in verdict.checks if one.shadow] == [check]
    assert all(finding.shadow for finding in verdict.findings)


def test_shadow_proves_nothing(well: Story) -> None:
    """A check on trial that passes is no positive evidence."""
    story = well.under(shadow=["chat.saved", "stream.terminal-event"])

    assert decided(story.verdict) == (Decision.INCONCLUSIVE, 5)


# -- no rule ----------------------------------------------------------------------------------------


def test_default_is_inconclusive(well: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no rule matches and no GO is earned, the verdict is INCONCLUSIVE."""
    case = gather(well.unsee("chat.saved").evidence, Policy(), 0.0)
    monkeypatch.setattr("gonogo.rules.RULES", ())

    assert rule(case).decision is Decision.INCONCLUSIVE
