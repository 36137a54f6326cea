"""
SARIF 2.1.0, for code scanning: what was found of the target's contract and of its headers.

A finding's place is the operation that shows it. A viewer that wants a file gets the profile, which is in the
repository; there is no line of source to point at.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from gonogo.check import Severity
from gonogo.evidence import Exchanged, RunStarted
from gonogo.published import Decision, Outcome
from reports.document import written
from reports.headline import findings
from reports.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.evidence import Evidence
    from gonogo.published import Finding, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ODD = re.compile(r"[^A-Za-z0-9._-]")
FAMILIES = ("contract.", "headers.")
MOST = 5000  # what GitHub shows of one run
LEVELS = {
    Severity.BLOCKER: "error",
    Severity.CRITICAL: "error",
    Severity.MAJOR: "warning",
    Severity.MINOR: "note",
}
SECURITY = {Severity.BLOCKER: "9.5", Severity.CRITICAL: "8.0", Severity.MAJOR: "5.0", Severity.MINOR: "2.0"}


def render(verdict: Verdict, evidence: Evidence) -> str:
    """Render `report.sarif`."""
    found = [one for one in findings(verdict) if one.check.startswith(FAMILIES)][:MOST]
    kept = {one.id: one for one in evidence.of(Exchanged)}
    runs = evidence.of(RunStarted)
    profile = address(runs[0].profile) if runs else "profiles"
    return written(
        {
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": {"name": "gonogo", "rules": rules(found)}},
                    "automationDetails": {"id": one_line(f"gonogo/{verdict.target.environment}/{verdict.run_id}")},
                    "invocations": [invocation(verdict)],
                    "results": [result(one, kept, profile) for one in found if one.outcome is not Outcome.ERROR],
                    "properties": {"verdict": verdict.verdict.value, "exitCode": verdict.exit_code},
                }
            ],
        }
    )


def rules(found: list[Finding]) -> list[dict[str, Any]]:
    """The checks that found something, each once."""
    firsts = {one.check: one for one in reversed(found)}
    return [
        {
            "id": one_line(check),
            "shortDescription": {"text": one_line(one.expected) or one_line(check)},
            "help": {"text": one_line(one.remedy) or "see the report"},
            "fullDescription": {"text": one_line(one.why) or one_line(check)},
            "defaultConfiguration": {"level": LEVELS[one.severity]},
            "properties": {"security-severity": SECURITY[one.severity], "tags": ["security"]},
        }
        for check, one in sorted(firsts.items())
    ]


def invocation(verdict: Verdict) -> dict[str, Any]:
    """Whether the run can be trusted to have looked, and what it could not judge."""
    unknown = [one for one in findings(verdict) if one.outcome is Outcome.ERROR and one.check.startswith(FAMILIES)]
    return {
        "executionSuccessful": verdict.verdict is not Decision.INCONCLUSIVE,
        "exitCode": verdict.exit_code,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": one_line(f"{one.id} {one.check}: {one.message}")}} for one in unknown
        ],
    }


def result(found: Finding, kept: Mapping[str, Exchanged], profile: str) -> dict[str, Any]:
    """One finding; one that is waived or on trial is suppressed, and says why."""
    told: dict[str, Any] = {
        "ruleId": one_line(found.check),
        "level": LEVELS[found.severity],
        "message": {"text": one_line(found.message) or one_line(found.check)},
        "locations": [location(found, kept, profile)],
        "partialFingerprints": {"gonogo/v1": fingerprint(found)},
        "properties": {"finding": one_line(found.id), "outcome": found.outcome.value},
    }
    why = found.waiver or ("on trial: decides nothing" if found.shadow else "")
    if why:
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": one_line(why)}]
    return told


def location(found: Finding, kept: Mapping[str, Exchanged], profile: str) -> dict[str, Any]:
    """The operation that shows a finding, and the profile that describes it."""
    shown = next((kept[one] for one in found.evidence if one in kept), None)
    place = f"{shown.method} {shown.url}" if shown else f"{found.suite}/{found.scenario}"
    return {
        "physicalLocation": {"artifactLocation": {"uri": profile}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": one_line(place), "kind": "resource"}],
    }


def address(profile: str) -> str:
    """Where a profile is in the repository, as a relative address, whether it was named or its file was."""
    name = ODD.sub("_", PurePath(profile).name.removesuffix(".yaml"))
    return f"profiles/{name or 'profile'}.yaml"


def fingerprint(found: Finding) -> str:
    """What stays the same of a finding from run to run."""
    return hashlib.sha256(f"{found.suite}/{found.scenario}/{found.check}".encode(errors="replace")).hexdigest()
