"""
The model of the embedded service: it says what it is told, the same each time, one word after the other.

These words make it do something else than say a polite sentence:

    Reply with exactly these words: ...     says them
    Echo: ...                               says it to the letter
    Count to N                              counts, up to 1000
    /recall                                 says the question before this one
    /slow ...                               waits a second before the first word
    /fail ...                               fails before the first word
    /fail-midway ...                        fails after three words

The settings named model_... change its pace and its sentence, and let every so-manieth answer fail.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_app.chat.provider import ToldToFail, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from target_app.chat.provider import Ask, Said
    from target_app.settings import Settings

POLITE = "Thank you for your message. I am a scripted model, and this is all that I know how to say."
HIGHEST_COUNT = 1000
TOKENS_BEFORE_FAILURE = 3
SLOW_START_S = 1.0


def tokens_of(text: str) -> list[str]:
    """Split `text` into words, each with the blanks that follow it; joined they give back `text` exactly."""
    return re.findall(r"\s*\S+\s*|\s+", text)


def script(prompt: str, polite: str = POLITE) -> str:
    """Give the whole answer to `prompt`."""
    if said := re.search(r"Reply with exactly these words:\s*(.+)", prompt, re.DOTALL):
        return said[1].strip()
    if said := re.search(r"Echo: ?(.*\S.*)", prompt, re.DOTALL):
        return said[1]
    if said := re.search(r"Count to (\d{1,9})\b", prompt):
        return " ".join(str(number) for number in range(1, min(int(said[1]), HIGHEST_COUNT) + 1)) or polite
    return polite


@dataclass(frozen=True, kw_only=True)
class ScriptedModel:
    """A provider that costs nothing and never surprises. With `fail_every` 3 each third answer fails half way."""

    token_interval_s: float = 0.02
    start_s: float = 0.0
    polite: str = POLITE
    fail_every: int = 0
    name: str = "scripted"
    calls: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False, compare=False)

    def serves(self, model: str) -> bool:
        """Tell that every model is the same to it."""
        _ = model
        return True

    async def probe(self) -> None:
        """Work always."""

    async def stream(self, ask: Ask) -> AsyncGenerator[Said, None]:
        """
        Say the answer, one token at a time.

        Raises ToldToFail if the prompt asks for it, and Unavailable if the settings do.
        """
        fails = self.fail_every and next(self.calls) % self.fail_every == 0
        await self._begin(ask.prompt)
        for index, token in enumerate(tokens_of(self._answer(ask))):
            if index == TOKENS_BEFORE_FAILURE and ask.prompt.startswith("/fail-midway"):
                raise ToldToFail("The scripted model stopped half way, as it was told to.")
            if index == TOKENS_BEFORE_FAILURE and fails:
                raise Unavailable("The scripted model stopped half way, as it is set up to.")
            yield token
            await asyncio.sleep(self.token_interval_s)

    def _answer(self, ask: Ask) -> str:
        if ask.prompt.strip() != "/recall":
            return script(ask.prompt, self.polite)
        asked = [turn.content for turn in ask.turns[:-1] if turn.role == "user"]
        return asked[-1] if asked else self.polite

    async def _begin(self, prompt: str) -> None:
        if prompt.partition(" ")[0] == "/fail":
            raise ToldToFail("The scripted model failed, as it was told to.")
        await asyncio.sleep(self.start_s + (SLOW_START_S if prompt.startswith("/slow") else 0))


def scripted_model(settings: Settings) -> ScriptedModel:
    """Give the model as the settings want it."""
    return ScriptedModel(
        token_interval_s=settings.model_token_interval_s,
        start_s=settings.model_start_s,
        polite=settings.model_script,
        fail_every=settings.model_fail_every,
    )
