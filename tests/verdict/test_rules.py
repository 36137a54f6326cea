"""Every rule that decides, in the order in which they are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo.check import Severity
from gonogo.evidence import Evidence, Measured
from gonogo.policy import Policy
from gonogo.published import Decision
from gonogo.rules import rule
from gonogo.verdict import judge

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


# -- rule 5 -----------------------------------------------------------------------------------------


def test_nothing_is_inconclusive() -> None:
    """No evidence at all is INCONCLUSIVE."""
    assert decided(judge(Evidence(), Policy(), None, 0.0)) == (Decision.INCONCLUSIVE, 5)


@pytest.mark.parametrize("check", ["csrf.needs-token", "chat.saved", "headers.csp", "headers.server"])
def test_missing_record(well: Story, check: str) -> None:
    """A planned check without a record is INCONCLUSIVE, whatever its severity."""
    verdict = well.unsee(check).verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert verdict.decided_by.checks == (check,)


@pytest.mark.parametrize("check", ["csrf.needs-token", "chat.saved", "headers.csp"])
def test_error(well: Story, check: str) -> None:
    """A blocker, critical or major check that could not judge is INCONCLUSIVE, and says why."""
    verdict = well.err(check, "the mailbox is down").verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert "the mailbox is down" in verdict.decided_by.reasons[0]


def test_nothing_to_look_at(well: Story) -> None:
    """A check that was shown no subject is an error, not a pass."""
    verdict = well.unsee("headers.csp").see("headers.csp", subjects=0).verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert "nothing to look at" in verdict.decided_by.reasons[0]


def test_failure_with_an_error_beside(well: Story) -> None:
    """A major check that failed once and could not judge once is in doubt, not a condition."""
    story = well.fail("headers.csp").see("headers.csp", error="the mailbox is down")

    assert decided(story.verdict) == (Decision.INCONCLUSIVE, 5)


def test_unplanned_error(well: Story) -> None:
    """A check that could not judge counts even where it was not planned."""
    assert decided(well.see("headers.csp", "chat", error="it broke").verdict) == (Decision.INCONCLUSIVE, 5)


def test_crashed_scenario(well: Story) -> None:
    """A scenario that crashed is INCONCLUSIVE even if all its checks had passed before."""
    verdict = well.end("chat", "crashed", "KeyError: 'id'").verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert "KeyError" in verdict.decided_by.reasons[0]


def test_stopped_scenario(well: Story) -> None:
    """A scenario that the target stopped is INCONCLUSIVE unless what stopped it decides; a lesser failure does not."""
    story = well.end("chat", "stopped", "no answer")

    assert decided(story.verdict) == (Decision.INCONCLUSIVE, 5)
    assert decided(story.see("headers.csp", "chat", complaints=("none",)).verdict) == (Decision.INCONCLUSIVE, 5)
    assert decided(story.see("operation.signin", "chat", complaints=("503",)).verdict) == (Decision.NO_GO, 2)


@pytest.mark.parametrize("journal", ["plan", "smoke"])
def test_missing_journal(well: Story, journal: str) -> None:
    """Without the plan, or without a suite's journal, nothing is decided."""
    verdict = well.without_journal(journal).verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert f"there is no journal {journal}" in verdict.decided_by.reasons


@pytest.mark.parametrize("journal", ["plan", "smoke", "gate"])
def test_troubled_journal(well: Story, journal: str) -> None:
    """A journal that is not whole is INCONCLUSIVE, whichever it is."""
    verdict = well.troubled(journal, "line 3 is torn or not a record").verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert verdict.decided_by.reasons == (f"journal {journal}: line 3 is torn or not a record",)


def test_two_journals_of_one_name(well: Story) -> None:
    """Two journals of one name are INCONCLUSIVE: one of them is not the suite's."""
    evidence = well.evidence
    twice = Evidence(journals=(*evidence.journals, evidence.journals[1]))

    assert decided(judge(twice, Policy(), None, 0.0)) == (Decision.INCONCLUSIVE, 5)


def test_two_runs(well: Story) -> None:
    """Two starts of a run in one folder are INCONCLUSIVE."""
    start = well.journals["plan"][0]

    assert decided(well.add("plan", start).verdict) == (Decision.INCONCLUSIVE, 5)


def test_no_start(well: Story) -> None:
    """A plan without the start of its run is INCONCLUSIVE, and counts as production."""
    start = well.journals["plan"][0]
    verdict = well.without(lambda one: one == start).verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert verdict.target.environment == "production"


def test_plan_outside_the_plan(well: Story) -> None:
    """A suite that writes a plan of its own is INCONCLUSIVE."""
    planned = well.journals["plan"][1]

    assert decided(well.add("smoke", planned).verdict) == (Decision.INCONCLUSIVE, 5)


