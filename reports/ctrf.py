"""
CTRF, the Common Test Report Format, for dashboards that read it: a test for each planned check, and `gate/verdict`.

What was planned and not looked at is never `passed` nor `skipped`, which readers take for good.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gonogo.published import Decision, Outcome
from reports.document import written
from reports.headline import headline
from reports.plain import one_line

if TYPE_CHECKING:
    from gonogo.evidence import Evidence
    from gonogo.published import CheckResult, Finding, Verdict

SPEC = "0.0.0"
PASSED, FAILED, SKIPPED, PENDING, OTHER = "passed", "failed", "skipped", "pending", "other"
STATUSES = {
    Outcome.PASS: PASSED,
    Outcome.FAIL: FAILED,
    Outcome.FLAKY: FAILED,
    Outcome.ERROR: OTHER,
    Outcome.NOT_RUN: PENDING,
    Outcome.SKIP: SKIPPED,
    Outcome.WAIVED: SKIPPED,
}


def render(verdict: Verdict, evidence: Evidence) -> str:
    """Render `ctrf.json`."""
    found = {(one.suite, one.scenario, one.check): one for one in verdict.findings}
    tests = [planned(one, found.get((one.suite, one.scenario, one.check))) for one in verdict.checks]
    tests.append(gate(verdict, evidence))
    return written(
        {
            "reportFormat": "CTRF",
            "specVersion": SPEC,
            "runId": one_line(verdict.run_id),
            "timestamp": datetime.fromtimestamp(verdict.judged_as_of, UTC).isoformat(),
            "generatedBy": "gonogo",
            "results": {
                "tool": {"name": "gonogo"},
                "summary": summary(verdict, tests),
                "tests": tests,
                "environment": environment(verdict),
            },
        }
    )


def planned(check: CheckResult, found: Finding | None) -> dict[str, Any]:
    """One planned check; one on trial is skipped where it did not pass, since it decides nothing."""
    on_trial = check.shadow and check.outcome is not Outcome.PASS
    told = {
        "name": one_line(check.check),
        "suite": [one_line(check.suite), one_line(check.scenario)],
        "status": SKIPPED if on_trial else STATUSES[check.outcome],
        "rawStatus": check.outcome.value,
        "duration": 0,
        "flaky": check.outcome is Outcome.FLAKY,
        "tags": [check.severity.value, *(["on trial"] if check.shadow else [])],
        "message": one_line(found.message if found else check.reason),
    }
    return told | ({"extra": extra(found)} if found else {})


def extra(found: Finding) -> dict[str, Any]:
    """What a finding says more."""
    said = {"finding": found.id, "expected": found.expected, "observed": found.observed, "remedy": found.remedy}
    texts = {name: one_line(text) for name, text in (said | {"waiver": found.waiver or ""}).items() if text}
    return texts | {"evidence": [one_line(one) for one in found.evidence]}


def gate(verdict: Verdict, evidence: Evidence) -> dict[str, Any]:
    """The last test, which fails unless the verdict is GO."""
    top = headline(verdict, evidence)
    return {
        "name": "verdict",
        "suite": ["gate"],
        "status": PASSED if verdict.verdict is Decision.GO else FAILED,
        "rawStatus": top.verdict,
        "duration": 0,
        "message": one_line(f"{top.verdict}: {top.rule}"),
        "extra": {"action": top.action, "conditions": [one_line(one) for one in verdict.conditions]},
    }


def summary(verdict: Verdict, tests: list[dict[str, Any]]) -> dict[str, Any]:
    """The tests by status, and when they ran, in milliseconds."""
    began = max(int(1000 * verdict.started_at), 0)
    took = int(1000 * verdict.duration_s)
    counts = {status: sum(one["status"] == status for one in tests) for status in (PASSED, FAILED, SKIPPED)}
    others = {status: sum(one["status"] == status for one in tests) for status in (PENDING, OTHER)}
    return {"tests": len(tests), **counts, **others, "start": began, "stop": began + took, "duration": took}


def environment(verdict: Verdict) -> dict[str, Any]:
    """What was verified."""
    met = verdict.target
    named = {"appName": met.name, "buildName": met.build or "", "testEnvironment": met.environment}
    told = {name: one_line(text) for name, text in named.items() if text}
    return told | {"healthy": verdict.verdict is Decision.GO, "extra": {"base_url": one_line(met.base_url)}}
