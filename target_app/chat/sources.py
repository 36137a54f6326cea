"""Where the tokens of an answer come from: a model, counted; or what was kept, told again."""

from __future__ import annotations

from contextlib import aclosing
from time import perf_counter
from typing import TYPE_CHECKING

from target_app.chat.scripted import ModelError, tokens_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from target_app.chat.models import Message
    from target_app.monitoring.metrics import Metrics


async def measured(tokens: AsyncGenerator[str, None], metrics: Metrics, provider: str) -> AsyncGenerator[str, None]:
    """Pass `tokens` on, and count them, the call and how it ended."""
    began = perf_counter()
    ok = True
    metrics.active_streams.inc()
    try:
        async with aclosing(tokens):
            async for token in tokens:
                metrics.tokens.labels(kind="completion").inc()
                yield token
    except ModelError:
        ok = False
        raise
    finally:
        metrics.active_streams.dec()
        metrics.record_provider(provider, ok=ok, seconds=perf_counter() - began)


async def told_again(kept: Message) -> AsyncGenerator[str, None]:
    """Tell a kept answer again, with the failure that it ended in."""
    for token in tokens_of(kept.content):
        yield token
    if kept.status == "failed":
        raise ModelError("The model failed when this was asked first.")
