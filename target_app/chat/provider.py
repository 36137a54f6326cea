"""
What a provider of models is, and how it can fail.

    ModelError                an answer broke off, or never began; a member may read the sentence
    ├── Refused               the question is at fault: no other provider would do better
    ├── Unavailable           the provider is at fault: another one may answer
    └── ToldToFail            nobody is at fault: the prompt asked for it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class ModelError(Exception):
    """The model failed; what it said before still stands. `status` is what HTTP calls it."""

    status = 502


class Refused(ModelError):
    """The provider refuses this question."""

    status = 422


class Unavailable(ModelError):
    """The provider does not answer, or not in time. `wait_s` is how long it asks to be left alone."""

    status = 503

    def __init__(self, sentence: str, *, wait_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class ToldToFail(ModelError):
    """The prompt asked for a failure."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One thing that was said; `role` is user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a model is asked: the conversation so far, the question last."""

    model: str
    turns: tuple[Turn, ...]

    @property
    def prompt(self) -> str:
        """The question."""
        return self.turns[-1].content


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What a provider says of an answer at its end; None where it does not count."""

    finish_reason: str = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


Said: TypeAlias = str | Ending


class Provider(Protocol):
    """Whoever can be asked."""

    @property
    def name(self) -> str:
        """What it is called in metrics."""
        ...

    def serves(self, model: str) -> bool:
        """Tell whether it has this model."""
        ...

    def stream(self, ask: Ask) -> AsyncGenerator[Said, None]:
        """Answer piece by piece, with an Ending last; raises ModelError."""
        ...

    async def probe(self) -> None:
        """Raise whatever stands in the way of an answer. It costs nothing."""
        ...


def ask_of(prompt: str, model: str = "") -> Ask:
    """Ask one question, without a conversation."""
    return Ask(model=model, turns=(Turn(role="user", content=prompt),))
