"""
Every operation that belongs to members, tried by somebody without a session.

What is protected is decided by the profile's `public:` list, not by what the target says of itself: an
operation that forgot its guard says that it is open.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gonogo.exchange import Refusal
from gonogo.operation import Credentials, variables_of

if TYPE_CHECKING:
    from gonogo.member import Member
    from gonogo.profile import Profile

ALSO = ("create_conversation", "send_message")
"""Operations that change something, and are tried all the same: the member does them anyway."""


def doors(profile: Profile, known: set[str]) -> list[str]:
    """The operations to try: a member's own, read only or harmless, for which all variables are known."""
    return [
        name
        for name, described in profile.operations.items()
        if described.credential == "session"
        and name not in profile.public
        and (described.method == "GET" or name in ALSO)
        and set(variables_of(profile, name)) <= known
    ]


async def tried(member: Member) -> list[Refusal]:
    """Send each operation as the member, then as nobody, then, where it changes nothing, as the member again."""
    conversation = await member.create_conversation("doors")
    values = {"conversation_id": conversation, "title": "doors", "content": member.question("knock knock")}
    known = {name for name, value in {**member.person.variables, **values}.items() if value}
    return [await shut(member, name, values) for name in doors(member.profile, known)]


async def shut(member: Member, operation: str, values: dict[str, str]) -> Refusal:
    """Try one operation; a redirect to the sign-in page is a refusal, so that it is not followed."""
    valid = member.request(operation, credentials=None, **values)
    invalid = replace(member.request(operation, credentials=Credentials(), **values), redirects=0)
    if operation not in ALSO:
        return await member.refused(valid, invalid)
    before = await member.exchange(valid)
    return Refusal(before=before, refused=await member.exchange(invalid))
