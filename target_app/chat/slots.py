"""Who is being answered right now: one answer at a time in a conversation, each of which can be stopped."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import anyio
from fastapi import Depends, Request

from target_app.database import new_id
from target_app.errors import Problem
from target_app.store import StoreDown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from target_app.store import Store

# A slot whose worker died is free again after so long.
SLOT_S = 30.0
# How soon a worker learns that another one was asked to stop its answer.
LOOK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Slot:
    """The right to answer in one conversation; `stop` is set when the member has heard enough."""

    slots: Slots
    conversation_id: str
    owner: str = field(default_factory=new_id)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def free(self) -> None:
        """Let the next message be answered; freeing twice does no harm."""
        await self.slots.free(self)


class Slots:
    """The slots of all workers, by conversation. Those of this worker are watched, so that others can stop them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._own: dict[str, Slot] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def taken(self, conversation_id: str) -> AsyncIterator[Slot]:
        """
        Take the slot of a conversation; it stays taken, unless the block raises.

        Raises a 409 problem if an answer is being written there, and StoreDown if nobody can tell.
        """
        slot = Slot(slots=self, conversation_id=conversation_id)
        if not await self._claim(slot):
            raise Problem(409, "An answer is being written in this conversation. Wait for its end, or stop it.")
        self._own[conversation_id] = slot
        self._watches[slot.owner] = asyncio.create_task(self._watch(slot))
        try:
            yield slot
        except BaseException:
            await self.free(slot)
            raise

    async def free(self, slot: Slot) -> None:
        """Let the next message be answered; freeing twice does no harm."""
        if self._own.get(slot.conversation_id) is slot:
            del self._own[slot.conversation_id]
        watch = self._watches.pop(slot.owner, None)
        if watch is not None:
            watch.cancel()
        # Without the store the claim ends by itself.
        with anyio.CancelScope(shield=True), suppress(StoreDown):
            await self.store.release(_key(slot.conversation_id), slot.owner.encode())

    async def stop(self, conversation_id: str) -> bool:
        """Ask the answer being written to stop, whichever worker writes it; tell whether there was one."""
        slot = self._own.get(conversation_id)
        if slot is not None:
            slot.stop.set()
            return True
        owner = await self.store.get(_key(conversation_id))
        if owner is not None:
            await self.store.put(f"stop:{owner.decode()}", b"stop", ttl_s=SLOT_S)
        return owner is not None

    async def _claim(self, slot: Slot) -> bool:
        return await self.store.claim(_key(slot.conversation_id), slot.owner.encode(), ttl_s=SLOT_S)

    async def _watch(self, slot: Slot) -> None:
        while not slot.stop.is_set():
            await asyncio.sleep(LOOK_S)
            # Without the store the answer goes on: the member's question is kept, and deserves its end.
            with suppress(StoreDown):
                await self._look(slot)

    async def _look(self, slot: Slot) -> None:
        asked = await self.store.get(f"stop:{slot.owner}") is not None
        if asked or not await self._hold(slot):
            slot.stop.set()

    async def _hold(self, slot: Slot) -> bool:
        key, owner = _key(slot.conversation_id), slot.owner.encode()
        # The store may have forgotten the claim. If another answer has taken the slot since, this one gives way.
        return await self.store.renew(key, owner, ttl_s=SLOT_S) or await self._claim(slot)


def _key(conversation_id: str) -> str:
    return f"slot:{conversation_id}"


def get_slots(request: Request) -> Slots:
    """Return the slots of the running service."""
    slots: Slots = request.app.state.slots
    return slots


TheSlots = Annotated[Slots, Depends(get_slots)]
