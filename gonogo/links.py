"""Every change as a mere link would ask for it, and what the member has before and after."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gonogo.doors import guess, members_own
from gonogo.harmless import changes
from gonogo.operation import SAFE, variables_of
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.exchange import Exchange, Request
    from gonogo.member import Member

OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
SIGN_OUT_NAMES = ("logout", "signout", "sign_out", "log_out")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
LONGEST_WATCH_S = 30.0
TIMES = 3
EPOCH = 1_000_000_000
"""A larger number counts seconds or milliseconds since 1970, or is as good as random."""


@dataclass(frozen=True, kw_only=True)
class Followed:
    """
    Links that were followed, between what the member sees: twice before, so that what changes by itself is known.

    `restless` says that somebody else uses the account: it changed when nothing was followed, or only now and then.
    """

    before: tuple[Exchange, ...]
    again: tuple[Exchange, ...]
    links: tuple[Exchange, ...]
    after: tuple[Exchange, ...]
    restless: bool = False

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The links, and what the member saw then."""
        return (*self.links, *self.after)

    @property
    def changes(self) -> bool:
        """Whether anything is another than before."""
        return any(map(changed, self.before, self.again, self.after))


async def follow(member: Member) -> Followed:
    """
    Have something to lose, look at it, follow every link, and look again; twice where somebody else was at it.

    In an account that is lent, a change must come whenever links are followed, and never when none is.
    """
    done = await follow_once(member)
    if done.restless:
        done = await follow_once(member)
    for _ in range(TIMES - 1):
        if member.person.account.made or done.restless or not done.changes:
            break
        once_more = await follow_once(member)
        done = replace(once_more if once_more.changes else done, restless=once_more.restless or not once_more.changes)
    return done


async def follow_once(member: Member) -> Followed:
    """Follow every link between looks; with an account that is lent, see whether it is others who change it."""
    await member.create_conversation("kept")
    before, again = await sights(member), await sights(member)
    began = time.monotonic()
    followed = tuple([await member.exchange(link) for link in links(member)])
    after = await sights(member)
    done = Followed(before=before, again=again, links=followed, after=after)
    if member.person.account.made or not done.changes:
        return done
    await asyncio.sleep(min(time.monotonic() - began, LONGEST_WATCH_S))
    later = await sights(member)
    return replace(done, restless=any(map(changed, after, after, later)))


async def sights(member: Member) -> tuple[Exchange, ...]:
    """Everything of their own that a member can read without knowing more."""
    known = {name for name, value in member.person.variables.items() if value}
    return tuple(
        [
            await member.attempt(name)
            for name in members_own(member.profile)
            if member.profile.operations[name].method == "GET" and set(variables_of(member.profile, name)) <= known
        ]
    )


def links(member: Member) -> Iterator[Request]:
    """
    Every change as a GET on its path, or, where a GET belongs there, as one that asks for the method.

    So does a HEAD, in the fields that proxies and frameworks know for it. Last, by its other names, the sign-out.
    """
    readable = {one.path for one in member.profile.operations.values() if one.method in SAFE}
    known = {name: value for name, value in member.person.variables.items() if value}
    for name in changes(member.profile):
        request = guess(member, name, known, member.credentials.without_csrf())
        link = replace(request, method="GET", body=b"", headers=request.headers.without("content-type"), redirects=0)
        if member.profile.operations[name].path in readable:
            mark = "&" if "?" in link.url else "?"
            yield overriding(replace(link, url=f"{link.url}{mark}_method={request.method}"), request.method)
        else:
            yield link
            yield overriding(replace(link, method="HEAD"), request.method)
    yield from other_names(member, readable)


def overriding(link: Request, method: str) -> Request:
    """The link with the fields that ask for another method than the first line's."""
    for name in OVERRIDES:
        link = link.with_header(name, method)
    return link


def other_names(member: Member, readable: set[str]) -> Iterator[Request]:
    """A GET on each path beside that of the sign-out that services use for it."""
    if "signout" not in member.profile.operations:
        return
    request = member.request("signout", credentials=member.credentials.without_csrf())
    link = replace(request, method="GET", body=b"", headers=request.headers.without("content-type"), redirects=0)
    folder = member.profile.operations["signout"].path.rpartition("/")[0]
    known = readable | {member.profile.operations["signout"].path}
    for path in (f"{folder}/{name}" for name in SIGN_OUT_NAMES):
        if path not in known:
            yield replace(link, url=f"{member.profile.origins.api}{path}")


def changed(before: Exchange, again: Exchange, after: Exchange) -> bool:
    """Whether a sight is another one now, in what stayed the same while nothing was done."""
    first, second, last = leaves_of(before), leaves_of(again), leaves_of(after)
    stable = {place: value for place, value in first.items() if second.get(place) == value}
    grown = first.keys() == second.keys() and bool(last.keys() - first.keys())
    return grown or any(place not in last or last[place] != value for place, value in stable.items())


def leaves_of(exchange: Exchange) -> dict[str, Any]:
    """Every value of a JSON answer by its place, but for moments; nothing of a page."""
    try:
        return dict(leaves(exchange.json(), ""))
    except NotEvaluable:
        return {}


def leaves(part: Any, place: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  JSON has no narrower type
    """Every value below a place."""
    if isinstance(part, dict | list):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            yield from leaves(value, f"{place}/{key}")
    elif not (isinstance(part, str) and MOMENT.match(part)) and not (isinstance(part, int | float) and part > EPOCH):
        yield place, part
