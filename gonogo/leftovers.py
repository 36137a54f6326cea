"""
Removes the accounts that a run made on a target, at its end or, after a crash, later.

What was made is kept in a private file outside of the run's folder until it is removed, since it
holds passwords: `$XDG_STATE_HOME/gonogo/RUN.json` (`~/.local/state` without the variable), mode 0600.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonogo.budget import Budget
from gonogo.journal import Journal
from gonogo.member import Member
from gonogo.people import Account, Cast
from gonogo.profile import load_profile
from gonogo.recorder import Recorder
from gonogo.redaction import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.people import Person
    from gonogo.profile import Profile

CLEANUP = "cleanup"


def state_folder() -> Path:
    """Where the private files are."""
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "gonogo"


def keep(run_id: str, profile: Profile, account: Account) -> None:
    """Remember an account before it is made."""
    path = state_folder() / f"{run_id}.json"
    kept = read(path) if path.exists() else new_file(profile)
    kept["accounts"].append({"email": account.email, "password": account.password})
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
    """Forget an account that is gone; the file goes with the last one."""
    path = state_folder() / f"{run_id}.json"
    if not path.exists():
        return
    kept = read(path)
    kept["accounts"] = [account for account in kept["accounts"] if account["email"] != email]
    if kept["accounts"]:
        write(path, kept)
    else:
        path.unlink()


def left(older_than_s: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every run that left accounts behind, and is older than that; its id and its file's content."""
    for path in sorted(state_folder().glob("*.json")):
        kept = read(path)
        if time.time() - kept["made_at"] >= older_than_s:
            yield path.stem, kept


async def remove(cast: Cast) -> None:
    """Remove every account that this suite made; what cannot be removed stays in the private file, and is said."""
    if "delete_account" not in cast.profile.operations:
        return
    for person in list(cast.persons.values()):
        if person.account.made and person.account.exists:
            await remove_one(cast, person)


async def remove_one(cast: Cast, person: Person) -> None:
    """Remove one account, signing in again where its session is gone."""
    member = Member(person, cast, CLEANUP)
    if await deleted(member) or (await signed_in_again(member) and await deleted(member)):
        forget(cast.run_id, person.account.email)
    else:
        cast.say(f"account {person.account.email} could not be removed; `python -m gonogo cleanup` tries again")


async def deleted(member: Member) -> bool:
    """Whether the target has deleted the account now."""
    return (await member.attempt("delete_account")).ok


async def signed_in_again(member: Member) -> bool:
    """Whether a fresh session could be had."""
    exchange = await member.attempt("signin")
    member.take_over(exchange)
    if exchange.ok and member.profile.csrf:
        await member.fetch_csrf()
    return exchange.ok


def read(path: Path) -> dict[str, Any]:
    """A private file's content."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a private file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.replace(path)


def clean(older_than_s: float) -> int:
    """Remove what crashed runs left; 0 when nothing is left, 20 when some of it could not be removed."""
    code = 0
    for run_id, kept in left(older_than_s):
        accounts = len(kept["accounts"])
        code = max(code, asyncio.run(clean_one(run_id, kept)))
        sys.stdout.write(f"{run_id}: {accounts} account(s) at {kept['base_url']}\n")
    return code


async def clean_one(run_id: str, kept: dict[str, Any]) -> int:
    """Remove one run's accounts; 0 when all are gone."""
    profile = load_profile(kept["profile"], os.environ, base_url=kept["base_url"], environment=kept["environment"])
    with tempfile.TemporaryDirectory(prefix="gonogo-") as private:
        vault = Vault()
        cast = Cast(
            profile=profile,
            recorder=Recorder(Journal(Path(private) / "cleanup.jsonl", vault.redact), CLEANUP, profile),
            vault=vault,
            budget=Budget(profile.promises.limits, unlimited=profile.promises.unlimited, say=tell),
            run_id=run_id,
            canary="",
            mail_folder=Path(private),
            tracker_folder=Path(private),
            keep=lambda _: None,
            say=tell,
        )
        for number, account in enumerate(kept["accounts"]):
            person = cast.person(f"left{number}")
            person.account = Account(email=account["email"], password=account["password"], exists=True)
            person.variables |= account
        await remove(cast)
        await cast.close()
    return 20 if (state_folder() / f"{run_id}.json").exists() else 0


def tell(sentence: str) -> None:
    """Say a sentence to the person at the terminal."""
    sys.stderr.write(f"  {sentence}\n")
