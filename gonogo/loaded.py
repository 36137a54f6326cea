"""What people met while the target was under load: the counts that checks of the load suite look at. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """
    Chats and plain calls under load.

    `broken` counts chats that are not whole by kind, `failed` plain calls by operation and kind. `sentences` explains
    the kinds. `limited_elsewhere` are the refusals (429) that somebody else than we may have caused. `complete` and
    `error_rate` are the promised shares, None where nothing is promised.
    """

    chats: int
    calls: int
    broken: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)
    complete: float | None = None
    error_rate: float | None = None

    limited_elsewhere: int = 0
    probes: int = 0
    probes_failed: tuple[str, ...] = ()

    def count_of(self, kind: str) -> int:
        """How many chats and calls went wrong in this way."""
        return sum(
            count for name, count in (*self.broken.items(), *self.failed.items()) if name.rpartition(":")[2] == kind
        )


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """What a run's load suite will do: which load profile, and the promised bounds that it is long enough to decide."""

    name: str = "smoke"
    users: int = 0
    seconds: float = 0.0
    judges: frozenset[str] = frozenset()
