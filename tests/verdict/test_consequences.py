"""What follows from a decision: action, exit code, what would change it, what is published beside it."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import pytest

from gonogo.check import Severity
from gonogo.evidence import Attempt, Evidence, Fact, JournalRead, Measured
from gonogo.policy import Policy
from gonogo.published import Action, Decision, Outcome, Verdict
from gonogo.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.verdict.conftest import Story

# -- action and exit code ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "action", "code"),
    [
        (lambda well: well, Action.PROCEED, 0),
        (lambda well: well.fail("headers.csp"), Action.FIX_FORWARD, 0),
        (lambda well: well.under(strict=True), Action.PROCEED, 0),
        (lambda well: well.under(strict=True).fail("headers.csp"), Action.FIX_FORWARD, 12),
        (lambda well: well.under(flaky_quota=1).flake("chat.saved"), Action.PROCEED, 0),
        (lambda well: well.fail("stream.terminal-event"), Action.HOLD, 10),
        (lambda well: well.fail("chat.saved"), Action.ROLLBACK, 11),
        (lambda well: well.unsee("chat.saved"), Action.HOLD, 20),
        (lambda well: well.fact("interrupted", "unknown"), Action.HOLD, 130),
        (lambda well: well.fact("interrupted", "unknown").fail("chat.saved"), Action.ROLLBACK, 130),
    ],
)
def test_action_and_exit_code(well: Story, spoil: Callable[[Story], Story], action: Action, code: int) -> None:
    """Each verdict has its action and its exit code; an interrupted run always ends with 130."""
    verdict = spoil(well).verdict

    assert (verdict.action, verdict.exit_code) == (action, code)


# -- what would change it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "flip"),
    [
        (lambda well: well.fail("csrf.needs-token"), "check csrf.needs-token passes in csrf"),
        (lambda well: well.flake("csrf.needs-token"), "check csrf.needs-token passes at every attempt in csrf"),
        (lambda well: well.fail("chat.saved"), "check chat.saved passes in chat"),
        (lambda well: well.flake("chat.saved"), "1 of these 1 checks pass: chat.saved"),
        (
            lambda well: well.under(major_budget=1).fail("headers.csp").fail("headers.nosniff"),
            "1 of these 2 checks pass: headers.csp, headers.nosniff",
        ),
        (lambda well: well.unsee("chat.saved"), "check chat.saved runs in chat"),
        (lambda well: well.err("chat.saved"), "check chat.saved can judge in chat"),
        (lambda well: well.troubled("smoke"), "journal smoke is whole"),
        (lambda well: well.fact("clock", "unknown"), "fact clock is ok"),
        (lambda well: well.started(facts=("redaction",)), "fact redaction is found out, and is ok"),
        (lambda well: well.end("chat", "crashed"), "test_it of smoke, chat reaches its end"),
        (lambda well: well.end("chat", "stopped"), "test_it of smoke, chat reaches its end"),
        (lambda well: well.fact("interrupted", "unknown"), "the run is not interrupted"),
    ],
)
def test_single_cause(well: Story, spoil: Callable[[Story], Story], flip: str) -> None:
    """Where one thing alone decides, it is the one that is named."""
    assert spoil(well).verdict.would_change_if == (flip,)


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (lambda well: well.fail("csrf.needs-token"), lambda bad: bad.unsee("csrf.needs-token").see("csrf.needs-token")),
        (lambda well: well.flake("chat.saved"), lambda bad: bad.unsee("chat.saved").see("chat.saved")),
        (
            lambda well: well.under(major_budget=1).fail("headers.csp").fail("headers.nosniff"),
            lambda bad: bad.unsee("headers.csp").see("headers.csp"),
        ),
        (lambda well: well.unsee("chat.saved"), lambda bad: bad.see("chat.saved")),
        (lambda well: well.err("chat.saved"), lambda bad: bad.unsee("chat.saved").see("chat.saved")),
        (lambda well: well.fact("clock", "unknown"), lambda bad: bad.fact("clock", "ok")),
        (lambda well: well.started(facts=("redaction",)), lambda bad: bad.fact("redaction", "ok")),
        (lambda well: well.end("chat", "crashed"), lambda bad: bad.end("chat", "finished")),
    ],
)
def test_flip_flips(well: Story, spoil: Callable[[Story], Story], mend: Callable[[Story], Story]) -> None:
    """When the one thing that is named becomes so, the verdict is another."""
    spoilt = spoil(well)

    assert spoilt.verdict.verdict is not Decision.GO
    assert mend(spoilt).verdict.verdict is Decision.GO


def test_all_causes_of_a_no_go(well: Story) -> None:
    """A NO_GO names everything that stands against a GO, from all rules, each once."""
    story = well.under(major_budget=0).fail("csrf.needs-token").fail("chat.saved").fail("headers.csp")

    assert story.verdict.would_change_if == (
        "check csrf.needs-token passes in csrf",
        "check chat.saved passes in chat",
        "1 of these 1 checks pass: headers.csp",
    )


def test_checks_of_a_lost_scenario_are_one_cause(well: Story) -> None:
    """The checks of a scenario that was not run are one cause, not one each."""
    verdict = well.unsee("chat.saved").unsee("stream.terminal-event").verdict

    assert verdict.would_change_if == ("checks chat.saved, stream.terminal-event run in chat",)
    assert len(verdict.decided_by.reasons) == 2


def test_ways_out_of_a_go(well: Story) -> None:
    """A GO says what would end it, and a conditional one what would make it unconditional."""
    verdict = well.fail("headers.csp").verdict

    assert verdict.would_change_if == (
        "an unconditional GO if check headers.csp passes in security-headers",
        "NO_GO if one of the 7 blocker or critical checks fails",
        "NO_GO if 2 more major checks fail",
        "INCONCLUSIVE if a planned check is not run",
    )


# -- what was not assessed --------------------------------------------------------------------------


def test_not_assessed(well: Story) -> None:
    """Skips by their reason, suites that were left out, the build and the baseline are all named."""
    missing = [(one.what, one.why) for one in well.verdict.not_assessed]

    assert missing == [
        ("suite load", "not part of this run"),
        ("the build", "no expected build was given"),
        ("what changed since the last GO", "no baseline"),
        ("upload.preview", "no upload is offered"),
    ]


def test_not_assessed_because_nothing_is_promised(well: Story) -> None:
    """What a profile leaves out is one line, which names each key once; what it declares absent keeps its reason."""
    story = well
    for check, key in (("a.one", "promises.errors"), ("a.two", "means.themes"), ("a.three", "promises.errors")):
        story = story.plan(check, "features", Severity.MAJOR, skip=f"the profile names no {key}")

    assert [(one.what, one.why) for one in story.verdict.not_assessed[-2:]] == [
        ("upload.preview", "no upload is offered"),
        ("a.one, a.three, a.two", "the profile names no means.themes, promises.errors"),
    ]


def test_not_assessed_against_its_plan(well: Story) -> None:
    """What was not run or could not judge is named with its reason, a scenario's checks of one reason together."""
    verdict = well.unsee("chat.saved").unsee("stream.terminal-event").err("headers.server").verdict

    assert [(one.what, one.why) for one in verdict.not_assessed[-2:]] == [
        ("chat.saved, stream.terminal-event in chat", "not-run: no record: deselected, deleted, interrupted or killed"),
        ("headers.server in security-headers", "error: the mailbox is down"),
    ]


