"""Waits for the next token, for the word to stop, and for neither too long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def _next(tokens: AsyncGenerator[str, None]) -> str | None:
    return await anext(tokens, None)


async def paced(
    tokens: AsyncGenerator[str, None], stop: asyncio.Event, quiet_s: float
) -> AsyncGenerator[str | None, None]:
    """
    Pass on `tokens` until they end or `stop` is set; give None whenever nothing came for `quiet_s` seconds.

    Raises whatever `tokens` raises. Leaving early cancels the token that is awaited and closes `tokens`.
    """
    stopped = asyncio.ensure_future(stop.wait())
    token = asyncio.ensure_future(_next(tokens))
    try:
        while not stop.is_set():
            await asyncio.wait({token, stopped}, timeout=quiet_s, return_when=asyncio.FIRST_COMPLETED)
            if token.done():
                text = token.result()
                if text is None:
                    return
                yield text
                token = asyncio.ensure_future(_next(tokens))
            elif not stop.is_set():
                yield None
    finally:
        token.cancel()
        stopped.cancel()
        await asyncio.gather(token, stopped, return_exceptions=True)
        await tokens.aclose()
