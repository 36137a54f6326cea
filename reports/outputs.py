"""The decision as `name=value` lines, for `$GITHUB_OUTPUT`, a GitLab dotenv report, or a shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gonogo.published import Outcome
from reports.headline import counts

if TYPE_CHECKING:
    from gonogo.evidence import Evidence
    from gonogo.published import Verdict

ODD = re.compile(r"[^A-Za-z0-9._:/@+-]")
LONGEST = 200


def render(verdict: Verdict, _evidence: Evidence) -> str:
    """Render `outputs.env`; a value has letters, digits and a few signs, whatever the target said."""
    return "".join(f"{name}={plain(value)}\n" for name, value in outputs(verdict).items())


def outputs(verdict: Verdict) -> dict[str, str]:
    """What a pipeline may want to branch on."""
    ends = counts(verdict.checks)
    return {
        "verdict": verdict.verdict.value,
        "conditional": str(verdict.conditional).lower(),
        "action": verdict.action.value,
        "exit_code": str(verdict.exit_code),
        "run_id": verdict.run_id,
        "rule": str(verdict.decided_by.rule),
        "environment": verdict.target.environment,
        "build": verdict.target.build or "",
        "planned": str(verdict.planned),
        "executed": str(verdict.executed),
        "findings": str(len(verdict.findings)),
        **{f"checks_{outcome.name.lower()}": str(ends.get(outcome, 0)) for outcome in Outcome},
    }


def plain(value: str) -> str:
    """A value that no shell and no runner reads as anything but itself."""
    return ODD.sub("_", value[:LONGEST])
