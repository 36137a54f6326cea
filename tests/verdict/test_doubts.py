"""Rule 5: everything that must be known before a GO."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo.check import Severity
from gonogo.evidence import Evidence
from gonogo.policy import Policy
from gonogo.published import Decision
from gonogo.verdict import judge

if TYPE_CHECKING:
    from gonogo.published import Verdict
    from tests.verdict.conftest import Story


def decided(verdict: Verdict) -> tuple[Decision, int]:
    """The verdict and its rule."""
    return verdict.verdict, verdict.decided_by.rule


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


def test_trouble_without_a_word(well: Story) -> None:
    """Trouble that is not described is trouble."""
    assert decided(well.troubled("smoke", "").verdict) == (Decision.INCONCLUSIVE, 5)


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


def test_a_fact_from_outside_is_missing(well: Story) -> None:
    """What the policy requires and nobody attested is INCONCLUSIVE, also where an old run is judged by a new policy."""
    asking = well.under(requires=("built",))
    assert decided(asking.verdict) == (Decision.INCONCLUSIVE, 5)
    assert asking.verdict.decided_by.reasons == ("nobody found out: attested:built",)
    assert decided(asking.fact("attested:built", "unknown").verdict) == (Decision.INCONCLUSIVE, 5)
    assert asking.fact("attested:built", "ok").verdict.verdict is Decision.GO


@pytest.mark.parametrize(
    ("name", "state"),
    [("clock", "unknown"), ("clock", "bad"), ("build-stable", "bad"), ("build", "bad"), ("extra", "unknown")],
)
def test_fact_that_is_not_ok(well: Story, name: str, state: str) -> None:
    """A fact that is bad or unknown is INCONCLUSIVE, required or not; a build is no blocker if none was expected."""
    assert decided(well.fact(name, state).verdict) == (Decision.INCONCLUSIVE, 5)


def test_contradicted_fact(well: Story) -> None:
    """Of two facts of one name the worse one counts, in whichever order they were found out."""
    fine, bad = (well.fact("clock", state).journals["gate"][-1] for state in ("ok", "bad"))

    for facts in ((fine, bad), (bad, fine)):
        story = well.without(lambda one: one == fine).add("gate", *facts)
        assert decided(story.verdict) == (Decision.INCONCLUSIVE, 5)


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


def test_unplanned_error_proves_nothing(well: Story) -> None:
    """A check that was not planned does not stand in for the missing evidence, even when it can judge again."""
    story = well.without(lambda one: getattr(one, "check", "").startswith("health.")).see(
        "health.made-up", "monitoring", error="it broke"
    )

    assert story.verdict.would_change_if == (
        "check health.made-up can judge in monitoring",
        "a planned check of health (health.…) passes",
    )


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


def test_a_promised_number_that_load_did_not_measure(well: Story) -> None:
    """Where the load suite had to measure a promised number and did not, there is a doubt; without it, none."""
    promised = well.under(slos={"ttft_p95_s": 1.0})
    loaded = promised.started(suites=("smoke", "load")).add("load")

    assert promised.verdict.verdict is Decision.GO
    assert "the promised ttft_p95_s can be decided" in loaded.verdict.would_change_if
