"""What somebody else can plant in a browser before it signs in: a session, and a link that is his own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gonogo.cookies import parse_set_cookie
from gonogo.doors import NOBODY
from gonogo.exchange import Refusal
from gonogo.forgery import with_cookies
from gonogo.monitored import as_member
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.member import Member


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A session cookie that was there before the sign-in, and whether it opens the account after it."""

    name: str
    value: str
    signed_in: Exchange
    tried: Refusal

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The sign-in, and the try."""
        return self.tried.trail


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """A verification link that was used in another member's session, and what that member saw before and after."""

    before: Exchange
    again: Exchange
    used: Exchange
    after: Exchange

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The link, and what the member saw then."""
        return (self.used, self.after)


async def planted(member: Member) -> Planted:
    """
    Sign out, and in again with a session cookie that was there before; then try to get in with that one.

    It is the one that the target itself gives to whoever comes, where it gives one; else one of our own.
    """
    await member.do("signout")
    await member.prepare_csrf("signin")
    name, value = await before_sign_in(member)
    request = member.request("signin")
    signed_in = member.answered(await member.exchange(with_cookies(request, {name: value})))
    await member.fetch_csrf()
    member.person.signed_in_by = signed_in
    bare = member.request("session", credentials=NOBODY)
    refused = await member.exchange(with_cookies(bare, {name: value}))
    after = await member.attempt("session")
    tried = Refusal(refused=refused, before=signed_in, after=after, steps=(signed_in,))
    return Planted(name=name, value=value, signed_in=signed_in, tried=tried)


async def before_sign_in(member: Member) -> tuple[str, str]:
    """
    Give the session cookie that is there before the sign-in, by name and value.

    Where pages give a token before there is a session, it may be bound to that cookie: so ours goes along from then on.
    """
    profile, store = member.profile, member.person.store
    if not profile.identity.session_cookies:
        raise HarnessTrouble("the profile names no cookie that carries the session: identity.session_source")
    name = profile.identity.session_cookies[0]
    given = store.value_of(name)
    if given:
        return name, given
    value = secrets.token_urlsafe(24)
    if profile.csrf and profile.csrf.before_session:
        store.update((parse_set_cookie(f"{name}={value}; Path=/"),), member.request("session").url)
        await member.prepare_csrf("signin")
    return name, value


async def verified_elsewhere(newcomer: Member, other: Member) -> Elsewhere:
    """Have another member open the verification link of a newcomer, and see who the other one is then."""
    before, again = await other.attempt("session"), await other.attempt("session")
    variables: dict[str, Any] = dict(await newcomer.mailed_link())
    link = newcomer.request("verify_email", **variables)
    used = await newcomer.exchange(as_member(link, other))
    after = await other.attempt("session")
    return Elsewhere(before=before, again=again, used=used, after=after)
