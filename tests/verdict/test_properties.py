"""What holds for any evidence whatever."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gonogo.check import Effects, Severity
from gonogo.doubts import POSITIVE
from gonogo.evidence import (
    Attempt,
    Checked,
    End,
    Evidence,
    Exchanged,
    Fact,
    JournalRead,
    Measured,
    Planned,
    Record,
    RunStarted,
)
from gonogo.explain import explain
from gonogo.policy import Policy, Slos
from gonogo.published import Action, Decision, Outcome, Verdict
from gonogo.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.verdict.conftest import Story

anything = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
near_a_go = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

SUITES = st.sampled_from(["smoke", "load", "", "gate"])
SCENARIOS = st.sampled_from(["chat", "csrf", "monitoring", ""])
CHECKS = st.sampled_from(
    ["health.a", "auth.a", "chat.saved", "stream.a", "csrf.a", "operation.signin", "payment.a", "x", ""]
)
WORDS = st.text(max_size=8)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
FACTS = st.sampled_from(["clock", "build", "build-id", "build-stable", "control-probe", "interrupted", ""])
RECORDS: tuple[st.SearchStrategy[Record], ...] = (
    st.builds(
        RunStarted,
        run_id=WORDS,
        gonogo=WORDS,
        target=WORDS,
        base_url=WORDS,
        environment=WORDS,
        profile=WORDS,
        suites=st.lists(SUITES, max_size=3).map(tuple),
        suites_known=st.lists(SUITES, max_size=3).map(tuple),
        expected_build=st.none() | WORDS,
        embedded=st.booleans(),
        faults=st.lists(WORDS, max_size=2).map(tuple),
        started_at=NUMBERS,
        facts=st.lists(FACTS, max_size=3).map(tuple),
    ),
    st.builds(
        Planned,
        suite=SUITES,
        scenario=SCENARIOS,
        check=CHECKS,
        severity=st.sampled_from(Severity),
        effects=st.sampled_from(Effects),
        skip=st.none() | WORDS,
    ),
    st.builds(
        Attempt,
        suite=SUITES,
        scenario=SCENARIOS,
        title=WORDS,
        part=WORDS,
        attempt=st.integers(),
        ended=st.sampled_from(["finished", "stopped", "crashed", "skipped"]),
        reason=WORDS,
        started_at=NUMBERS,
        duration_s=NUMBERS,
    ),
    st.builds(
        Checked,
        suite=SUITES,
        scenario=SCENARIOS,
        check=CHECKS,
        attempt=st.integers(min_value=0, max_value=2),
        subjects=st.integers(min_value=-1, max_value=2),
        complaints=st.lists(WORDS, max_size=2).map(tuple),
        error=st.none() | WORDS,
        observed=WORDS,
        exchanges=st.lists(WORDS, max_size=2).map(tuple),
        at=NUMBERS,
    ),
    st.builds(
        Exchanged,
        id=WORDS,
        suite=SUITES,
        scenario=SCENARIOS,
        person=WORDS,
        operation=WORDS,
        method=WORDS,
        url=WORDS,
        curl=WORDS,
    ),
    st.builds(
        Measured,
        suite=SUITES,
        scenario=SCENARIOS,
        name=st.sampled_from(["http_s", "ttft_s", "request_failed", ""]),
        values=st.lists(NUMBERS, max_size=4).map(lambda some: tuple(some) * 30),
    ),
    st.builds(Fact, name=FACTS, state=st.sampled_from(["ok", "bad", "unknown"]), detail=WORDS, at=NUMBERS),
    st.builds(End, count=st.integers(), sha256=WORDS),
)
JOURNALS = st.builds(
    JournalRead,
    name=st.sampled_from(["plan", "smoke", "load", "gate", ""]),
    records=st.lists(st.one_of(*RECORDS), max_size=12).map(tuple),
    trouble=st.none() | WORDS,
)
EVIDENCE = st.builds(Evidence, journals=st.lists(JOURNALS, max_size=5).map(tuple))
POLICIES = st.builds(
    Policy,
    major_budget=st.integers(min_value=0, max_value=3),
    flaky_quota=st.integers(min_value=0, max_value=2),
    shadow=st.lists(CHECKS, max_size=2).map(tuple),
    severity=st.dictionaries(CHECKS, st.sampled_from(Severity), max_size=2),
    strict=st.booleans(),
    slos=st.builds(Slos, http_p95_s=st.none() | st.just(0.5), error_rate=st.none() | st.just(0.1)),
)


@anything
@given(evidence=EVIDENCE, policy=POLICIES, as_of=NUMBERS)
def test_total(evidence: Evidence, policy: Policy, as_of: float) -> None:
    """Any evidence gives one verdict that says why, what would change it and what was not assessed, and fits JSON."""
    verdict = judge(evidence, policy, None, as_of)

    assert isinstance(verdict, Verdict)
    assert verdict.decided_by.sentence
    assert verdict.would_change_if
    assert verdict.not_assessed
    assert verdict.model_dump_json(by_alias=True)
    assert len(explain(verdict).splitlines()) <= 10


@anything
@given(evidence=EVIDENCE, policy=POLICIES)
def test_consistent(evidence: Evidence, policy: Policy) -> None:
    """Verdict, rule, action, exit code and triggers never contradict each other."""
    verdict = judge(evidence, policy, None, 0.0)
    fired = any(trigger.state == "fired" for trigger in verdict.triggers)

    assert {2: Decision.NO_GO, 3: Decision.NO_GO, 4: Decision.NO_GO, 5: Decision.INCONCLUSIVE}.get(
        verdict.decided_by.rule, Decision.GO
    ) is verdict.verdict
    assert (verdict.action is Action.ROLLBACK) == fired
    assert not fired or verdict.verdict is Decision.NO_GO
    assert verdict.conditional == bool(verdict.conditions)
    assert (verdict.exit_code in {0, 12}) <= (verdict.verdict is Decision.GO)
    assert [finding.id for finding in verdict.findings] == [f"F{n}" for n, _ in enumerate(verdict.findings, 1)]


@anything
@given(evidence=EVIDENCE, policy=POLICIES, seed=st.integers())
def test_repeatable(evidence: Evidence, policy: Policy, seed: int) -> None:
    """The order in which journals are found changes nothing, and neither does judging again."""
    named = {journal.name: journal for journal in evidence.journals}
    journals = list(named.values())
    once = judge(Evidence(journals=tuple(journals)), policy, None, 0.0)
    random.Random(seed).shuffle(journals)  # noqa: S311  no secret is made of it

    again = judge(Evidence(journals=tuple(journals)), policy, None, 0.0)

    assert again.model_dump_json() == once.model_dump_json()


# -- runs near to a GO ------------------------------------------------------------------------------

NAMES = (
    "health.answers",
    "auth.session-required",
    "operation.signin",
    "chat.saved",
    "stream.terminal-event",
    "payment.upgrades",
    "csrf.needs-token",
    "headers.csp",
    "headers.nosniff",
    "headers.referrer",
    "headers.server",
    "upload.preview",
)
Edit = tuple[str, tuple[Any, ...]]
NAME = st.sampled_from(NAMES)
LESSER = st.sampled_from([name for name in NAMES if name.startswith(("headers", "stream"))])
JOURNAL = st.sampled_from(["plan", "smoke", "gate"])
SPOILS: st.SearchStrategy[Edit] = st.one_of(
    st.tuples(st.sampled_from(["fail", "flake"]), st.tuples(LESSER)),
    st.tuples(st.sampled_from(["fail", "flake", "err", "unsee"]), st.tuples(NAME)),
    st.tuples(st.just("see"), st.tuples(NAME, st.sampled_from(["chat", "payment"]))),
    st.tuples(st.just("troubled"), st.tuples(JOURNAL)),
    st.tuples(
        st.just("fact"),
        st.tuples(st.sampled_from(["clock", "build", "extra"]), st.sampled_from(["ok", "bad", "unknown"])),
    ),
    st.tuples(
        st.just("end"), st.tuples(st.just("payment"), st.sampled_from(["finished", "stopped", "crashed", "skipped"]))
    ),
)
RULES = st.fixed_dictionaries(
    {
        "major_budget": st.integers(min_value=0, max_value=3),
        "flaky_quota": st.integers(min_value=0, max_value=2),
        "shadow": st.lists(NAME, max_size=1),
        "severity": st.dictionaries(NAME, st.sampled_from(list(Severity)), max_size=1),
    }
)


def spoilt(well: Story, rules: dict[str, Any], edits: list[Edit]) -> Story:
    """A story after some changes for the worse, or none."""
    story = well.under(**rules)
    for method, arguments in edits:
        story = getattr(story, method)(*arguments)
    return story


def looked_at(story: Story, check: str, scenario: str) -> bool:
    """Whether somebody looked at a check, or it was not planned to be looked at."""
    records = [one for records in story.journals.values() for one in records]
    same = [one for one in records if (getattr(one, "check", None), getattr(one, "scenario", "")) == (check, scenario)]
    planned = [one for one in same if isinstance(one, Planned) and one.skip is None]
    return not planned or any(isinstance(one, Checked) for one in same)


def no_better(before: Verdict, after: Verdict) -> bool:
    """Whether no GO came out of something else, and no condition of a GO was dropped."""
    if after.verdict is not Decision.GO:
        return True
    return before.verdict is Decision.GO and set(before.decided_by.checks) <= set(after.decided_by.checks)


@near_a_go
@given(
    rules=RULES,
    edits=st.lists(SPOILS, max_size=3),
    check=NAME,
    scenario=st.sampled_from([None, "chat", "csrf"]),
    harm=st.sampled_from([{"complaints": ("it is wrong",)}, {"error": "it broke"}, {"subjects": 0}]),
    attempt=st.integers(min_value=1, max_value=3),
)
def test_a_failure_or_an_error_never_helps(
    well: Story,
    rules: dict[str, Any],
    edits: list[Edit],
    check: str,
    scenario: str | None,
    harm: dict[str, Any],
    attempt: int,
) -> None:
    """
    Adding a failure or an error to what was looked at never makes a GO and never drops a condition of one.

    A check that nobody had looked at is another matter: its first record is also the evidence that was missing.
    """
    before = spoilt(well, rules, edits)
    after = before.see(check, scenario, attempt=attempt, **harm)
    added = after.journals["smoke"][-1]
    assert isinstance(added, Checked)

    if looked_at(before, check, added.scenario):
        assert no_better(before.verdict, after.verdict)


def speaks_for_the_target(record: Record) -> bool:
    """Whether a record is evidence that something is well, and not that something is wrong."""
    match record:
        case Checked():
            return not record.complaints and record.error is None
        case Attempt():
            return record.ended == "finished"
        case Fact():
            return record.state == "ok"
        case _:
            return not isinstance(record, Planned)


@near_a_go
@given(rules=RULES, edits=st.lists(SPOILS, max_size=3), data=st.data())
def test_a_lost_record_never_helps(well: Story, rules: dict[str, Any], edits: list[Edit], data: st.DataObject) -> None:
    """
    Losing a record that speaks for the target never makes a GO and never drops a condition of one.

    A record that speaks against it cannot be lost unnoticed: the journal's end tells.
    """
    before = spoilt(well, rules, edits)
    records = [one for records in before.journals.values() for one in records if speaks_for_the_target(one)]
    lost = data.draw(st.sampled_from(records))

    assert no_better(before.verdict, before.without(lambda one: one is lost).verdict)


@near_a_go
@given(rules=RULES, edits=st.lists(SPOILS, max_size=3), journal=JOURNAL)
def test_a_lost_journal_never_helps(well: Story, rules: dict[str, Any], edits: list[Edit], journal: str) -> None:
    """A run that loses a whole journal is never a GO, whatever was in it."""
    assert spoilt(well, rules, edits).without_journal(journal).verdict.verdict is not Decision.GO


@near_a_go
@given(rules=RULES, edits=st.lists(SPOILS, max_size=3), journal=JOURNAL)
def test_trouble_never_helps(well: Story, rules: dict[str, Any], edits: list[Edit], journal: str) -> None:
    """A run with a journal that is not whole is never a GO."""
    assert spoilt(well, rules, edits).troubled(journal).verdict.verdict is not Decision.GO


@near_a_go
@given(rules=RULES, edits=st.lists(SPOILS, max_size=2))
def test_a_go_is_earned(well: Story, rules: dict[str, Any], edits: list[Edit]) -> None:
    """A GO has passes of health, authentication and chat, and a record of every deciding check that was planned."""
    verdict = spoilt(well, rules, edits).verdict
    passed = [check.check for check in verdict.checks if check.outcome is Outcome.PASS and not check.shadow]
    unseen = [check.check for check in verdict.checks if check.outcome is Outcome.NOT_RUN and not check.shadow]

    if verdict.verdict is Decision.GO:
        assert not unseen
        assert all(any(check.startswith(prefixes) for check in passed) for prefixes in POSITIVE.values())


@near_a_go
@given(rules=RULES, edits=st.lists(SPOILS, max_size=3), failing=st.booleans())
def test_shadow_changes_nothing(well: Story, rules: dict[str, Any], edits: list[Edit], *, failing: bool) -> None:
    """Whatever a check on trial says, the decision is the same."""
    story = spoilt(well, {**rules, "shadow": ["payment.upgrades"], "severity": {}}, edits)
    spoil: Callable[[str], Story] = story.fail if failing else story.unsee

    assert spoil("payment.upgrades").verdict.decided_by == story.verdict.decided_by
