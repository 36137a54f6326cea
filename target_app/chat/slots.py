"""Who is being answered right now: one answer at a time in a conversation, each of which can be stopped."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_app.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Slot:
    """The right to answer in one conversation; `stop` is set when the member has heard enough."""

    conversation_id: str
    stop: asyncio.Event = field(default_factory=asyncio.Event)


_taken: dict[str, Slot] = {}


@contextmanager
def taken(conversation_id: str) -> Iterator[Slot]:
    """
    Take the slot of a conversation; it stays taken, unless the block raises.

    Raises a 409 problem if an answer is being written there.
    """
    if conversation_id in _taken:
        raise Problem(409, "An answer is being written in this conversation. Wait for its end, or stop it.")
    slot = _taken[conversation_id] = Slot(conversation_id=conversation_id)
    try:
        yield slot
    except BaseException:
        free(slot)
        raise


def free(slot: Slot) -> None:
    """Let the next message be answered; freeing twice does no harm."""
    if _taken.get(slot.conversation_id) is slot:
        del _taken[slot.conversation_id]


def stop(conversation_id: str) -> bool:
    """Ask the answer being written to stop; tell whether there was one."""
    slot = _taken.get(conversation_id)
    if slot is not None:
        slot.stop.set()
    return slot is not None
