"""Writes one answer: the events that the member sees, and the message that is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from uuid import UUID, uuid5

import anyio

from target_app.chat.events import EventWriter
from target_app.chat.pace import until
from target_app.chat.provider import Ending, ModelError
from target_app.chat.scripted import tokens_of
from target_app.errors import Problem

if TYPE_CHECKING:
    from asyncio import Event
    from collections.abc import AsyncGenerator

    from target_app.chat.provider import Ask, Said

ANSWERS = UUID("5d2d8a3a-7d0e-4c6e-9a51-0f6f2f1f3c55")
Status = Literal["writing", "complete", "stopped", "failed"]
Kind = Literal["exact", "semantic"]


@dataclass(kw_only=True)
class Answer:
    """
    An answer while it is written: `said` grows with each token, and `status` leaves "writing" once.

    `month` is the one in which its question was counted.
    """

    message_id: str
    conversation_id: str
    question_id: str
    user_id: str
    month: str
    ask: Ask
    cached: Kind | None = None
    said: list[str] = field(default_factory=list)
    ending: Ending = field(default_factory=Ending)
    error: dict[str, Any] | None = None
    status: Status = "writing"

    @property
    def text(self) -> str:
        """All that was said so far."""
        return "".join(self.said)

    @property
    def usage(self) -> dict[str, Any]:
        """Count what was read and said: as the provider counts, or else in words."""
        read, said = self.ending.prompt_tokens, self.ending.completion_tokens
        counts: dict[str, Any] = {
            "prompt_tokens": len(tokens_of(self.ask.prompt)) if read is None else read,
            "completion_tokens": len(self.said) if said is None else said,
        }
        return {**counts, "cached": self.cached} if self.cached else counts

    def told(self) -> dict[str, Any]:
        """Give all that the stream says beside the text."""
        return {
            "model": self.ask.model,
            "cached": self.cached,
            "pieces": [len(piece) for piece in self.said],
            "usage": self.usage,
            "finish_reason": "stopped" if self.status == "stopped" else self.ending.finish_reason,
            "error": self.error,
        }


def answer_id(question_id: str) -> str:
    """Name the answer to a question: it has one at most, whoever writes it."""
    return uuid5(ANSWERS, question_id).hex


Keep: TypeAlias = Callable[[Answer], Awaitable[None]]


def _broken(answer: Answer, error: ModelError) -> Problem:
    """Say why the answer broke off: it is too late for a status line."""
    return Problem(error.status, f"{error} What it said before is kept." if answer.said else str(error))


async def _close(answer: Answer, status: Status, keep: Keep, problem: Problem | None = None) -> None:
    """Keep the answer as it is now, unless that was done."""
    if answer.status == "writing":
        answer.status = status
        answer.error = problem.document() if problem else None
        # Whoever leaves meanwhile is waited out: what was said must not be lost.
        with anyio.CancelScope(shield=True):
            await keep(answer)


async def written(
    answer: Answer, tokens: AsyncGenerator[Said, None], stop: Event, keep: Keep
) -> AsyncGenerator[bytes, None]:
    """
    Write the whole stream. Before its end is told, the answer is kept.

    Left early, it keeps what was said so far.
    """
    writer = EventWriter(message_id=answer.message_id)
    problem: Problem | None = None
    try:
        yield writer.start(answer.conversation_id, answer.ask.model, answer.cached)
        async with aclosing(until(stop, tokens)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Ending):
                    answer.ending = piece
                    continue
                answer.said.append(piece)
                yield writer.token(len(answer.said) - 1, piece)
        await _close(answer, "stopped" if stop.is_set() else "complete", keep)
    except ModelError as error:
        problem = _broken(answer, error)
        await _close(answer, "failed", keep, problem)
    except Exception:
        problem = Problem(500, "The answer could not be finished.")
        answer.error = problem.document()
        yield writer.last(answer.told())[0]
        await _close(answer, "failed", keep, problem)
        raise
    finally:
        await _close(answer, "stopped", keep)
    for block in writer.last(answer.told()):
        yield block
