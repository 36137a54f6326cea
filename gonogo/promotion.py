"""Asks for more than a member may have, in fields that nobody offered."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gonogo.body import FORM, urlencoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.exchange import Exchange, Request
    from gonogo.member import Member
    from gonogo.profile import Profile

Path = tuple[str, ...]
Field = tuple[Path, str]
SIGHTS = ("session", "plan", "settings")
KEEPS = "settings"
CONTROL = "gonogo_note"
"""A field that means nothing to anyone: what keeps it keeps whatever it is sent."""
FIELDS: dict[str, Any] = {"role": "admin", "is_admin": True, "admin": True, "is_superuser": True, "credits": 987654321}


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """A request for more than is due, and what a member looks like before it and after."""

    asked: Exchange
    before: tuple[Exchange, ...]
    after: tuple[Exchange, ...]
    wishes: dict[str, Any]

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """What was asked, and what the target then says of who asked."""
        return (self.asked, *self.after)


def wishes(profile: Profile) -> dict[str, Any]:
    """The fields that are asked for; the plan is the one that is sold."""
    plans = profile.promises.plans
    return FIELDS | {CONTROL: "kept"} | ({"plan": plans.paid} if plans else {})


def wishful(request: Request, wanted: dict[str, Any]) -> Request:
    """The request with these fields beside its own; one whose body has no room for them stays as it is."""
    kind = request.headers.get("content-type")
    if kind == FORM:
        more = urlencoded((name, str(value)) for name, value in wanted.items())
        return replace(request, body=b"&".join(part for part in (request.body, more.encode()) if part))
    try:
        document = json.loads(request.body or b"{}")
    except ValueError:
        return request
    return replace(request, body=json.dumps({**wanted, **document}).encode()) if isinstance(document, dict) else request


async def looks(member: Member) -> tuple[Exchange, ...]:
    """What the target says of a member."""
    return tuple([await member.attempt(name) for name in SIGHTS if name in member.profile.operations])


async def promoted_at_sign_up(newcomer: Member, ordinary: Member) -> Promotion:
    """Sign up with wishes; where that is refused, sign up as everybody does, so that the account can be looked at."""
    wanted, before = wishes(newcomer.profile), await looks(ordinary)
    newcomer.cast.keep(newcomer.person.account)
    newcomer.person.account.exists = True
    newcomer.person.variables["mail_since"] = time.time()
    await newcomer.prepare_csrf("signup")
    asked = await newcomer.exchange(wishful(newcomer.request("signup"), wanted))
    if not asked.ok:
        await newcomer.do("signup")
    if "verify_email" in newcomer.profile.operations:
        await newcomer.verify_email()
    await newcomer.sign_in()
    return Promotion(asked=asked, before=before, after=await looks(newcomer), wishes=wanted)


async def promoted_in_settings(member: Member) -> Promotion:
    """Change the settings with wishes."""
    wanted, before = wishes(member.profile), await looks(member)
    request = member.request("update_settings", theme=member.profile.means.themes[-1])
    asked = await member.exchange(wishful(request, wanted))
    await member.do("update_settings", theme=member.profile.means.themes[-1])
    return Promotion(asked=asked, before=before, after=await looks(member), wishes=wanted)


def granted(promotion: Promotion) -> list[str]:
    """
    The fields that have the value that was wished for, and had another, or were not there, before.

    Settings that keep whatever they are sent, the control field too, make nobody more: there only a field counts that
    had another value before. What says who somebody is, or what is paid for, has no such excuse.
    """
    return sorted({name for one in promotion.after if one.ok for name in granted_in(one, promotion)})


def granted_in(after: Exchange, promotion: Promotion) -> Iterator[str]:
    """The wishes that came true in one sight of a member."""
    fields, known = list(fields_of(after.json())), [one for one in promotion.before if one.ok]
    same = [one for one in known if one.request.operation == after.request.operation]
    keeps_all = after.request.operation == KEEPS and any(path[-1] == CONTROL for path, _ in fields)
    before = [field for one in (same if keeps_all else known) for field in fields_of(one.json())]
    had, values = {path for path, _ in before}, {(path[-1], value) for path, value in before}
    for path, value in fields:
        wished = path[-1] in promotion.wishes and value == repr(promotion.wishes[path[-1]])
        new = (path in had and (path, value) not in before) if keeps_all else (path[-1], value) not in values
        if wished and new and path[-1] != CONTROL:
            yield path[-1]


def fields_of(part: Any, path: Path = ()) -> Iterator[Field]:  # noqa: ANN401  JSON has no narrower type
    """Every field of an answer, by the names that lead to it, with its value, however deep."""
    for key, value in part.items() if isinstance(part, dict) else ():
        yield (*path, key), repr(value)
        yield from fields_of(value, (*path, key))
    for value in part if isinstance(part, list) else ():
        yield from fields_of(value, path)
