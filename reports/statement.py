"""
An in-toto statement of the test result, to be signed and kept beside the build (in-toto test-result, v0.1).

Its subject is the build where that is a digest, else the verdict itself: a statement about a digest that nobody
told would be a lie. What was not proven is among the failed tests.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from gonogo.check import Severity
from gonogo.published import Decision, Outcome
from reports import document
from reports.plain import one_line

if TYPE_CHECKING:
    from gonogo.evidence import Evidence
    from gonogo.published import CheckResult, Verdict

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
DIGESTS = {
    "sha512": re.compile(r"(?:^|[@:])sha512:([0-9a-f]{128})$"),
    "sha256": re.compile(r"(?:^|@|^sha256:|@sha256:)([0-9a-f]{64})$"),
    "gitCommit": re.compile(r"^([0-9a-f]{40})$"),
}
HARMLESS = {Outcome.PASS, Outcome.SKIP}


def render(verdict: Verdict, evidence: Evidence) -> str:
    """Render `statement.intoto.json`."""
    return document.written(
        {
            "_type": STATEMENT,
            "subject": [subject(verdict, evidence)],
            "predicateType": PREDICATE,
            "predicate": {
                "result": result(verdict),
                "configuration": [configuration(verdict)],
                "passedTests": [name(one) for one in verdict.checks if one.outcome is Outcome.PASS],
                "warnedTests": [name(one) for one in verdict.checks if warned(one)],
                "failedTests": [name(one) for one in verdict.checks if failed(one)],
            },
        }
    )


def subject(verdict: Verdict, evidence: Evidence) -> dict[str, Any]:
    """What the statement is about."""
    build = verdict.target.build or ""
    for algorithm, pattern in DIGESTS.items():
        if match := pattern.search(build):
            return {"name": one_line(verdict.target.name), "digest": {algorithm: match[1]}}
    told = document.render(verdict, evidence).encode()
    return {"name": "verdict.json", "digest": {"sha256": hashlib.sha256(told).hexdigest()}}


def result(verdict: Verdict) -> str:
    """The verdict in the words of the format; what is not known has failed."""
    if verdict.verdict is not Decision.GO:
        return "FAILED"
    return "WARNED" if verdict.conditional else "PASSED"


def configuration(verdict: Verdict) -> dict[str, Any]:
    """What the decision was made under, and of what."""
    met = verdict.target
    told = {
        "verdict": verdict.verdict.value,
        "run": verdict.run_id,
        "build": met.build or "",
        "target": met.base_url,
        "environment": met.environment,
    }
    texts = {key: one_line(text) for key, text in told.items()}
    return {"name": "policy", "digest": {"sha256": one_line(verdict.policy.digest)}, "annotations": texts}


def name(check: CheckResult) -> str:
    """A check's full name."""
    return one_line(f"{check.suite}/{check.scenario}/{check.check}")


def warned(check: CheckResult) -> bool:
    """Whether a check is not well and yet decides nothing."""
    light = check.shadow or check.severity is Severity.MINOR or check.outcome is Outcome.WAIVED
    return check.outcome not in HARMLESS and light


def failed(check: CheckResult) -> bool:
    """Whether a check is not well and counts: it failed, or nobody knows."""
    return check.outcome not in HARMLESS and not warned(check)
