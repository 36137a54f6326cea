"""Writes one answer: the events that the member sees, and the message that is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import anyio
from starlette.responses import StreamingResponse

from target_app.chat.events import KEEP_ALIVE, EventWriter
from target_app.chat.pace import paced
from target_app.chat.scripted import ModelError, tokens_of
from target_app.errors import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Receive, Scope, Send

    from target_app.chat.slots import Slot

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
Status = Literal["writing", "complete", "stopped", "failed"]


@dataclass(kw_only=True)
class Answer:
    """An answer while it is written: `said` grows with each token, and `status` leaves "writing" once."""

    message_id: str
    conversation_id: str
    question_id: str
    model: str
    prompt: str
    said: list[str] = field(default_factory=list)
    status: Status = "writing"

    @property
    def text(self) -> str:
        """All that was said so far."""
        return "".join(self.said)


Keep: TypeAlias = Callable[[Answer], Awaitable[None]]


class AnswerEvents:
    """The events of one answer: start, tokens, usage, end; or an error where it broke off."""

    def __init__(self, answer: Answer, tokens: AsyncGenerator[str, None], slot: Slot, quiet_s: float) -> None:
        self.answer = answer
        self.tokens = paced(tokens, slot.stop, quiet_s)
        self.slot = slot
        self.writer = EventWriter(message_id=answer.message_id)

    def start(self) -> bytes:
        """Say which message this will be."""
        answer = self.answer
        names = {"message_id": answer.message_id, "conversation_id": answer.conversation_id, "model": answer.model}
        return self.writer.write("start", names)

    async def middle(self) -> AsyncGenerator[bytes, None]:
        """Pass the tokens on; raises ModelError where the model failed."""
        async with aclosing(self.tokens) as tokens:
            async for text in tokens:
                if text is None:
                    yield KEEP_ALIVE
                    continue
                self.answer.said.append(text)
                yield self.writer.write("token", {"index": len(self.answer.said) - 1, "text": text})

    def error(self, problem: Problem) -> bytes:
        """Say why the answer broke off: it is too late for a status line."""
        return self.writer.write("error", problem.document())

    def usage(self) -> bytes:
        """Count what was read and said."""
        counts = {"prompt_tokens": len(tokens_of(self.answer.prompt)), "completion_tokens": len(self.answer.said)}
        return self.writer.write("usage", counts)

    def end(self) -> bytes:
        """Say that this was all."""
        reason = "stopped" if self.answer.status == "stopped" else "stop"
        return self.writer.write("end", {"message_id": self.answer.message_id, "finish_reason": reason})


async def finish(events: AnswerEvents, status: Status, keep: Keep) -> None:
    """Keep the answer as it is now, unless that was done, and free the slot. A client that leaves is waited out."""
    answer = events.answer
    try:
        if answer.status == "writing":
            answer.status = status
            with anyio.CancelScope(shield=True):
                await keep(answer)
    finally:
        await events.slot.free()


async def written(events: AnswerEvents, keep: Keep) -> AsyncGenerator[bytes, None]:
    """Write the whole stream. Before its end is told, the answer is kept and the next question may come."""
    yield events.start()
    try:
        async with aclosing(events.middle()) as middle:
            async for block in middle:
                yield block
        await finish(events, "stopped" if events.slot.stop.is_set() else "complete", keep)
    except ModelError as error:
        await finish(events, "failed", keep)
        yield events.error(Problem(502, f"{error} What it said before is kept."))
    except Exception:
        yield events.error(Problem(500, "The answer could not be finished."))
        await finish(events, "failed", keep)
        raise
    else:
        yield events.usage()
        yield events.end()


class AnswerStream(StreamingResponse):
    """The stream as an answer to a request. If nobody reads on, what was said is kept and the slot is freed."""

    media_type = "text/event-stream"

    def __init__(self, events: AnswerEvents, keep: Keep) -> None:
        self.events = events
        self.keep = keep
        self.blocks = written(events, keep)
        super().__init__(self.blocks, headers=HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; a client that leaves ends it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                try:
                    await self.blocks.aclose()
                finally:
                    await finish(self.events, "stopped", self.keep)
