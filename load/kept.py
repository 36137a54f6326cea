"""
Keeps the sessions of lent accounts for the next load: to sign in many takes long at a target's limits.

The file is private: `$XDG_STATE_HOME/gonogo/sessions/TARGET.json`, mode 0600, one for each target and way of meeting
it. A session is kept only where it says when it ends, and taken again only if it lasts longer than the load and the
target still knows it. Accounts that a run makes are removed at its end, and their sessions are not kept.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from gonogo.operation import build
from gonogo.private_file import read, state_folder, write
from gonogo.tampering import jwts_in
from load.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gonogo.exchange import Exchange
    from gonogo.member import Member
    from gonogo.profile import Profile

SPARE_S = 300.0
"""By how much a session must outlast the load: people join before it, and it may be started late."""
PROOF = "session"
"""The operation that shows whether the target still knows a session."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A session, whose it is, and the moment at which it ends, in seconds since the epoch."""

    account: str
    session: Session
    until: float


def keeps(profile: Profile) -> bool:
    """Whether sessions are kept: only where accounts are lent, and where it shows whether one still stands."""
    return profile.identity.sign_up == "accounts" and {PROOF, "signin"} <= set(profile.operations)


def path_of(profile: Profile) -> Path:
    """Where a target's sessions are kept."""
    told = f"{profile.origins.api} {profile.environment} {profile.path}"
    return state_folder() / "sessions" / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.json"


def place_of(account: str, number: int) -> str:
    """Where in the file a session is: people who share an account have a session each."""
    return f"{number} {account}"


def ends_at(profile: Profile, signed_in: Exchange) -> float | None:
    """The moment at which what a sign-in gave ends, as far as it says; None where nothing of it does."""
    now, promised = signed_in.started_at, profile.promises.session_lifetime_s
    names = profile.identity.session_cookies
    given = [signed_in.captured.get("bearer", ""), *(one.value for one in signed_in.cookies if one.name in names)]
    ends = [one.ends_at(now) for one in signed_in.cookies if one.name in names]
    ends += [float(claims["exp"]) for text in given for claims in jwts_in(text) if is_moment(claims.get("exp"))]
    ends += [now + promised] if promised is not None else []
    return min((end for end in ends if math.isfinite(end)), default=None)


def is_moment(value: object) -> bool:
    """Whether a claim is a moment."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_kept(profile: Profile, now: float, lasting_s: float) -> dict[str, Kept]:
    """The sessions of a target that last long enough, by place; none where the file cannot be read."""
    path = path_of(profile)
    try:
        entries = read(path)["sessions"] if keeps(profile) else []
        found = [kept_in(entry) for entry in entries]
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return {place_of(one.account, one.session.number): one for one in found if one.until > now + lasting_s + SPARE_S}


def kept_in(entry: dict[str, Any]) -> Kept:
    """A session as it was written down."""
    return Kept(account=str(entry["account"]), session=Session(**entry["session"]), until=float(entry["until"]))


def write_kept(profile: Profile, kept: Iterable[Kept]) -> None:
    """Keep these sessions, in place of what was kept before."""
    if keeps(profile):
        write(path_of(profile), {"base_url": profile.origins.api, "sessions": [asdict(one) for one in kept]})


async def taken_again(member: Member, kept: Kept) -> Session | None:
    """The session that was kept, if the target still knows it, as the one of this person; its secrets are told."""
    session = kept.session
    for value, name in ((session.bearer, "TOKEN"), (session.csrf, "CSRF"), *cookies_in(session.cookies)):
        if value:
            member.cast.vault.add(value, f"{member.person.prefix}{name}")
    request = build(member.profile, PROOF, dict(session.variables), credentials=session.credentials)
    if not (await member.exchange(request)).ok:
        return None
    return replace(session, address=member.person.address, member=member.person.account.owner)


def cookies_in(field: str) -> list[tuple[str, str]]:
    """The values of a Cookie field that are long enough to be secret, each with its variable's name."""
    pairs = [pair.partition("=") for pair in field.split("; ") if pair]
    return [(value, f"COOKIE_{name.upper()}") for name, _, value in pairs]
