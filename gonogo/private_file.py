"""
What a run left on a target, remembered until it is removed.

It is kept in a private file outside of the run's folder, since it holds passwords of accounts that the run made:
`$XDG_STATE_HOME/gonogo/RUN.json` (`~/.local/state` without the variable), mode 0600. Passwords of accounts that are
lent stay in the environment; of what was made with them only the ids are kept.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonogo.belongings import KINDS, Belonging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gonogo.people import Account
    from gonogo.profile import Profile

LISTS = ("accounts", "belongings")


def state_folder() -> Path:
    """Where the private files are."""
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "gonogo"


def keep(run_id: str, profile: Profile, account: Account) -> None:
    """Remember an account before it is made, or its password after a change."""
    path = state_folder() / f"{run_id}.json"
    kept = read(path) if path.exists() else new_file(profile)
    others = [entry for entry in kept["accounts"] if entry["email"] != account.email]
    write(path, {**kept, "accounts": [*others, {"email": account.email, "password": account.password}]})


def hold(run_id: str, profile: Profile, one: Belonging) -> None:
    """Remember a belonging as soon as its id is known."""
    add(run_id, profile, "belongings", entry_of(one))


def add(run_id: str, profile: Profile, what: str, entry: dict[str, str]) -> None:
    """Remember one more thing of a run."""
    path = state_folder() / f"{run_id}.json"
    kept = read(path) if path.exists() else new_file(profile)
    kept[what] = [*kept.get(what, []), entry]
    write(path, kept)


def new_file(profile: Profile) -> dict[str, Any]:
    """What is needed to come back: which target, described by which profile."""
    return {
        "profile": str(profile.path),
        "base_url": profile.origins.api,
        "environment": profile.environment,
        "made_at": time.time(),
        "accounts": [],
    }


def forget(run_id: str, email: str) -> None:
    """Forget an account that is gone."""
    drop(run_id, "accounts", lambda entry: entry["email"] == email)


def let_go(run_id: str, one: Belonging) -> None:
    """Forget a belonging that is gone."""
    drop(run_id, "belongings", lambda entry: entry == entry_of(one))


def drop(run_id: str, what: str, gone: Callable[[dict[str, str]], bool]) -> None:
    """Forget what is gone; the file goes with the last of it."""
    path = state_folder() / f"{run_id}.json"
    if not path.exists():
        return
    kept = read(path)
    kept[what] = [entry for entry in kept.get(what, []) if not gone(entry)]
    if any(kept.get(name) for name in LISTS):
        write(path, kept)
    else:
        path.unlink()


def entry_of(one: Belonging) -> dict[str, str]:
    """A belonging as it is written down."""
    return {"kind": one.kind.name, "owner": one.owner, "id": one.id}


def belongings_in(kept: dict[str, Any]) -> list[Belonging]:
    """The belongings that a file remembers, in the order in which they were made."""
    entries = kept.get("belongings", [])
    return [Belonging(kind=KINDS[one["kind"]], owner=str(one["owner"]), id=str(one["id"])) for one in entries]


def left(older_than_s: float) -> Iterator[Path]:
    """The file of every run that left something behind, and is older than that, or cannot be read."""
    for path in sorted(state_folder().glob("*.json")):
        try:
            made_at = float(read(path)["made_at"])
        except (OSError, ValueError, TypeError, KeyError):
            made_at = 0.0
        if time.time() - made_at >= older_than_s:
            yield path


def read(path: Path) -> dict[str, Any]:
    """A private file's content."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a private file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)
    fresh.replace(path)
