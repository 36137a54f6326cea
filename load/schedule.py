"""
When each person is to act: a schedule of one's own, seeded, that does not wait for the target.

A slot whose time has come while the person was still busy is taken late, and its latency counts from when it was
meant. Who falls too far behind skips slots, which are counted. In the closed loop there are no slots to miss.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal

SECOND_NS = 1_000_000_000
GOLDEN = 0.6180339887498949
"""Its multiples are spread evenly between 0 and 1, however many there are."""
MOST_BEHIND_S = 10.0


class Schedule:
    """One person's slots; all moments are monotonic nanoseconds."""

    def __init__(
        self,
        *,
        number: int,
        every_s: float,
        pacing: Literal["staggered", "poisson", "closed"],
        seed: int,
        began_ns: int,
        most_behind_s: float = MOST_BEHIND_S,
    ) -> None:
        """Begin person `number`'s schedule now."""
        self.every_ns = every_s * SECOND_NS
        self.pacing = pacing
        self.most_behind_ns = most_behind_s * SECOND_NS
        self.dice = random.Random(f"{seed}/{number}")  # noqa: S311  a schedule is no secret
        self.missed = 0
        phase = number * GOLDEN % 1.0 if pacing == "staggered" else self.dice.random()
        self.upcoming = began_ns + phase * self.every_ns

    def next(self, now_ns: int) -> int:
        """When the next slot is meant; it may have passed."""
        if self.pacing == "closed":
            return now_ns + int(self._step()) if self.upcoming <= now_ns else int(self.upcoming)
        while now_ns - self.upcoming > self.most_behind_ns:
            self.missed += 1
            self.upcoming += self._step()
        intended = int(self.upcoming)
        self.upcoming += self._step()
        return intended

    def left_until(self, end_ns: int) -> int:
        """How many slots were meant before the end and never taken; asked once, when all is over."""
        count = 0
        while self.pacing != "closed" and self.upcoming < end_ns:
            count += 1
            self.upcoming += self._step()
        return count

    def _step(self) -> float:
        if self.pacing == "staggered":
            return self.every_ns
        return self.dice.expovariate(1.0) * self.every_ns
