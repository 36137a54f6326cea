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
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonogo.budget import Budget
from gonogo.journal import Journal
from gonogo.member import Member
from gonogo.people import Account, Cast
from gonogo.profile import load_profile
from gonogo.recorder import Recorder
from gonogo.redaction import Vault
from gonogo.run import start_mail_sink
from gonogo.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gonogo.people import Person
    from gonogo.profile import Profile

Way = Callable[[Member], Awaitable[bool]]

CLEANUP = "cleanup"
INCONCLUSIVE = 20


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


def left(older_than_s: float) -> Iterator[Path]:
    """The file of every run that left accounts behind, and is older than that, or cannot be read."""
    for path in sorted(state_folder().glob("*.json")):
        try:
            made_at = float(read(path)["made_at"])
        except (OSError, ValueError, TypeError, KeyError):
            made_at = 0.0
        if time.time() - made_at >= older_than_s:
            yield path


async def remove(cast: Cast, ways: Sequence[Way] | None = None) -> None:
    """
    Remove every account that this suite made; what cannot be removed stays in the private file, and is said.

    `ways` are tried one after another where an account has no session (default: signing in again).
    """
    made = [person for person in cast.persons.values() if person.account.made and person.account.exists]
    if made and "delete_account" not in cast.profile.operations:
        cast.say(f"{len(made)} account(s) stay: the profile describes no delete_account")
        return
    for person in made:
        await remove_one(cast, person, [signed_in_again] if ways is None else ways)


async def remove_one(cast: Cast, person: Person, ways: Sequence[Way]) -> None:
    """Remove one account, with a fresh session where its own is gone; trouble with one keeps no other."""
    member = Member(person, cast, CLEANUP)
    try:
        gone = await deleted(member)
        for way in ways:
            gone = gone or (await way(member) and await deleted(member))
        why = ""
    except Trouble as trouble:
        gone, why = False, f" ({trouble})"
    if gone:
        person.account.exists = False
        forget(cast.run_id, person.account.email)
    else:
        cast.say(f"account {person.account.email} could not be removed{why}; `python -m gonogo cleanup` tries again")


async def deleted(member: Member) -> bool:
    """Whether the target has deleted the account now."""
    return (await member.attempt("delete_account")).ok


async def signed_in_again(member: Member) -> bool:
    """Whether a fresh session could be had."""
    if "signin" not in member.profile.operations:
        return False
    await member.prepare_csrf("signin")
    exchange = await member.attempt("signin")
    if exchange.ok:
        member.take_over(exchange)
        await member.fetch_csrf()
    return exchange.ok


async def signed_up_after_all(member: Member) -> bool:
    """
    Whether a sign-up that was cut short could be brought to its end, with a session.

    An account that nobody has verified cannot sign in, and so cannot be removed: it is signed up again first.
    """
    if "signup" not in member.profile.operations:
        return False
    with ExitStack() as stack:
        start_mail_sink(stack, member.profile, member.cast.mail_folder.parent)
        await member.join()
    return True


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


def clean(older_than_s: float) -> int:
    """Remove what crashed runs left; 0 when nothing is left, 20 when some of it could not be removed."""
    files = list(left(older_than_s))
    if not files:
        sys.stdout.write("nothing is left to remove\n")
    return max((clean_file(path) for path in files), default=0)


def clean_file(path: Path) -> int:
    """Remove one run's accounts, and say what came of it; 0 when all are gone."""
    try:
        kept = read(path)
        total, place = len(kept["accounts"]), kept["base_url"]
        remaining = asyncio.run(clean_one(path.stem, kept))
    except (OSError, ValueError, TypeError, KeyError) as error:
        sys.stdout.write(f"{path.stem}: {path} cannot be read ({type(error).__name__}); nothing is removed\n")
        return INCONCLUSIVE
    except Trouble as trouble:
        sys.stdout.write(f"{path.stem}: nothing is removed: {trouble}\n")
        return INCONCLUSIVE
    sys.stdout.write(f"{path.stem}: {total - remaining} of {total} account(s) removed at {place}\n")
    return INCONCLUSIVE if remaining else 0


async def clean_one(run_id: str, kept: dict[str, Any]) -> int:
    """Remove one run's accounts; how many are left."""
    profile = load_profile(kept["profile"], os.environ, base_url=kept["base_url"], environment=kept["environment"])
    with tempfile.TemporaryDirectory(prefix="gonogo-") as private:
        vault = Vault()
        journal = Journal(Path(private) / "cleanup.jsonl", vault.redact)
        cast = Cast(
            profile=profile,
            recorder=Recorder(journal, CLEANUP, profile),
            vault=vault,
            budget=Budget(profile.promises.limits, unlimited=profile.promises.unlimited, say=tell),
            run_id=run_id,
            canary=CLEANUP,
            mail_folder=Path(private) / "mail",
            tracker_folder=Path(private) / "tracker",
            keep=lambda _: None,
            say=tell,
        )
        try:
            for number, account in enumerate(kept["accounts"]):
                person = cast.person(f"left{number}")
                person.account = Account(email=account["email"], password=account["password"], exists=True)
                person.variables |= account
            await remove(cast, [signed_in_again, signed_up_after_all])
        finally:
            await cast.close()
            journal.close()
    return sum(person.account.exists for person in cast.persons.values())


def tell(sentence: str) -> None:
    """Say a sentence to the person at the terminal."""
    sys.stderr.write(f"  {sentence}\n")
