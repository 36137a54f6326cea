"""
`python -m load.provision COUNT LOAD`: makes members of a run's target before the load begins, and keeps their sessions.

It has a process of its own, because the load's is gevent's, and joins the run that the environment names. Every
request is paced by the limits that the target promises; on loopback each member calls from an address of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import checks  # noqa: F401  the catalogue, for the steps of joining
from gonogo.addresses import loopback_address
from gonogo.budget import Budget
from gonogo.circumstances import limit_of
from gonogo.hearing import TELL_FD, TellingVault, teller
from gonogo.joined import joined_profile
from gonogo.journal import Journal
from gonogo.lending import TOLD
from gonogo.member import Member
from gonogo.people import Cast
from gonogo.private_file import hold, keep
from gonogo.purchase import upgrade
from gonogo.recorder import Recorder
from gonogo.trouble import HarnessTrouble, Trouble
from load.accounts import NAMED_BY, with_accounts
from load.funding import must_pay
from load.kept import Kept, ends_at, place_of, read_kept, taken_again, write_kept
from load.profiles import load_profile_named
from load.session import Session, session_of, write_sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.profile import Profile
    from load.profiles import LoadProfile

AT_ONCE = 6
SUITE = "load"
SCENARIO = "people"
JOURNAL = "load-people"
SESSIONS = "sessions.json"
INCONCLUSIVE = 20
SAY_EVERY_S = 5.0
OWN = ("load", "plan", "gate")
"""How journals begin that are no other suite's."""


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"  {sentence}\n")
    sys.stderr.flush()


def provision(count: int, plan: LoadProfile, tell: Callable[[str, str], None]) -> int:
    """Have so many members for a load in the run's private folder, or as many as could join; how many."""
    environ = dict(os.environ)
    profile = with_accounts(joined_profile(environ), environ.get(NAMED_BY, ""))
    folder = Path(environ["GONOGO_RUN"])
    vault = TellingVault(tell)
    vault.add(environ["GONOGO_CANARY"], "GONOGO_CANARY")
    vault.add_named(profile.secrets)
    journal = Journal(folder / "evidence" / f"{JOURNAL}.jsonl", vault.redact)
    embedded = bool(environ.get("GONOGO_EMBEDDED"))
    cast = Cast(
        profile=profile,
        recorder=Recorder(journal, SUITE, profile),
        vault=vault,
        budget=Budget(profile.promises.limits, say=say, unlimited=profile.promises.unlimited),
        run_id=f"{folder.name}-load",  # whose addresses no other suite of this run calls from
        canary=environ["GONOGO_CANARY"],
        mail_folder=Path(environ["GONOGO_PRIVATE"]) / "mail",
        tracker_folder=Path(environ["GONOGO_PRIVATE"]) / "tracker",
        say=say,
        keep=lambda account: None if embedded else keep(folder.name, profile, account),
        hold=lambda one: None if embedded else hold(folder.name, profile, one),
    )
    wait_for_others(profile, folder)
    try:
        sessions = asyncio.run(joined(cast, count, plan))
    finally:
        journal.close()
    write_sessions(Path(environ["GONOGO_PRIVATE"]) / SESSIONS, sessions)
    return len(sessions)


def wait_for_others(profile: Profile, folder: Path) -> None:
    """Wait until what another suite has sent from our address has left the windows of the target's limits."""
    others = [path for path in (folder / "evidence").glob("*.jsonl") if not path.name.startswith(OWN)]
    if not others or loopback_address(profile.origins.api, folder.name, 0) is not None:
        return
    seconds = max((limit.window_s for limit in profile.promises.limits), default=0.0)
    say(f"waiting {seconds:.0f} s for the limits that other suites may have spent")
    time.sleep(seconds)


async def joined(cast: Cast, count: int, plan: LoadProfile) -> list[Session]:
    """So many members, who pay if they will send more than is free; those who could not join are in the evidence."""
    say(f"{count} people join{waiting(cast.profile, count)}")
    turn, began, told = asyncio.Semaphore(AT_ONCE), time.monotonic(), [0.0]
    pays, kept = must_pay(cast.profile, plan), read_kept(cast.profile, time.time(), plan.seconds)
    sessions: list[Session] = []
    fresh: list[Kept] = []

    async def join(number: int) -> None:
        async with turn:
            lent = len(cast.profile.identity.accounts) if cast.profile.identity.sign_up == "accounts" else 0
            member = Member(cast.person(f"user{number}", cast.lent(number % lent) if lent else None), cast, SCENARIO)
            try:
                known = kept.get(place_of(member.person.account.id, number))
                session = await taken_again(member, known) if known else None
                one = known if session else None
                if session is None:
                    session, one = await signed_in(member, number, pays=pays)
            except Trouble as trouble:
                say(f"user {number} could not join: {trouble}")
                return
        sessions.append(session)
        fresh.extend([one] if one else [])
        if time.monotonic() - began - told[0] > SAY_EVERY_S:
            told[0] = time.monotonic() - began
            say(f"{len(sessions)} of {count} people have joined")

    try:
        await asyncio.gather(*(join(number) for number in range(count)))
    finally:
        await cast.close()
    write_kept(cast.profile, fresh)
    say(f"{len(sessions)} of {count} people have joined, in {time.monotonic() - began:.0f} s")
    return sorted(sessions, key=lambda one: one.number)


async def signed_in(member: Member, number: int, *, pays: bool) -> tuple[Session, Kept | None]:
    """A member who joins, and pays where that is wanted; what is to be kept of it, if that is known to last."""
    await member.join()
    if pays:
        await upgrade(member)
    profile, person = member.profile, member.person
    session = session_of(number, person, f"{profile.origins.api}/")
    until = ends_at(profile, person.signed_in_by) if person.signed_in_by and not person.account.made else None
    return session, Kept(account=person.account.id, session=session, until=until) if until else None


def waiting(profile: Profile, count: int) -> str:
    """How long joining will take at the target's limits, where everybody calls from one address."""
    if profile.met_from_loopback or profile.identity.sign_up != "harness":
        return ""
    steps = [name for name in ("signup", "verify_email", "signin") if name in profile.operations]
    try:
        limit = limit_of(profile, "signin")
    except HarnessTrouble:
        return ""
    seconds = len(steps) * count / limit.requests * limit.window_s
    return f", which takes {seconds / 60:.0f} min at {limit.requests} requests in {limit.window_s:g} s"


def told_to() -> Callable[[str, str], None]:
    """What tells a secret to the run's parent: through its pipe, or in the run's private folder."""
    if TELL_FD in os.environ:
        return teller()
    path = Path(os.environ["GONOGO_PRIVATE"]) / TOLD

    def tell(value: str, name: str) -> None:
        with path.open("a", encoding="utf-8") as file:  # in a folder that nobody else can enter
            file.write(json.dumps([value, name]) + "\n")

    return tell


def main(words: list[str]) -> int:
    """Provision; the exit code."""
    try:
        return 0 if provision(int(words[0]), load_profile_named(words[1]), told_to()) else INCONCLUSIVE
    except Trouble as trouble:
        say(str(trouble))
        return INCONCLUSIVE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
