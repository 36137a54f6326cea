"""The model of the embedded service: it says what it is told, the same each time, one word after the other."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

POLITE = "Thank you for your message. I am a scripted model, and this is all that I know how to say."
HIGHEST_COUNT = 1000
TOKENS_BEFORE_FAILURE = 3
SLOW_START_S = 1.0


class ModelError(Exception):
    """The model failed while it was answering; what it said before still stands."""


def tokens_of(text: str) -> list[str]:
    """Split `text` into words, each with the blanks that follow it; joined they give back `text` exactly."""
    return re.findall(r"\s*\S+\s*|\s+", text)


def script(prompt: str) -> str:
    """Give the whole answer to `prompt`."""
    if said := re.search(r"Reply with exactly these words:\s*(.+)", prompt, re.DOTALL):
        return said[1].strip()
    if said := re.search(r"Echo: ?(.*\S.*)", prompt, re.DOTALL):
        return said[1]
    if said := re.search(r"Count to (\d{1,9})\b", prompt):
        return " ".join(str(number) for number in range(1, min(int(said[1]), HIGHEST_COUNT) + 1)) or POLITE
    return POLITE


@dataclass(frozen=True, kw_only=True)
class ScriptedModel:
    """A provider that costs nothing and never surprises. `/slow` and `/fail-midway` make it do as they say."""

    token_interval_s: float = 0.02
    name: str = "scripted"

    async def stream(self, prompt: str) -> AsyncGenerator[str, None]:
        """
        Say the answer to `prompt`, one token at a time.

        Raises ModelError after a few tokens if the prompt asks for it.
        """
        if prompt.startswith("/slow"):
            await asyncio.sleep(SLOW_START_S)
        for index, token in enumerate(tokens_of(script(prompt))):
            if prompt.startswith("/fail-midway") and index == TOKENS_BEFORE_FAILURE:
                raise ModelError("The scripted model stopped half way, as it was told to.")
            yield token
            await asyncio.sleep(self.token_interval_s)
