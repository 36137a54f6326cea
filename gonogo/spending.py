"""A member of a small quota spends it: all but the last message one by one, and the last several times at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.exchange import StreamedExchange
from gonogo.talking import spoken
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.member import Member

AT_ONCE = 3


@dataclass(frozen=True, kw_only=True)
class Spent:
    """
    What came of each message, in the order of sending; what came before it and `failed` is not to count.

    `unsure` should have failed and does not say so: it may count, or not.
    """

    allowed: int
    told: tuple[Exchange, ...]
    failed: tuple[Exchange, ...] = ()
    unsure: tuple[Exchange, ...] = ()

    @property
    def answered(self) -> list[Exchange]:
        """The messages that were answered."""
        return [one for one in self.told if one.ok]

    @property
    def others(self) -> list[Exchange]:
        """Those that were not."""
        return [one for one in self.told if not one.ok]

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """All of them."""
        return (*self.failed, *self.unsure, *self.told)


async def spend(member: Member) -> Spent:
    """Spend the whole quota, each message in a conversation of its own; first one fails, where that can be had."""
    quota = member.profile.means.small_quota
    if quota is None:
        raise HarnessTrouble("the profile has no means.small_quota: mark the part with needs")
    first = [await fail(member)] if member.profile.means.fail_prompt else []
    failed = tuple(one for one in first if has_failed(one))
    unsure = tuple(one for one in first if one not in failed)
    conversations = [await member.create_conversation("quota") for _ in range(quota.messages - 1 + AT_ONCE)]
    requests = [spoken(member, one, member.question(f"quota {number}")) for number, one in enumerate(conversations)]
    single = [await member.exchange(request) for request in requests[: quota.messages - 1]]
    together = await asyncio.gather(*(member.exchange(request) for request in requests[quota.messages - 1 :]))
    return Spent(allowed=quota.messages, told=(*single, *together), failed=failed, unsure=unsure)


async def fail(member: Member) -> Exchange:
    """Say what makes the model fail."""
    conversation = await member.create_conversation("quota")
    return await member.exchange(spoken(member, conversation, member.prompt("fail_prompt")))


def has_failed(answer: Exchange) -> bool:
    """Whether it says so: in its status, or in an event of its stream."""
    events = answer.events if isinstance(answer, StreamedExchange) else ()
    return not answer.ok or any(event.error is not None for event in events)
