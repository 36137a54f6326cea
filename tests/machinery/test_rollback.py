"""A rollback is run by name alone, where a trigger fired, and what came of it is kept."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.embedded import STAND_IN
from gonogo.policy import Hook
from gonogo.profile import load_profile
from gonogo.published import Action
from gonogo.rollback import hook_named, roll_back
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://chat.example.com"
NOTES = "import os, pathlib; pathlib.Path(os.environ['GONOGO_RUN'], 'ran').write_text(os.environ['GONOGO_BASE_URL'])"


def hook(code: str, timeout_s: int = 20) -> Hook:
    """A hook that runs this Python."""
    return Hook(command=(sys.executable, "-c", code), timeout_s=timeout_s)


def record(folder: Path) -> dict[str, Any]:
    """What was kept of it."""
    kept: dict[str, Any] = json.loads((folder / "rollback.json").read_text(encoding="utf-8"))
    return kept


@pytest.mark.parametrize("action", [one for one in Action if one is not Action.ROLLBACK])
def test_nothing_is_run_without_a_trigger(tmp_path: Path, action: Action) -> None:
    """Whatever else is to be done, no hook is run."""
    said = roll_back(action, "previous", hook(NOTES), tmp_path, URL)
    assert said == f"the hook 'previous' is not run: the action is {action}, and no rollback trigger fired"
    assert list(tmp_path.iterdir()) == []


def test_a_rollback(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The hook is told of the run and the target, and its end is kept."""
    said = roll_back(Action.ROLLBACK, "previous", hook(f"{NOTES}; print('rolled')"), tmp_path, URL)
    assert said.startswith("the hook 'previous' ended well after ")
    assert (tmp_path / "ran").read_text(encoding="utf-8") == URL
    kept = record(tmp_path)
    assert (kept["hook"], kept["exit_code"], kept["said"]) == ("previous", 0, "exit code 0")
    out, err = capfd.readouterr()
    assert out == "rolled\n"
    assert "rolling back with the hook 'previous'" in err


@pytest.mark.parametrize(
    ("failing", "why"),
    [
        (hook("raise SystemExit(3)"), "exit code 3"),
        (hook("import time; time.sleep(60)", timeout_s=1), "it took more than 1 s, and was ended"),
        (Hook(command=("no-such-program-here",)), "it could not be started: No such file or directory"),
    ],
)
def test_a_rollback_that_fails(tmp_path: Path, failing: Hook, why: str) -> None:
    """Whoever relies on it is told that it failed, and how."""
    said = roll_back(Action.ROLLBACK, "previous", failing, tmp_path, URL)
    assert said == f"the hook 'previous' failed, {why}: the deployment may be as it was; roll it back by hand"
    assert record(tmp_path)["said"] == why


def test_an_unknown_hook() -> None:
    """A hook that there is not is refused before anything is sent, with the nearest one, or all that there are."""
    profile = load_profile("reference", STAND_IN, base_url=URL, environment="staging")
    assert hook_named(profile, "previous").timeout_s == 300
    with pytest.raises(UsageError, match=r"policy.rollback.hooks has no 'prevous'; did you mean 'previous'\?"):
        hook_named(profile, "prevous")
    with pytest.raises(UsageError, match=r"has no 'x'; there are previous"):
        hook_named(profile, "x")
    none = profile.policy.rollback.model_copy(update={"hooks": {}})
    bare = profile.model_copy(update={"policy": profile.policy.model_copy(update={"rollback": none})})
    with pytest.raises(UsageError, match="name it there, with its command"):
        hook_named(bare, "x")
