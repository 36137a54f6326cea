"""What holds of runs that are near to a GO: nothing bad ever helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gonogo.check import Severity
from gonogo.doubts import POSITIVE
from gonogo.evidence import Attempt, Checked, Fact, Planned, Record
from gonogo.published import Decision, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.verdict.conftest import Story

near_a_go = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

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
