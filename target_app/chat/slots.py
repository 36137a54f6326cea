"""
Who is being answered right now: one answer at a time in a conversation, on all workers together.

A slot is a claim in the store that lives as long as its worker renews it, so that the slot of a worker that
crashed is free again soon. Other workers leave wishes for an answer there: to stop it, or to hear it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import anyio

from target_app.errors import Problem
from target_app.store import StoreDown

if TYPE_CHECKING:
    from target_app.chat.answer import Answer
    from target_app.chat.live import Live
    from target_app.store import Store

log = logging.getLogger(__name__)

LEASE_S = 30.0
BEAT_S = 0.5
WISH_S = 3.0
STOP, HEAR = b"stop", b"hear"


class Busy(Problem):
    """Another answer is being written in the conversation."""

    def __init__(self) -> None:
        super().__init__(409, "An answer is being written in this conversation. Wait for its end, or stop it.")


class Slots:
    """The slots of all conversations, and the answers that this worker writes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._live: dict[str, Live] = {}
        self._beats: set[asyncio.Task[None]] = set()

    async def take(self, conversation_id: str, message_id: str) -> None:
        """
        Take the slot of a conversation for an answer; raises Busy if another one is being written there.

        An answer that nobody hears any more makes room.
        """
        if not await self._claim(conversation_id, message_id):
            left = await self._left_alone(conversation_id)
            if left is not None:
                await left.end()
            if left is None or not await self._claim(conversation_id, message_id):
                raise Busy

    async def free(self, conversation_id: str, message_id: str) -> None:
        """Let the next message be answered; freeing twice does no harm."""
        try:
            with anyio.CancelScope(shield=True):
                await self._store.release(_slot(conversation_id), message_id.encode())
        except StoreDown:
            log.warning("A slot could not be freed; it ends by itself")

    async def being_written(self, conversation_id: str) -> str | None:
        """Name the answer that is being written in a conversation, by whichever worker."""
        found = await self._store.get(_slot(conversation_id))
        return found.decode() if found else None

    def live(self, message_id: str | None) -> Live | None:
        """Give an answer that this worker writes."""
        return self._live.get(message_id or "")

    def add(self, live: Live) -> None:
        """Look after an answer until it is written."""
        message_id = live.answer.message_id
        self._live[message_id] = live
        beat = asyncio.ensure_future(self._look_after(live))
        self._beats.add(beat)

        def forget(_done: object) -> None:
            beat.cancel()
            self._live.pop(message_id, None)

        live.task.add_done_callback(forget)
        beat.add_done_callback(self._beats.discard)

    async def stop(self, conversation_id: str) -> bool:
        """Ask the answer being written to stop; tell whether there was one."""
        message_id = await self.being_written(conversation_id)
        live = self.live(message_id)
        if live is not None:
            live.stop()
        elif message_id is not None:
            await self._store.put(_wish(message_id), STOP, ttl_s=LEASE_S)
        return message_id is not None

    async def progress(self, message_id: str) -> dict[str, Any] | None:
        """Ask another worker how far its answer is; it tells within a second or two, and goes on meanwhile."""
        if await self._store.get(_wish(message_id)) != STOP:
            await self._store.put(_wish(message_id), HEAR, ttl_s=WISH_S)
        found = await self._store.get(_progress(message_id))
        progress: dict[str, Any] | None = json.loads(found) if found else None
        return progress

    async def close(self, grace_s: float) -> None:
        """Stop every answer and wait until what was said is kept."""
        writing = {live.task for live in self._live.values()}
        for live in [*self._live.values()]:
            live.stop()
        if writing:
            await asyncio.wait(writing, timeout=grace_s)

    async def _claim(self, conversation_id: str, message_id: str) -> bool:
        return await self._store.claim(_slot(conversation_id), message_id.encode(), ttl_s=LEASE_S)

    async def _left_alone(self, conversation_id: str) -> Live | None:
        live = self.live(await self.being_written(conversation_id))
        return live if live is not None and not live.listeners else None

    async def _look_after(self, live: Live) -> None:
        while not live.task.done():
            await asyncio.sleep(BEAT_S)
            try:
                await self._beat(live)
            except StoreDown:
                log.warning("An answer is written while the store is away")

    async def _beat(self, live: Live) -> None:
        answer = live.answer
        if answer.status != "writing":
            return
        wish = await self._store.get(_wish(answer.message_id))
        if wish == STOP or not await self._hold(answer):
            live.stop()
        elif wish == HEAR:
            live.wait_on()
            live.go_on()
            progress = {**answer.told(), "content": answer.text}
            await self._store.put(_progress(answer.message_id), json.dumps(progress).encode(), ttl_s=LEASE_S)
        else:
            live.wait_alone()

    async def _hold(self, answer: Answer) -> bool:
        """Keep the slot. The store may have forgotten it; if another answer has it since, this one gives way."""
        key, owner = _slot(answer.conversation_id), answer.message_id.encode()
        if await self._store.renew(key, owner, ttl_s=LEASE_S) or answer.status != "writing":
            return True
        return await self._claim(answer.conversation_id, answer.message_id)


def _slot(conversation_id: str) -> str:
    return f"answering:{conversation_id}"


def _wish(message_id: str) -> str:
    return f"wish:{message_id}"


def _progress(message_id: str) -> str:
    return f"progress:{message_id}"
