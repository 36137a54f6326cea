"""
Answers that need no model: the same question in the same conversation, or one that asks the same.

A member is answered from what was said to that member alone. Prompts that begin with `/` are commands, and
are never answered from here. What breaks here breaks no answer.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from target_app.chat.likeness import alike, can_be_alike
from target_app.chat.provider import Ending
from target_app.store import StoreDown

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from target_app.chat.answer import Answer, Kind
    from target_app.chat.provider import Ask, Said, Turn
    from target_app.monitoring.metrics import Metrics
    from target_app.settings import Settings
    from target_app.store import Store

log = logging.getLogger(__name__)

MOST_ALIKE = 50
MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Hit:
    """An answer that was kept: its pieces, and what it would have cost in tokens."""

    kind: Kind
    pieces: list[str]
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int

    async def stream(self) -> AsyncGenerator[Said, None]:
        """Say it again."""
        for piece in self.pieces:
            yield piece
        yield Ending(
            finish_reason=self.finish_reason,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
        )


@dataclass(frozen=True, kw_only=True)
class AnswerCache:
    """The answers of all members, each apart."""

    store: Store
    settings: Settings
    metrics: Metrics

    async def find(self, user_id: str, ask: Ask) -> Hit | None:
        """Find an answer for this member, and count whether there was one."""
        if not self._takes(ask):
            return None
        try:
            hit = await self._exact(user_id, ask, "exact") or await self._alike(user_id, ask)
        except StoreDown:
            log.warning("The cache cannot be read")
            return None
        self.metrics.cache_lookups.labels(result=hit.kind if hit else "miss").inc()
        if hit:
            self.metrics.cost_saved.inc(cost(self.settings, hit.prompt_tokens, hit.completion_tokens))
        return hit

    async def keep(self, answer: Answer) -> None:
        """Keep a whole answer that a model gave, for a while."""
        if answer.status != "complete" or answer.cached or not self._takes(answer.ask):
            return
        usage = answer.usage
        hit = Hit(
            kind="exact",
            pieces=answer.said,
            finish_reason=answer.ending.finish_reason,
            prompt_tokens=usage["prompt_tokens"],
            completion_tokens=usage["completion_tokens"],
        )
        try:
            await self._put(_exact_key(answer.user_id, answer.ask), asdict(hit))
            await self._index(answer.user_id, answer.ask)
        except StoreDown:
            log.warning("An answer could not be put into the cache")

    def _takes(self, ask: Ask) -> bool:
        return self.settings.cache_ttl_s > 0 and not ask.prompt.startswith("/")

    async def _exact(self, user_id: str, ask: Ask, kind: Kind) -> Hit | None:
        found = await self.store.get(_exact_key(user_id, ask))
        return Hit(**{**json.loads(found), "kind": kind}) if found else None

    async def _alike(self, user_id: str, ask: Ask) -> Hit | None:
        """Find the answer to the newest question that asks the same in the same place of a conversation."""
        if not can_be_alike(ask.prompt):
            return None
        for prompt in reversed(await self._asked(user_id, ask)):
            if alike(ask.prompt, prompt, self.settings.cache_similarity):
                return await self._exact(user_id, _with_prompt(ask, prompt), "semantic")
        return None

    async def _index(self, user_id: str, ask: Ask) -> None:
        # Two answers at the same time may lose one entry here: then its question is asked once more.
        if can_be_alike(ask.prompt):
            others = [prompt for prompt in await self._asked(user_id, ask) if prompt != ask.prompt]
            await self._put(_place_key(user_id, ask), [*others, ask.prompt][-MOST_ALIKE:])

    async def _asked(self, user_id: str, ask: Ask) -> list[str]:
        found = await self.store.get(_place_key(user_id, ask))
        prompts: list[str] = json.loads(found) if found else []
        return prompts

    async def _put(self, key: str, value: object) -> None:
        await self.store.put(key, json.dumps(value).encode(), ttl_s=self.settings.cache_ttl_s)


def cost(settings: Settings, prompt_tokens: int, completion_tokens: int) -> float:
    """Give what so many tokens cost, in dollars."""
    return (prompt_tokens * settings.prompt_usd + completion_tokens * settings.completion_usd) / MILLION


def _with_prompt(ask: Ask, prompt: str) -> Ask:
    turn = type(ask.turns[-1])(role="user", content=prompt)
    return type(ask)(model=ask.model, turns=(*ask.turns[:-1], turn))


def _exact_key(user_id: str, ask: Ask) -> str:
    return f"cache:{user_id}:{_digest(ask.model, ask.turns)}"


def _place_key(user_id: str, ask: Ask) -> str:
    return f"asked:{user_id}:{_digest(ask.model, ask.turns[:-1])}"


def _digest(model: str, turns: tuple[Turn, ...]) -> str:
    # Only what no reader sees is levelled: "Echo: A" and "Echo: a" are two questions.
    said: list[Any] = [model, *((turn.role, turn.content.replace("\r\n", "\n").strip()) for turn in turns)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
