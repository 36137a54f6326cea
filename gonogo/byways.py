"""Other ways in: paths that mean the same to one part of a service and not to another, and tokens in an address."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from gonogo.doors import NOBODY, as_nobody, members_own
from gonogo.exchange import Refusal
from gonogo.operation import variables_of
from gonogo.probes import nowhere, public_path
from gonogo.source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.exchange import Exchange, Request
    from gonogo.member import Member

MOST_DOORS = 5
FIELDS = ("access_token", "token", "auth", "session", "jwt", "key", "api_key")
"""Under these names services read credentials from an address."""


@dataclass(frozen=True, kw_only=True)
class Byways:
    """Every other spelling of some paths, without a session, each beside its twin; and a path that nobody knows."""

    tried: tuple[Refusal, ...]
    nowhere: Exchange

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """What was asked for without a session."""
        return tuple(one.refused for one in self.tried)


async def every_byway(member: Member, stranger: Member) -> Byways:
    """Ask as a stranger for what the member may read, by every other spelling of its path."""
    twins = [await member.attempt(name) for name in readable(member)]
    control = await stranger.exchange(nowhere(member.profile))
    spelt = [(twin, request) for twin in twins for request in spellings(stranger, twin.request.operation)]
    sent = await asyncio.gather(*[stranger.exchange(request) for _, request in spelt])
    tried = [Refusal(refused=one, after=twin) for (twin, _), one in zip(spelt, sent, strict=True)]
    return Byways(tried=tuple(tried), nowhere=control)


def readable(member: Member) -> list[str]:
    """The first operations by which a member reads something without knowing an id."""
    offered = [
        name
        for name in members_own(member.profile)
        if member.profile.operations[name].method == "GET" and not variables_of(member.profile, name)
    ]
    return offered[:MOST_DOORS]


def spellings(stranger: Member, operation: str) -> Iterator[Request]:
    """An operation's request as nobody sends it, by each other spelling of its path."""
    request = as_nobody(stranger.request(operation, credentials=NOBODY))
    origin = stranger.profile.origins.api
    path, mark, query = request.url.removeprefix(origin).partition("?")
    head, _, tail = path.rpartition("/")
    ways = [f"{path}/", f"/{path}", f"{head}//{tail}", f"{path};x=y", f"{head}/%2e/{tail}", path.upper(), f"{path}%20"]
    public = public_path(stranger.profile)
    if public:
        ups = "/%2e%2e" * len([part for part in public.split("/") if part])
        ways.append(f"{public}{ups}{path}")
    for way in dict.fromkeys(ways):
        if way != path:
            yield replace(request, url=f"{origin}{way}{mark}{query}")


async def by_address(member: Member) -> Refusal:
    """Ask with the session's credential in the address, and in no field, between two requests that have it."""
    valid = member.request("session")
    bare = member.request("session", credentials=NOBODY)
    token = quote(credential_of(member), safe="")
    mark = "&" if urlsplit(bare.url).query else "?"
    url = f"{bare.url}{mark}{'&'.join(f'{name}={token}' for name in FIELDS)}"
    return await member.refused(valid, as_nobody(replace(bare, url=url)))


def credential_of(member: Member) -> str:
    """What tells the target who the member is: the bearer token or key, or the session's first cookie."""
    if member.person.bearer:
        return member.person.bearer
    sources = member.profile.identity.session_source
    found = (read_source(one, member.signed_in_by) or member.found(one, member.signed_in_by) for one in sources)
    return next((one for one in found if one), "")
