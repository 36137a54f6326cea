"""What becomes of sessions, passwords and links when a member gets another password, or ends a session from afar."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.exchange import Refusal
from gonogo.member import RESET_MAIL
from gonogo.people import ANOTHER_PASSWORD, NEW_PASSWORD, RESET_PASSWORD

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.member import Member

WRONG = "not-the-password-1A!"
NOBODY = "nobody-here@example.com"


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A change with a wrong password, then the right one; what opened the account before it, and does so no more."""

    guessed: Refusal
    session: Refusal
    password: Refusal


@dataclass(frozen=True, kw_only=True)
class Reset:
    """A link to a new password, used and used again; and a session that was open before."""

    session: Refusal
    again: Refusal


async def end_anothers(owner: Member, phone: Member, thief: Member) -> Refusal:
    """Have another member try to end the session of the phone."""
    listed = await owner.do("list_sessions")
    tried = await thief.attempt("end_session", **listed.captured)
    if not (await phone.attempt("session")).ok:
        phone.leave()
    return Refusal(refused=tried, before=listed, steps=(listed,))


async def end_from_afar(owner: Member, phone: Member) -> Refusal:
    """End the session of the phone from where its owner is signed in too."""
    await phone.join()
    alive = await phone.attempt("session")
    listed = await owner.do("list_sessions")
    ended = await owner.do("end_session")
    dead = await phone.attempt("session")
    phone.leave()
    return Refusal(refused=dead, before=alive, after=await owner.attempt("session"), steps=(listed, ended))


async def forgotten(member: Member) -> list[Exchange]:
    """Ask for a new password twice, of whom the target knows and of whom it does not."""
    await member.prepare_csrf("forgot_password")
    unknown = await member.attempt("forgot_password", email=NOBODY)
    member.person.variables["mail_since"] = time.time()
    return [await member.do("forgot_password"), unknown]


async def reset(owner: Member, phone: Member) -> Reset:
    """Use the link of the last mail twice, with two passwords; the owner, who was signed in, signs in again."""
    alive = await owner.attempt("session")
    link = await phone.mailed_link(RESET_MAIL)
    fresh, another = (owner.person.account.later_password(one) for one in (RESET_PASSWORD, ANOTHER_PASSWORD))
    used = await phone.do("reset_password", **link, new_password=fresh)
    learn_password(owner, fresh)
    dead = await owner.attempt("session")
    again = await phone.attempt("reset_password", **link, new_password=another)
    if again.ok:
        learn_password(owner, another)
    phone.leave()
    signed_in = await owner.sign_in()
    return Reset(
        session=Refusal(refused=dead, before=alive, after=await owner.attempt("session"), steps=(used,)),
        again=Refusal(refused=again, before=used, after=signed_in, steps=(used,)),
    )


async def change(owner: Member, phone: Member) -> Changed:
    """Change the password on one device, with a wrong one first, and see what the other can still do."""
    alive, signed_in = await phone.attempt("session"), phone.signed_in_by
    old, fresh = owner.person.account.password, owner.person.account.later_password(NEW_PASSWORD)
    guessed = await owner.attempt("change_password", password=WRONG, new_password=fresh)
    changed = await owner.do("change_password", new_password=fresh)
    learn_password(owner, fresh)
    dead = await phone.attempt("session")
    await phone.prepare_csrf("signin")
    refused = await phone.attempt("signin", password=old)
    phone.leave()
    after = await phone.sign_in()
    return Changed(
        guessed=Refusal(refused=guessed, after=changed),
        session=Refusal(refused=dead, before=alive, after=await phone.attempt("session"), steps=(changed,)),
        password=Refusal(refused=refused, before=signed_in, after=after, steps=(changed,)),
    )


def learn_password(member: Member, password: str) -> None:
    """Know the new password, on every device, and whoever cleans up later."""
    account = member.person.account
    account.password = password
    for person in member.cast.persons.values():
        if person.account is account:
            person.variables["password"] = password
    member.cast.keep(account)
