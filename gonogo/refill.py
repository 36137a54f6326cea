"""
Values for the shell variables of a finding's lines: its people sign in afresh, and make what was captured again.

What a line itself gives, a later one takes from its answer; only the rest is made beforehand.
"""

from __future__ import annotations

import re
import subprocess
import time
from typing import TYPE_CHECKING

from gonogo.heard import little
from gonogo.member import Member
from gonogo.people import LATER_PASSWORDS
from gonogo.purchase import new_event_id
from gonogo.sender import FORGERIES, WRONG_CSRF
from gonogo.tampering import session_field
from gonogo.webhook import SIGNINGS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.evidence import Exchanged
    from gonogo.people import Cast
    from gonogo.profile import Profile

SCENARIO = "replay"
VARIABLE = re.compile(r"\$(GONOGO_[A-Z0-9_]+)")
NUMBERED = re.compile(r"(.+)_\d+")
TO_BE_SIGNED = "to-be-signed"
SHOW_BODY = """
curl() {
  body=; signed=
  while [ $# -gt 0 ]; do
    case "$1" in --data-raw) body=$2;; *to-be-signed*) signed=1;; esac
    shift
  done
  [ -z "$signed" ] || { printf %s "$body"; exit; }
}
"""
DEFAULTS = {"title": "replay", "content": "hello", "project_name": "replay", "name": "Replay", "theme": "dark"}
DEFAULTS |= {"filename": "replay.txt", "media_type": "text/plain"}


def wanted(trail: Sequence[Exchanged]) -> list[str]:
    """The variables that lines need before they are sent, without those that an earlier line's answer gives."""
    needed: dict[str, None] = {}
    given = {variable for one in SIGNINGS for variable in one.variables}
    for one in trail:
        needed |= dict.fromkeys(name for name in VARIABLE.findall(one.curl) if name not in given)
        given |= set(one.gives.values())
    return sorted(needed)


async def fill_variables(cast: Cast, trail: Sequence[Exchanged], everyone: Collection[str]) -> dict[str, str]:
    """A value for each variable that a trail needs; `everyone` are the people of the run."""
    filled: dict[str, str] = {}
    members: dict[str, Member] = {}
    for variable in wanted(trail):
        name = owner_of(variable, everyone)
        if name not in members:
            members[name] = await arrived(Member(cast.person(name), cast, SCENARIO), trail)
        person = members[name].person
        filled[variable] = await value_of(members[name], variable.removeprefix(person.prefix), trail)
    return filled


async def arrived(member: Member, trail: Sequence[Exchanged]) -> Member:
    """The member, signed in, unless the trail itself begins with the sign-up."""
    account = member.person.account
    if account.made and any(one.operation == "signup" and one.person == member.person.name for one in trail):
        account.exists = True
        return member
    return await member.join()


def owner_of(variable: str, people: Collection[str]) -> str:
    """Whose variable it is, by its prefix."""
    named = [name for name in people if variable.startswith(f"GONOGO_{name.upper()}_")]
    return max(named, key=len, default="alice")


async def value_of(member: Member, name: str, trail: Sequence[Exchanged]) -> str:
    """A value for one variable of a person."""
    person = member.person
    ready = {
        "EMAIL": person.account.email,
        "PASSWORD": person.account.first,
        "API_KEY": person.account.api_key or "",
        "COOKIE": cookies_of(member, trail),
        "CSRF": person.csrf or "",
        "TOKEN": person.bearer or "",
    }
    if name in ready:
        return ready[name]
    if name in LATER_PASSWORDS:
        return person.account.later_password(name)
    if name == WRONG_CSRF:
        return member.nearly_right_token()
    if name in FORGERIES:
        return session_field(member.tampered(member.request("session"), name), member.profile.identity)
    if plain(name) == "EVENT_ID":
        return new_event_id()
    return learned(member, name) or await captured(member, name)


def cookies_of(member: Member, trail: Sequence[Exchanged]) -> str:
    """A person's Cookie field for the lines, or for the target's root; of several the fullest."""
    urls = [one.url for one in trail if one.person == member.person.name]
    return max((member.person.store.header_for(url) for url in (*urls, member.profile.origins.api)), key=len)


def learned(member: Member, name: str) -> str:
    """What the person learned last under this name while joining: a cookie, a session's token, a mail's."""
    shown = f"{member.person.prefix}{name}"
    return next((value for value, known in reversed(member.person.shown_as.items()) if known == shown), "")


async def captured(member: Member, name: str) -> str:
    """What a new object of its kind is captured as; each number has an object of its own."""
    for wanted_name in (name, plain(name)):
        for operation, described in member.profile.operations.items():
            for key in described.capture:
                if key.upper() == wanted_name:
                    values = {**defaults(member), **member.person.variables}
                    return (await member.do(operation, **values)).captured[key]
    return ""


def plain(name: str) -> str:
    """A variable's name without its number."""
    numbered = NUMBERED.fullmatch(name)
    return numbered[1] if numbered else name


def defaults(member: Member) -> dict[str, str]:
    """Something for every template variable that a fresh object may want."""
    plans = member.profile.promises.plans
    return {**DEFAULTS, "plan": plans.paid if plans else ""}


def signatures(profile: Profile, line: str, filled: dict[str, str]) -> dict[str, str]:
    """For each variable of a signature that is not filled, one made now of the first body that the line sends."""
    found: dict[str, str] = {}
    named = set(VARIABLE.findall(line)) - filled.keys()
    for one in SIGNINGS:
        if profile.payment and one.variables & named:
            now = time.time()
            moment = {f"{one.variable}_TIMESTAMP": str(int(now - one.age_s))}
            body = body_signed(line, {**filled, **moment}, one.variable)
            fields = one.headers(profile.payment, body, now)
            found |= {one.variable_for(field, profile.payment): value for field, value in fields.items()}
    return {name: value for name, value in found.items() if name in named}


def body_signed(line: str, filled: dict[str, str], variable: str) -> bytes:
    """The first body that a line sends beside a signature."""
    command = ["bash", "-c", SHOW_BODY + line]
    environ = little({**filled, variable: TO_BE_SIGNED})
    return subprocess.run(command, env=environ, capture_output=True, check=True).stdout  # noqa: S603  our own line, quoted by us
