"""
Every operation that belongs to members, tried by somebody without a session, and without a CSRF token.

What is protected is decided by the profile's `public:` list, not by what the target says of itself: an
operation that forgot its guard says that it is open. What is tried is what the profile describes, and what the
target's OpenAPI document names beside it.

Where the member can do the same without harm, the refusal is shown beside its twin. Everything else is sent
once, as a guess: with ids that lead nowhere where none is known, and with whatever its schema asks for.
`checks.guess` says what the answer to a guess proves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gonogo.exchange import Refusal
from gonogo.harmless import NOTHING, changes, harmless_changes, something_for_all
from gonogo.openapi import request_of, undescribed
from gonogo.operation import SAFE, Credentials, variables_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.exchange import Exchange, Request
    from gonogo.member import Member
    from gonogo.openapi import Documented
    from gonogo.profile import Profile

DOCUMENT = "openapi"
ALSO = ("create_conversation", "send_message")
"""Operations that change something, and are done by the member too: it does them anyway."""
ENDS_AN_ACCOUNT = ("delete_account", "change_password")
NOBODY = Credentials()
OPEN_TO_ALL = ("refresh", "signout")
"""What gives nobody anything: it needs no session, for it ends one, or brings a token of its own."""


def doors(profile: Profile, known: set[str]) -> list[str]:
    """The operations to try beside their twin: read only or harmless, for which all variables are known."""
    return [
        name
        for name, described in profile.operations.items()
        if described.credential == "session"
        and name not in profile.public
        and (described.method in SAFE or name in ALSO)
        and set(variables_of(profile, name)) <= known
    ]


async def tried(member: Member) -> list[Refusal | Exchange]:
    """Send each operation as nobody: beside the member's own where that is harmless, else as a guess."""
    conversation = await member.create_conversation("doors")
    values = {"conversation_id": conversation, "title": "doors", "content": member.question("knock knock")}
    known = {name: value for name, value in {**member.person.variables, **values}.items() if value}
    named = doors(member.profile, set(known))
    shut: list[Refusal | Exchange] = [await beside_twin(member, name, values) for name in named]
    rest = [name for name in members_own(member.profile) if name not in (*named, *OPEN_TO_ALL)]
    guesses = [as_nobody(guess(member, name, known)) for name in rest]
    guesses += [request_of(member.profile, one, known) for one in await beside_the_profile(member)]
    return [*shut, *[await member.exchange(request) for request in guesses]]


def members_own(profile: Profile) -> list[str]:
    """Every operation that only a member may use."""
    return [
        name for name, one in profile.operations.items() if one.credential == "session" and name not in profile.public
    ]


async def beside_twin(member: Member, operation: str, values: dict[str, str]) -> Refusal:
    """Try one operation as nobody, and then as the member."""
    refused = await member.exchange(as_nobody(member.request(operation, credentials=NOBODY, **values)))
    return Refusal(refused=refused, after=await member.attempt(operation, **values))


def as_nobody(request: Request) -> Request:
    """A redirect to the sign-in page is a refusal, so that it is not followed."""
    return replace(request, redirects=0)


def guess(member: Member, operation: str, known: dict[str, Any], credentials: Credentials = NOBODY) -> Request:
    """A request of an operation with what is known, and with something for everything else."""
    made_up = dict.fromkeys(variables_of(member.profile, operation), NOTHING)
    values = made_up | something_for_all(member.profile) | known
    return member.request(operation, credentials=credentials, **values)


async def beside_the_profile(member: Member) -> list[Documented]:
    """What the target's document names and the profile does not; nothing where there is no document."""
    if DOCUMENT not in member.profile.operations:
        return []
    return undescribed(member.profile, (await member.do(DOCUMENT)).json())


async def unguarded(member: Member) -> list[Refusal | Exchange]:
    """
    Send everything that changes something without a CSRF token: beside its twin where harmless, else as a guess.

    With a lent account nothing is tried that could end it, and nothing that only the document names.
    """
    bare = member.credentials.without_csrf()
    harmless = harmless_changes(member.profile, "csrf")
    shown: list[Refusal | Exchange] = []
    known = {name: value for name, value in member.person.variables.items() if value}
    for operation, values in harmless.items():
        invalid = member.request(operation, credentials=bare, **values)
        refusal = await member.refused(member.request(operation, **values), invalid)
        known |= refusal.after.captured if refusal.after else {}
        shown.append(refusal)
    requests = [guess(member, name, known, bare) for name in changes(member.profile) if name not in harmless]
    if member.person.account.made:
        requests = [*await documented_changes(member, known), *requests]
    else:
        requests = [one for one in requests if one.operation not in ENDS_AN_ACCOUNT]
    return [*shown, *[await member.exchange(as_nobody(request)) for request in requests]]


async def refused_between(member: Member, valid: Request, *invalid: Request) -> list[Refusal]:
    """Requests that must be refused, between two valid ones that they share."""
    before = await member.exchange(valid)
    refused = [await member.exchange(request) for request in invalid]
    after = await member.exchange(valid)
    return [Refusal(before=before, refused=one, after=after) for one in refused]


async def documented_changes(member: Member, known: dict[str, Any]) -> list[Request]:
    """What only the document names and changes something, with the member's cookies and no token."""
    found: Sequence[Documented] = [one for one in await beside_the_profile(member) if not one.is_safe]
    plain = [request_of(member.profile, one, known) for one in found]
    return [with_session(member, request) for request in plain]


def with_session(member: Member, request: Request) -> Request:
    """The request with what a browser would add by itself."""
    cookies = member.person.store.header_for(request.url)
    return request.with_header("Cookie", cookies) if cookies else request
