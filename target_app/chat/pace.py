"""Waits for the next token, or for the word to stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable

Piece = TypeVar("Piece")


async def until(stop: asyncio.Event, tokens: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """
    Pass on `tokens` until they end or `stop` is set.

    Raises whatever `tokens` raises. Leaving early cancels the token that is awaited and closes `tokens`.
    """
    cut = _Cut()
    stopped = asyncio.ensure_future(stop.wait())
    stopped.add_done_callback(lambda _: cut.now() if stop.is_set() else None)
    try:
        while not stop.is_set():
            piece = await cut.short(anext(tokens, None))
            if piece is None:
                return
            yield piece
    finally:
        stopped.cancel()
        await tokens.aclose()


class _Cut:
    """
    Cuts the wait for a token short, and nothing else.

    It cancels the task that waits, as `asyncio.timeout` does: a task of its own for each token would cost more than
    the token.
    """

    def __init__(self) -> None:
        self.waiting: asyncio.Task[object] | None = None
        self.done = False

    def now(self) -> None:
        if self.waiting is not None:
            self.done = True
            self.waiting.cancel()

    async def short(self, token: Awaitable[Piece | None]) -> Piece | None:
        """Wait for a token; None if it was cut short. Raises CancelledError if somebody else cancels, too."""
        self.waiting = asyncio.current_task()
        try:
            return await token
        except asyncio.CancelledError:
            if not self.done or self.waiting is None or self.waiting.uncancel():
                raise
            return None
        finally:
            self.waiting = None
