"""Keeps our own traffic within the limits that the target promises, so that a 429 is never of our making."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Limit(BaseModel):
    """A limit that the target promises: so many requests in any window of so many seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="What the limit is called in messages, such as api or auth.")
    requests: int = Field(gt=0, description="How many requests are let through in a window.")
    window_s: float = Field(gt=0, description="The length of the window, in seconds.")
    scope: Literal["user", "address", "global"] = Field(
        description="What each has a window of its own: the signed-in user, the network address, or nobody."
    )
    operations: Literal["*"] | tuple[str, ...] = Field(
        description='The operations that count, or "*": all that no other limit and no `unlimited` names.'
    )
