"""The event stream of an answer as the answer to a request: from its beginning, or from where it was cut."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio
from starlette.responses import StreamingResponse

from target_app.chat import history
from target_app.chat.events import KEEP_ALIVE, EventWriter, begun, retold
from target_app.errors import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
    from starlette.types import Receive, Scope, Send

    from target_app.chat.live import Live
    from target_app.chat.slots import Slots

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
POLL_S = 0.3
LOST = "The answer was lost with the worker that wrote it. Send the message again."


class EventStream(StreamingResponse):
    """A stream of events that were made already, or are made elsewhere."""

    media_type = "text/event-stream"

    def __init__(self, blocks: AsyncGenerator[bytes, None]) -> None:
        self.blocks = blocks
        super().__init__(blocks, headers=HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; a client that leaves ends it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await self.blocks.aclose()


class LiveStream(EventStream):
    """A stream that is being made by this worker."""

    def __init__(self, live: Live, after: int, quiet_s: float) -> None:
        self.live = live
        live.join()
        super().__init__(live.hear(after, quiet_s))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream, and say when nobody hears it any more."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await self.live.leave()


async def told(blocks: Sequence[bytes]) -> AsyncGenerator[bytes, None]:
    """Tell events that are all there."""
    for block in blocks:
        yield block


async def told_elsewhere(
    slots: Slots, maker: async_sessionmaker[AsyncSession], conversation_id: str, message_id: str, after: int
) -> AsyncGenerator[bytes, None]:
    """Tell the events of an answer that another worker writes, from number `after` on."""
    # Asked in this order, an answer that ends meanwhile is found kept.
    while await slots.being_written(conversation_id) == message_id:
        progress = await slots.progress(message_id)
        if progress is not None:
            writer = EventWriter(message_id=message_id)
            for block in begun(writer, conversation_id, progress, progress["content"], progress["pieces"])[after:]:
                yield block
                after += 1
        yield KEEP_ALIVE
        await asyncio.sleep(POLL_S)
    async with maker() as db:
        kept = await history.answer_with(db, conversation_id, message_id)
    lost = EventWriter(message_id=message_id, written=after).write("error", Problem(502, LOST).document())
    async with aclosing(told(retold(kept)[after:] if kept else [lost])) as rest:
        async for block in rest:
            yield block