def test_required_fact_is_missing(well: Story) -> None:
    """A fact that the plan requires and nobody found out is INCONCLUSIVE."""
    verdict = well.started(facts=("clock", "redaction")).verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert verdict.decided_by.reasons == ("nobody found out: redaction",)


@pytest.mark.parametrize(
    ("name", "state"),
    [("clock", "unknown"), ("clock", "bad"), ("build-stable", "bad"), ("build", "bad"), ("extra", "unknown")],
)
def test_fact_that_is_not_ok(well: Story, name: str, state: str) -> None:
    """A fact that is bad or unknown is INCONCLUSIVE, required or not; a build is no blocker if none was expected."""
    assert decided(well.fact(name, state).verdict) == (Decision.INCONCLUSIVE, 5)


def test_contradicted_fact(well: Story) -> None:
    """Of two facts of one name the worse one counts."""
    bad = well.fact("clock", "bad").journals["gate"][-1]

    assert decided(well.add("gate", bad).verdict) == (Decision.INCONCLUSIVE, 5)


@pytest.mark.parametrize("state", [None, "unknown"])
def test_expected_build_not_found(well: Story, state: str | None) -> None:
    """An expected build that could not be read is INCONCLUSIVE, even if the plan forgot to require it."""
    story = well.started(expected_build="b2")

    assert decided((story.fact("build", state) if state else story).verdict) == (Decision.INCONCLUSIVE, 5)
    assert decided(story.fact("build", "ok").verdict) == (Decision.GO, 7)


@pytest.mark.parametrize(
    ("prefixes", "what"), [(("health.",), "health"), (("auth.",), "authentication"), (("chat.", "stream."), "chat")]
)
def test_no_positive_evidence(well: Story, prefixes: tuple[str, ...], what: str) -> None:
    """Without a pass of health, authentication or chat there is no GO, whatever is declared absent."""
    story = well.without(lambda one: getattr(one, "check", "").startswith(prefixes))
    story = story.plan(f"{prefixes[0]}any", "features", Severity.CRITICAL, skip="it is not offered")
    verdict = story.verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert verdict.decided_by.reasons == (f"no positive evidence of {what}",)


def test_unplanned_pass_proves_nothing(well: Story) -> None:
    """A pass of a check that was not planned is no positive evidence."""
    story = well.without(lambda one: getattr(one, "check", "").startswith("health.")).see(
        "health.made-up", "monitoring"
    )

    assert decided(story.verdict) == (Decision.INCONCLUSIVE, 5)


def test_suite_without_passes(well: Story) -> None:
    """A suite that was asked for and shows no pass is INCONCLUSIVE."""
    verdict = well.started(suites=("smoke", "load")).add("load").verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert "nothing passed in suite load" in verdict.decided_by.reasons


def test_no_suite(well: Story) -> None:
    """A run that asked for no suite decides nothing."""
    assert decided(well.started(suites=()).verdict) == (Decision.INCONCLUSIVE, 5)


def test_load_that_measured_nothing(well: Story) -> None:
    """A load suite that leaves its trigger without samples is INCONCLUSIVE."""
    story = well.started(suites=("smoke", "load")).plan("health.load", "gate", Severity.CRITICAL, suite="load")
    verdict = story.add("load").see("health.load", "gate", suite="load").verdict

    assert decided(verdict) == (Decision.INCONCLUSIVE, 5)
    assert "trigger error-rate is not evaluable" in verdict.decided_by.reasons[0]


def test_interrupted(well: Story) -> None:
    """A run that was interrupted is INCONCLUSIVE."""
    assert decided(well.fact("interrupted", "ok").verdict) == (Decision.INCONCLUSIVE, 5)


def test_default_is_inconclusive(well: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no rule matches and no GO is earned, the verdict is INCONCLUSIVE."""
    from gonogo.case import gather  # noqa: PLC0415  beside the only test that looks inside

    case = gather(well.unsee("chat.saved").evidence, Policy())
    monkeypatch.setattr("gonogo.rules.RULES", ())

    assert rule(case).decision is Decision.INCONCLUSIVE


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


@pytest.mark.parametrize("spoil", ["fail", "flake", "err", "unsee"])
def test_shadow_never_decides(well: Story, spoil: str) -> None:
    """A check on trial decides nothing, and is shown as such."""
    verdict = getattr(well.under(shadow=["stream.terminal-event"]), spoil)("stream.terminal-event").verdict

    assert decided(verdict) == (Decision.GO, 7)
    assert [check.check for check in verdict.checks if check.shadow] == ["stream.terminal-event"]
    assert all(finding.shadow for finding in verdict.findings)


def test_shadow_proves_nothing(well: Story) -> None:
    """A check on trial that passes is no positive evidence."""
    story = well.under(shadow=["chat.saved", "stream.terminal-event"])

    assert decided(story.verdict) == (Decision.INCONCLUSIVE, 5)
