"""Keeps our own traffic within the limits that the target promises, so that a 429 is never of our making."""

from __future__ import annotations

import asyncio
import math
import time
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence

EVERYTHING = "*"
MARGIN_S = 0.5  # the target counts a request when it arrives, which may be later for one than for the next
WORTH_SAYING_S = 1.0


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
    sliding: bool = Field(
        default=False,
        description="No window holds more, wherever it begins; otherwise some more may pass where two windows meet.",
    )


@dataclass(kw_only=True)
class Window:
    """The requests that a limit counts together: when they were sent, and when those who wait may go."""

    limit: Limit
    span: float
    sent: list[float] = field(default_factory=list)
    reserved: list[float] = field(default_factory=list)

    def has_room(self, moment: float, moments: Sequence[float]) -> bool:
        """Tell whether one more request at that moment keeps any window around it within the limit."""
        count = self.limit.requests
        place = bisect_right(moments, moment)
        around = [*moments[max(0, place - count) : place], moment, *moments[place : place + count]]
        return all(later >= first + self.span for first, later in zip(around, around[count:], strict=False))


class Budget:
    """
    Paces requests by the target's limits, each a sliding window.

    `clock` gives seconds, `sleep` waits for so many, `say` tells the person at the terminal about a
    long wait. `unlimited` names the operations that a limit on everything does not count.
    """

    def __init__(
        self,
        limits: Sequence[Limit],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        say: Callable[[str], None] = lambda _: None,
        *,
        unlimited: Collection[str] = (),
        margin_s: float = MARGIN_S,
    ) -> None:
        self.in_vain: set[str] = set()
        """The limits that others did not leave us anything of, however long we waited."""
        self._limits = tuple(limits)
        self._clock = clock
        self._sleep = sleep
        self._say = say
        self._unlimited = frozenset(unlimited)
        self._margin_s = margin_s
        self._windows: dict[tuple[str, str], Window] = {}

    def limit_for(self, operation: str) -> Limit | None:
        """Return the limit that counts an operation; where several do, the slowest."""
        return max(self.limits_for(operation), key=lambda limit: limit.window_s / limit.requests, default=None)

    async def take(self, operation: str, user: str, address: str) -> None:
        """
        Wait until a request may be sent, and count it.

        A place is reserved before the wait, so that many who ask at once get one each. Whoever wakes
        late is only held to what was really sent: those behind find that out when they wake.
        """
        windows = self._windows_of(operation, user, address)
        now = self._clock()
        moment = first_room(windows, now, reserved=True)
        self._announce(windows, now, moment - now)
        with place(windows, moment):
            while (wait := moment - self._clock()) > 0:
                await self._sleep(wait)
                moment = first_room(windows, self._clock(), reserved=False)
        self.record(operation, user, address)

    def record(self, operation: str, user: str, address: str) -> None:
        """Count a request that is sent now, whether there was room or not."""
        for window in self._windows_of(operation, user, address):
            window.sent.append(self._clock())

    def give_back(self, operation: str, user: str, address: str) -> None:
        """Take back the count of the last request, which was not sent after all."""
        for window in self._windows_of(operation, user, address):
            if window.sent:
                window.sent.pop()

    def spent(self, limit: Limit, user: str, address: str, *, late_s: float = 0.0) -> int:
        """Return how many requests count against a limit just now, or may, where they arrived so late."""
        whose = {"user": user or address, "address": address, "global": ""}
        window = self._windows.get((limit.name, whose[limit.scope]))
        since = self._clock() - limit.window_s - late_s
        return sum(moment > since for moment in window.sent) if window else 0

    def holds(self, limit: Limit, user: str, address: str) -> bool:
        """Tell whether nothing that we sent can have left the target's window yet, so that a limit stays spent."""
        whose = {"user": user or address, "address": address, "global": ""}
        window = self._windows.get((limit.name, whose[limit.scope]))
        oldest = window.sent[0] if window and window.sent else None
        return oldest is not None and self._clock() < oldest + limit.window_s

    def limits_for(self, operation: str) -> tuple[Limit, ...]:
        """Return every limit that counts an operation."""
        named = tuple(limit for limit in self._limits if operation in limit.operations)
        if named or operation in self._unlimited:
            return named
        return tuple(limit for limit in self._limits if EVERYTHING in limit.operations)

    def _windows_of(self, operation: str, user: str, address: str) -> list[Window]:
        """Return the windows in which a request counts; who is not signed in counts by address."""
        whose = {"user": user or address, "address": address, "global": ""}
        limits = {(limit.name, whose[limit.scope]): limit for limit in self.limits_for(operation)}
        for key, limit in limits.items():
            window = self._windows.setdefault(key, Window(limit=limit, span=limit.window_s + self._margin_s))
            while window.sent and window.sent[0] <= self._clock() - window.span:
                window.sent.pop(0)
        return [self._windows[key] for key in limits]

    def _announce(self, windows: list[Window], now: float, wait: float) -> None:
        """Say that a long wait lies ahead, and for which limit."""
        if wait <= WORTH_SAYING_S:
            return
        limit = max(windows, key=lambda window: first_room([window], now, reserved=True)).limit
        allowed = f"{limit.requests} in {limit.window_s:g} s"
        self._say(f"waiting {math.ceil(wait)} s for the target's {limit.name} limit ({allowed})")


def first_room(windows: list[Window], now: float, *, reserved: bool) -> float:
    """Return the first moment from now on at which all windows have room, beside the reserved places or not."""
    taken = [sorted(window.sent + window.reserved) if reserved else window.sent for window in windows]
    together = list(zip(windows, taken, strict=True))
    freed = sorted(moment + window.span for window, moments in together for moment in moments)
    return next(
        moment
        for moment in (now, *freed)
        if moment >= now and all(window.has_room(moment, moments) for window, moments in together)
    )


@contextmanager
def place(windows: list[Window], moment: float) -> Iterator[None]:
    """Hold a place in every window while someone waits for it."""
    for window in windows:
        window.reserved.append(moment)
    try:
        yield
    finally:
        for window in windows:
            window.reserved.remove(moment)
