"""Waits for the next token, or for the word to stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

Piece = TypeVar("Piece")


async def _next(tokens: AsyncGenerator[Piece, None]) -> Piece | None:
    return await anext(tokens, None)


async def until(stop: asyncio.Event, tokens: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """
    Pass on `tokens` until they end or `stop` is set.

    Raises whatever `tokens` raises. Leaving early cancels the token that is awaited and closes `tokens`.
    """
    stopped = asyncio.ensure_future(stop.wait())
    token = asyncio.ensure_future(_next(tokens))
    try:
        while not stop.is_set():
            await asyncio.wait({token, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if token.done():
                piece = token.result()
                if piece is None:
                    return
                yield piece
                token = asyncio.ensure_future(_next(tokens))
    finally:
        token.cancel()
        stopped.cancel()
        await asyncio.gather(token, stopped, return_exceptions=True)
        await tokens.aclose()
