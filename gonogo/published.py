"""What is published of a decision: the shape of `verdict.json`, version 1."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gonogo.check import Severity

SCHEMA = "gonogo/verdict/1"


class Outcome(StrEnum):
    """How a planned check ended; DECISION's table."""

    PASS = "pass"  # noqa: S105  an outcome, no password
    FAIL = "fail"
    FLAKY = "flaky"
    ERROR = "error"
    SKIP = "skip"
    NOT_RUN = "not-run"
    WAIVED = "waived"


class Decision(StrEnum):
    """The verdict in a word."""

    GO = "GO"
    NO_GO = "NO_GO"
    INCONCLUSIVE = "INCONCLUSIVE"


class Action(StrEnum):
    """What to do next; separate from the verdict, since a NO_GO alone is no reason to roll back."""

    PROCEED = "PROCEED"
    WATCH = "WATCH"
    HOLD = "HOLD"
    FIX_FORWARD = "FIX_FORWARD"
    ROLLBACK = "ROLLBACK"


class Published(BaseModel):
    """A part of verdict.json."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DecidedBy(Published):
    """The number and the sentence of the rule that matched first, and what made it match."""

    rule: int
    sentence: str
    checks: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


class Target(Published):
    """What was verified."""

    name: str
    base_url: str
    environment: str
    build: str | None
    expected_build: str | None


class ScenarioResult(Published):
    """One scenario; `checks` counts its planned checks by outcome; `outcome` is the worst of them."""

    suite: str
    id: str
    title: str
    outcome: Outcome
    duration_s: float
    checks: dict[Outcome, int]


class CheckResult(Published):
    """One planned check in one scenario; `findings` has more about those that failed."""

    suite: str
    scenario: str
    check: str
    severity: Severity
    outcome: Outcome
    shadow: bool = False
    reason: str = ""
    subjects: int = 0


class Finding(Published):
    """
    A check that failed, was flaky, or could not judge.

    `reproduce` is a line for a shell, its secrets as `$GONOGO_…` variables. `evidence` names the
    exchanges that show it. `fingerprints` name what it complained of, for a waiver.
    """

    id: str
    check: str
    scenario: str
    suite: str
    severity: Severity
    outcome: Outcome
    shadow: bool = False
    expected: str
    observed: str
    message: str
    why: str = ""
    remedy: str
    reproduce: str
    evidence: tuple[str, ...]
    waiver: str | None = None
    fingerprints: tuple[str, ...] = ()


class Slo(Published):
    """
    An SLI against its bound; outcome is pass (met), fail (breached) or error (not decided).

    Met and breached are said at 95 % confidence. `settles` is how many samples would decide, if what comes is like
    what was seen. `at_least` says that the bound is a lower one.
    """

    name: str
    value: float | None
    limit: float
    n: int
    outcome: Outcome
    at_least: bool = False
    settles: int | None = None


class Trigger(Published):
    """A rollback trigger, and what it did."""

    id: str
    state: Literal["armed", "fired", "not evaluable", "not assessed"]
    action: Action
    because: str = ""
    evidence: tuple[str, ...] = ()


class NotAssessed(Published):
    """Something that nobody looked at, and why; on the first screen of every report."""

    what: str
    why: str


class WaiverShown(Published):
    """An accepted failure, and what became of it; one that is stale holds, and nothing fails that it covers."""

    check: str
    fingerprint: str
    reason: str
    owner: str
    approver: str
    ticket: str
    created: str
    expires: str
    state: Literal["used", "stale", "not yet", "expired"]


class SuiteResult(Published):
    """One suite's counts."""

    name: str
    planned: int
    passed: int


class PolicyUsed(Published):
    """What the decision was made under."""

    digest: str
    major_budget: int
    strict: bool


class Verdict(Published):
    """The whole decision."""

    schema_: str = Field(default=SCHEMA, alias="schema", serialization_alias="schema")
    run_id: str
    verdict: Decision
    conditional: bool
    conditions: tuple[str, ...]
    action: Action
    rollback_command: str | None = None
    rollback_takes_s: int | None = None
    decided_by: DecidedBy
    would_change_if: tuple[str, ...]
    not_assessed: tuple[NotAssessed, ...]
    triggers: tuple[Trigger, ...]
    target: Target
    started_at: float
    duration_s: float
    judged_as_of: float
    embedded: bool
    faults: tuple[str, ...]
    planned: int
    executed: int
    suites: tuple[SuiteResult, ...]
    scenarios: tuple[ScenarioResult, ...]
    checks: tuple[CheckResult, ...]
    findings: tuple[Finding, ...]
    slos: tuple[Slo, ...]
    waivers: tuple[WaiverShown, ...] = ()
    facts: dict[str, str]
    policy: PolicyUsed
    exit_code: int

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
