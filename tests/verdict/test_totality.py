"""What holds for any evidence whatever."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gonogo.check import Effects, Severity
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
from gonogo.published import Action, Decision, Verdict
from gonogo.verdict import judge

anything = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])

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
