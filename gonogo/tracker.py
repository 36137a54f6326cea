"""Reads the errors that the target reported to our tracker sink."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gonogo.trouble import HarnessTrouble, NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gonogo.exchange import Exchange

STEP_S = 0.05


@dataclass(frozen=True, kw_only=True)
class TrackerEvent:
    """One reported error, as the target's client sent it."""

    raw: dict[str, Any]

    @property
    def release(self) -> str | None:
        """The build that reported it."""
        return self._named("release")

    @property
    def environment(self) -> str | None:
        """The environment that it was reported from."""
        return self._named("environment")

    @property
    def text(self) -> str:
        """All of it as JSON, to be searched for what should not be there."""
        return json.dumps(self.raw, ensure_ascii=False)

    def _named(self, key: str) -> str | None:
        value = self.raw.get(key)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, kw_only=True)
class Provoked:
    """An error that was provoked, and what the tracker got of it; `event` is None when nothing came in time."""

    sent: Exchange
    correlation: str
    waited_s: float
    event: TrackerEvent | None

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The request that provoked it."""
        return (self.sent,)

    @property
    def arrived(self) -> TrackerEvent:
        """The event. Raises NotEvaluable when none came."""
        if self.event is None:
            raise NotEvaluable("no event reached the tracker, so that there is none to look at")
        return self.event


async def wait_for_event(
    folder: Path, matching: Callable[[TrackerEvent], bool], deadline_s: float
) -> TrackerEvent | None:
    """
    Wait for the first event that matches, among those that came already or come within so many seconds.

    None when there is none. Raises HarnessTrouble when something came that our sink could not read,
    because that may have been it.
    """
    passed_over: set[str] = set()
    deadline = time.monotonic() + deadline_s
    while True:
        late = time.monotonic() >= deadline
        for event in new_events(folder, passed_over):
            if matching(event):
                return event
        if late:
            break
        await asyncio.sleep(STEP_S)
    for reason in refusals(folder):
        raise HarnessTrouble(f"the error tracker was sent what it cannot read: {reason}")
    return None


def new_events(folder: Path, passed_over: set[str]) -> list[TrackerEvent]:
    """Read the events whose files were not passed over yet, in the order of their arrival."""
    paths = sorted(path for path in folder.glob("*.json") if path.name not in passed_over)
    passed_over.update(path.name for path in paths)
    return [TrackerEvent(raw=json.loads(path.read_bytes())) for path in paths]


def refusals(folder: Path) -> list[str]:
    """Read why reports were refused, in the order of their arrival."""
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.refused"))]
