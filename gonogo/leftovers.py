"""
Removes what a run made on a target, at its end or, after a crash, later: accounts, and what lent accounts keep.

`gonogo.private_file` remembers it until it is gone.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonogo.belongings import GONE, told
from gonogo.budget import Budget
from gonogo.journal import Journal
from gonogo.member import Member
from gonogo.people import Account, Cast
from gonogo.private_file import belongings_in, forget, left, let_go, read
from gonogo.profile import load_profile
from gonogo.recorder import Recorder
from gonogo.redaction import Vault
from gonogo.run import start_mail_sink
from gonogo.trouble import HarnessTrouble, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.belongings import Belonging
    from gonogo.people import Person

Way = Callable[[Member], Awaitable[bool]]

CLEANUP = "cleanup"
AGAIN = "`python -m gonogo cleanup` tries again"
INCONCLUSIVE = 20
NO_SESSION = frozenset({401, 403})


async def remove(cast: Cast, ways: Sequence[Way] | None = None) -> None:
    """
    Remove everything that this suite made; what cannot be removed stays in the private file, and is said.

    `ways` are tried one after another where an account has no session (default: signing in again).
    """
    await cast.settle()
    await remove_belongings(cast)
    await remove_accounts(cast, [signed_in_again] if ways is None else ways)


async def remove_accounts(cast: Cast, ways: Sequence[Way]) -> None:
    """Remove every account that this suite made, and is still there."""
    there = {person.account.email for person in cast.persons.values() if person.account.exists}
    for email in {person.account.email for person in cast.persons.values() if person.account.gone} - there:
        forget(cast.run_id, email)
    made = [person for person in cast.persons.values() if person.account.made and person.account.exists]
    if made and "delete_account" not in cast.profile.operations:
        cast.say(f"{len(made)} account(s) stay: the profile describes no delete_account")
        return
    for person in made:
        if person.account.exists:  # two may share one
            await remove_one(cast, person, ways)


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
        cast.say(f"account {person.account.email} could not be removed{why}; {AGAIN}")


async def remove_belongings(cast: Cast) -> None:
    """Remove what accounts that stay have been given, the last first: a conversation goes before its project."""
    stays: dict[str, list[Belonging]] = {}
    hopeless: dict[str, str] = {}
    for one in reversed(cast.made):
        why = one.why_it_stays(cast.profile) or hopeless.get(one.owner)
        try:
            why = why or await why_kept(cast, one)
        except Trouble as trouble:
            why = hopeless[one.owner] = f"{trouble}; {AGAIN}"
        if why:
            stays.setdefault(why, []).append(one)
        else:
            let_go(cast.run_id, one)
    cast.made = [one for ones in stays.values() for one in ones]
    for why, ones in stays.items():
        cast.say(f"{told(ones)} stay{'s' if len(ones) == 1 else ''} on the target: {why}")


async def why_kept(cast: Cast, one: Belonging) -> str | None:
    """Remove one belonging; why it is still there, if so. Raises HarnessTrouble where no other could be removed."""
    member = Member(cast.owner(one.owner), cast, CLEANUP)
    if member.person.signed_in_by is None and not await signed_in_again(member) and member.person.bearer is None:
        raise HarnessTrouble(f"{member.person.name} cannot sign in")
    exchange = await member.attempt(one.kind.removed_by, **{one.kind.id_name: one.id})
    no_session = NO_SESSION | set(cast.profile.identity.reject_statuses)
    if exchange.status in no_session and await signed_in_again(member):
        exchange = await member.attempt(one.kind.removed_by, **{one.kind.id_name: one.id})
    if exchange.status is None or exchange.status in no_session:
        raise HarnessTrouble(f"{exchange}")
    return None if exchange.ok or exchange.status in GONE else f"{exchange}; {AGAIN}"


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
        member.person.signed_in_by = exchange
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


def clean(older_than_s: float) -> int:
    """Remove what crashed runs left; 0 when nothing is left, 20 when some of it could not be removed."""
    files = list(left(older_than_s))
    if not files:
        sys.stdout.write("nothing is left to remove\n")
    return max((clean_file(path) for path in files), default=0)


def clean_file(path: Path) -> int:
    """Remove what one run left, and say what came of it; 0 when all is gone."""
    try:
        kept = read(path)
        totals = (len(kept["accounts"]), len(kept.get("belongings", ())))
        remaining = asyncio.run(clean_one(path.stem, kept))
    except (OSError, ValueError, TypeError, KeyError) as error:
        sys.stdout.write(f"{path.stem}: {path} cannot be read ({type(error).__name__}); nothing is removed\n")
        return INCONCLUSIVE
    except Trouble as trouble:
        sys.stdout.write(f"{path.stem}: nothing is removed: {trouble}\n")
        return INCONCLUSIVE
    parts = [
        f"{total - stays} of {total} {what}(s)"
        for what, total, stays in zip(("account", "belonging"), totals, remaining, strict=True)
        if total
    ]
    sys.stdout.write(f"{path.stem}: {' and '.join(parts)} removed at {kept['base_url']}\n")
    return INCONCLUSIVE if any(remaining) else 0


async def clean_one(run_id: str, kept: dict[str, Any]) -> tuple[int, int]:
    """Remove what one run left; how many accounts and belongings are still there."""
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
            gather(cast, kept)
            await remove(cast, [signed_in_again, signed_up_after_all])
        finally:
            await cast.close()
            journal.close()
    return sum(person.account.exists for person in cast.persons.values()), len(cast.made)


def gather(cast: Cast, kept: dict[str, Any]) -> None:
    """
    Bring together whoever a private file speaks of, and what they own.

    Raises HarnessTrouble for belongings of an account that the profile does not lend any more.
    """
    for number, account in enumerate(kept["accounts"]):
        cast.person(f"left{number}", Account(email=account["email"], password=account["password"], exists=True))
    cast.made = belongings_in(kept)
    owners = {person.account.owner for person in cast.persons.values()}
    for owner in sorted({one.owner for one in cast.made} - owners):
        if not owner.isdecimal() or int(owner) >= len(cast.profile.identity.accounts):
            raise HarnessTrouble(
                f"{cast.profile.path.name} lends no account {owner}, whose belongings are to be removed"
            )
        cast.person(f"lent{owner}", cast.lent(int(owner)))


def tell(sentence: str) -> None:
    """Say a sentence to the person at the terminal."""
    sys.stderr.write(f"  {sentence}\n")