def test_not_assessed_slo(well: Story) -> None:
    """A promised number with too few samples is named, and decides nothing."""
    few = Measured(suite="smoke", scenario="chat", name="ttft_s", values=(9.0,) * 29)
    verdict = well.under(slos={"ttft_p95_s": 1.0}).add("smoke", few).verdict

    assert verdict.verdict is Decision.GO
    assert [(slo.n, slo.outcome, slo.value) for slo in verdict.slos] == [(29, Outcome.ERROR, None)]
    assert "29 samples do not decide it" in [one.why for one in verdict.not_assessed]


def test_not_assessed_without_a_run() -> None:
    """Without any evidence, the run itself is what was not assessed."""
    assert judge(Evidence(), Policy(), None, 0.0).not_assessed[0].what == "the run"


# -- results and findings ---------------------------------------------------------------------------


def test_finding(well: Story) -> None:
    """A finding has the check's own words, what it saw, and the curl lines that reproduce it in order."""
    verdict = well.fail(
        "chat.saved",
        "the answer is gone",
        observed="2 messages",
        exchanges=("smoke-stream.terminal-event", "smoke-unknown", "smoke-chat.saved"),
    ).verdict
    (finding,) = verdict.findings

    assert (finding.id, finding.check, finding.scenario, finding.suite) == ("F1", "chat.saved", "chat", "smoke")
    assert (finding.message, finding.observed) == ("the answer is gone", "2 messages")
    assert (finding.expected, finding.why, finding.remedy) == (
        "chat.saved holds.",
        "chat.saved matters.",
        "Mend chat.saved.",
    )
    assert finding.reproduce == "curl stream.terminal-event && curl chat.saved"
    assert finding.evidence == ("smoke-stream.terminal-event", "smoke-unknown", "smoke-chat.saved")


def test_findings_worst_first(well: Story) -> None:
    """Findings are numbered from the worst down, then by name, and include what could not judge."""
    verdict = well.fail("headers.server").err("headers.csp").fail("chat.saved").fail("csrf.needs-token").verdict

    assert [(one.id, one.check) for one in verdict.findings] == [
        ("F1", "csrf.needs-token"),
        ("F2", "chat.saved"),
        ("F3", "headers.csp"),
        ("F4", "headers.server"),
    ]
    assert verdict.findings[2].message == "the mailbox is down"


