"""
Runs a rollback hook of the profile: one that was named on the command line, and only where a rollback trigger fired.

A hook is a list of words, run without a shell. It is told the run's folder (`GONOGO_RUN`) and the target
(`GONOGO_BASE_URL`); what came of it stands in the run's `rollback.json`. The exit code stays the verdict's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from gonogo.profile_file import nearest, one_line
from gonogo.published import Action
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.policy import Hook
    from gonogo.profile import Profile

RECORD = "rollback.json"


def hook_named(profile: Profile, name: str) -> Hook:
    """The hook of this name. Raises UsageError where the profile has none."""
    hooks = profile.policy.rollback.hooks
    if name not in hooks:
        known = f"; there are {', '.join(sorted(hooks))}" if hooks else "; name it there, with its command"
        where = f"{profile.path.name}: policy.rollback.hooks has no '{name}'"
        raise UsageError(one_line(f"{where}{nearest(name, hooks) or known}"))
    return hooks[name]


def roll_back(action: Action, name: str, hook: Hook, folder: Path, base_url: str) -> str:
    """Run the hook if the deployment is to be rolled back, and nothing otherwise; what came of it, in a sentence."""
    if action is not Action.ROLLBACK:
        return f"the hook '{name}' is not run: the action is {action}, and no rollback trigger fired"
    sys.stderr.write(f"gonogo: rolling back with the hook '{name}': {' '.join(hook.command)}\n")
    sys.stderr.flush()
    began, code, said = time.time(), None, "it was interrupted"
    try:
        code, said = run(hook, {**os.environ, "GONOGO_RUN": str(folder), "GONOGO_BASE_URL": base_url})
    finally:
        ended = {"hook": name, "command": hook.command, "started_at": began, "seconds": round(time.time() - began, 3)}
        (folder / RECORD).write_text(json.dumps({**ended, "exit_code": code, "said": said}, indent=2) + "\n", "utf-8")
    if code == 0:
        return f"the hook '{name}' ended well after {time.time() - began:.0f} s: verify again before you rely on it"
    return f"the hook '{name}' failed, {said}: the deployment may be as it was; roll it back by hand"


def run(hook: Hook, environ: dict[str, str]) -> tuple[int | None, str]:
    """Run a hook's command; its exit code, None where it has none, and what happened."""
    try:
        done = subprocess.run(  # noqa: S603  the profile's own words, asked for by name
            hook.command, env=environ, stdin=subprocess.DEVNULL, timeout=hook.timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return None, f"it took more than {hook.timeout_s} s, and was ended"
    except OSError as error:
        return None, f"it could not be started: {error.strerror or error}"
    return done.returncode, f"exit code {done.returncode}"
