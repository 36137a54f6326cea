"""Finds a run that is over, and what it was made under."""

from __future__ import annotations

import os
from pathlib import Path

from gonogo.check import CATALOGUE
from gonogo.evidence import RunStarted
from gonogo.journal import read_journal
from gonogo.policy import Policy
from gonogo.profile import load_profile
from gonogo.run import POLICY, check_policy, policy_of
from gonogo.trouble import UsageError


def find_run(runs: Path, name: str) -> Path:
    """The folder of a run, by its id, its path, or `latest`. Raises UsageError when there is none."""
    for folder in (runs / name, Path(name)):
        if (folder / "evidence").is_dir():
            return folder.resolve()
    raise UsageError(f"there is no run {name} in {runs}; `ls {runs}` shows the runs there are")


def started(folder: Path) -> RunStarted:
    """How a run was started. Raises UsageError when its plan does not say."""
    records = (
        read_journal(folder / "evidence" / "plan.jsonl").records if (folder / "evidence/plan.jsonl").exists() else ()
    )
    found = next((record for record in records if isinstance(record, RunStarted)), None)
    if found is None:
        raise UsageError(f"{folder} holds no plan, so that it does not say which target it was about")
    return found


def policy_for(folder: Path, profile: str | None) -> Policy:
    """The policy that a run was made under, or another profile's. Raises UsageError for a bad one."""
    if profile is None:
        stored = folder / POLICY
        if not stored.is_file():
            raise UsageError(f"{folder} holds no {POLICY}; name a profile with --profile")
        return Policy.model_validate_json(stored.read_text(encoding="utf-8"))
    other = load_profile(profile, os.environ)
    check_policy(other, CATALOGUE)
    return policy_of(other, strict=False)