def test_expected_as_the_check_saw_it(well: Story) -> None:
    """What a record says it expected is worth more than the check's claim."""
    (finding,) = well.fail("chat.saved", expected="4 messages").verdict.findings

    assert (finding.expected, finding.observed) == ("4 messages", "it is wrong")


def test_scenarios(well: Story) -> None:
    """A scenario has its title, its time, its counts and its worst outcome; a crash makes it an error at best."""
    scenarios = {one.id: one for one in well.fail("headers.csp").end("chat", "crashed").verdict.scenarios}

    assert scenarios["payment"].title == "The payment scenario."
    assert scenarios["payment"].duration_s == 2.0
    assert scenarios["security-headers"].checks == {Outcome.PASS: 3, Outcome.FAIL: 1}
    assert scenarios["security-headers"].outcome is Outcome.FAIL
    assert scenarios["chat"].outcome is Outcome.ERROR
    assert scenarios["features"].outcome is Outcome.SKIP


def test_counts(well: Story) -> None:
    """Planned counts every planned check, executed those with a record, each suite what passed."""
    verdict = well.unsee("chat.saved").see("made.up", "chat", complaints=("it is wrong",)).verdict

    assert (verdict.planned, verdict.executed) == (12, 10)
    assert [(suite.name, suite.planned, suite.passed) for suite in verdict.suites] == [("smoke", 12, 10)]


def test_head(well: Story) -> None:
    """The verdict says what was verified, when, for how long, and under which policy."""
    story = well.started(expected_build="b2", embedded=True, faults=("stream.cut",)).fact("build", "ok", "ten in a row")
    verdict = story.under(major_budget=1).verdict

    assert (verdict.run_id, verdict.target.name, verdict.target.build) == ("20260101T090000Z-abcd", "reference", "b2")
    assert (verdict.embedded, verdict.faults) == (True, ("stream.cut",))
    assert (verdict.duration_s, verdict.judged_as_of - verdict.started_at) == (9.0, 60.0)
    assert verdict.policy.digest == story.under(major_budget=1).policy.digest()
    assert verdict.facts["clock"] == "ok: so it is"


def test_build_as_it_was_told(well: Story) -> None:
    """The build id that the target told is published, also where none was expected."""
    assert well.fact("build-id", "ok", "b7").verdict.target.build == "b7"
    assert well.verdict.target.build is None


def test_order_of_journals(well: Story) -> None:
    """Journals that are found in another order give the same verdict, to the letter."""
    story = well.fail("chat.saved", "one").see("chat.saved", complaints=("two",))
    story = story.add("another", *story.fail("chat.saved", "three").journals["smoke"][-1:])
    backwards = Evidence(journals=tuple(reversed(story.evidence.journals)))

    again = judge(backwards, story.policy, None, story.verdict.judged_as_of)

    assert again == story.verdict
    assert again.findings[0].message == "three"


def test_odd_numbers(well: Story) -> None:
    """Times that are no numbers, and subjects fewer than none, are published as zero."""
    odd = well.without(lambda one: isinstance(one, Attempt)).add(
        "smoke",
        *(part.model_copy(update={"duration_s": nan}) for part in well.journals["smoke"] if isinstance(part, Attempt)),
    )
    verdict = odd.unsee("chat.saved").see("chat.saved", subjects=-1).started(started_at=float("-inf")).verdict

    assert verdict.duration_s == 0.0
    assert {scenario.duration_s for scenario in verdict.scenarios} == {0.0}
    assert [check.subjects for check in verdict.checks if check.check == "chat.saved"] == [0]


def test_verdict_survives_json(well: Story) -> None:
    """A verdict read back from its JSON is the same verdict."""
    verdict = well.fail("chat.saved").verdict

    assert Verdict.model_validate_json(verdict.model_dump_json(by_alias=True)) == verdict


# -- what was verified ------------------------------------------------------------------------------


def test_the_target(well: Story) -> None:
    """What was verified is named as the run's start names it."""
    target = well.started(environment="staging", expected_build="b1").fact("build", "ok").verdict.target

    assert (target.name, target.environment) == ("reference", "staging")
    assert (target.expected_build, target.build) == ("b1", "b1")


def test_an_unknown_target() -> None:
    """Without a run's start nothing is known of it: it began never, nowhere, and was production."""
    journal = JournalRead(name="gate", records=(Fact(name="build", state="ok", detail="so it is"),))
    verdict = judge(Evidence(journals=(journal,)), Policy(), None, 0.0)

    assert (verdict.target.name, verdict.target.environment, verdict.target.build) == ("unknown", "production", None)
    assert (verdict.started_at, verdict.embedded) == (0.0, False)


@pytest.mark.parametrize("state", ["bad", "unknown"])
def test_a_build_that_nobody_found(well: Story, state: str) -> None:
    """A build that was not told, or not found, is not named as the one that answered."""
    expected = well.started(expected_build="b1")

    assert expected.fact("build-id", state).verdict.target.build is None
    assert expected.fact("build", state).verdict.target.build is None
