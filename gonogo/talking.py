"""
What a member does with an answer beside hearing it out: leave it, come back for the rest, stop it, send it again.

Everything here takes members of any target; what a target does not offer is not asked of it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.exchange import Exchange, StreamedExchange
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.exchange import Request, StreamEvent
    from gonogo.member import Member

FEW = 5
"""Pieces of text after which a client is cut off: enough to have something to lose."""


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """An answer whose client was cut off, and what it was told when it came back."""

    cut: StreamedExchange
    rest: Exchange

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The two, in order."""
        return (self.cut, self.rest)


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """An answer that was stopped; `went_on_s` is how long it went on after the target had agreed to stop it."""

    reply: StreamedExchange
    stop: Exchange
    went_on_s: float

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The two, in order."""
        return (self.reply, self.stop)


@dataclass(frozen=True, kw_only=True)
class Retried:
    """A message that was sent twice at once, and again afterwards, all with one key; and the history then."""

    together: tuple[Exchange, ...]
    again: Exchange
    history: Exchange

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """All of them, in order."""
        return (*self.together, self.again, self.history)


@dataclass(frozen=True, kw_only=True)
class Left:
    """An answer that nobody heard out, what was kept of it a while later, and what a next message got."""

    cut: StreamedExchange
    history: Exchange | None
    next: Exchange | None

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """All of them, in order."""
        return tuple(one for one in (self.cut, self.history, self.next) if one)


def pieces(events: Sequence[StreamEvent]) -> int:
    """How many of the events carry text."""
    return sum(bool(event.delta) for event in events)


def streamed(exchange: Exchange) -> StreamedExchange:
    """The exchange as a stream. Raises HarnessTrouble where the profile does not call it one."""
    if not isinstance(exchange, StreamedExchange):
        raise HarnessTrouble(f"the profile's {exchange.request.operation} does not say `streams: true`")
    return exchange


def spoken(member: Member, conversation: str, content: str) -> Request:
    """The request that says something, counted against the account's messages."""
    member.person.account.messages += 1
    return member.request("send_message", conversation_id=conversation, content=content)


async def cut_off(member: Member, conversation: str, content: str, after: int = FEW) -> StreamedExchange:
    """Say something, and be cut off when so many pieces of the answer came."""
    request = spoken(member, conversation, content)
    return streamed(member.answered(await member.exchange(request, heard=lambda events: pieces(events) >= after)))


async def resumed(member: Member, conversation: str, content: str) -> Resumed:
    """Be cut off, and come back at once for the rest."""
    cut = await cut_off(member, conversation, content)
    return Resumed(cut=cut, rest=await member.attempt("resume_message", **place_in(cut, conversation)))


def place_in(reply: StreamedExchange, conversation: str, event: int = -1) -> dict[str, str]:
    """What resume_message is told, to hear what came after one of the events."""
    message = reply.captured.get("message_id", "")
    last = reply.events[event].id if reply.events else ""
    return {"conversation_id": conversation, "message_id": message, "last_event_id": last}


async def stopped(member: Member, conversation: str, content: str) -> Stopped:
    """Have an answer stopped as soon as its first words came."""
    begun = asyncio.Event()

    def heard(events: Sequence[StreamEvent]) -> bool:
        if pieces(events):
            begun.set()
        return False

    hearing = asyncio.ensure_future(member.exchange(spoken(member, conversation, content), heard=heard))
    first = asyncio.ensure_future(begun.wait())
    try:
        await asyncio.wait({hearing, first}, return_when=asyncio.FIRST_COMPLETED)
        stop = await member.do("stop_message", conversation_id=conversation)
        agreed = time.perf_counter()
        reply = streamed(member.answered(await hearing))
        return Stopped(reply=reply, stop=stop, went_on_s=time.perf_counter() - agreed)
    finally:
        first.cancel()
        hearing.cancel()


async def retried(member: Member, conversation: str, content: str) -> Retried:
    """Send a message twice at once and then again, all with the same key."""
    field = member.profile.promises.message_key
    if field is None:
        raise HarnessTrouble("the profile has no promises.message_key: mark the part with needs")
    request = spoken(member, conversation, content).with_header(field, f"gonogo-{secrets.token_hex(8)}")
    together = await asyncio.gather(member.exchange(request), member.exchange(request))
    again = await member.exchange(request)
    return Retried(together=together, again=again, history=await member.history(conversation))


async def left(member: Member, content: str, wait_s: float, next_words: str) -> Left:
    """Leave an answer after its first words, and look a while later what became of it."""
    conversation = await member.create_conversation("left")
    cut = await cut_off(member, conversation, content, after=1)
    await asyncio.sleep(wait_s)
    offered = member.profile.operations
    history = await member.history(conversation) if conversation and "history" in offered else None
    following = await member.exchange(spoken(member, conversation, next_words)) if conversation else None
    return Left(cut=cut, history=history, next=following)
