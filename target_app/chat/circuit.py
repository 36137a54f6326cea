"""Leaves a provider alone that fails again and again, and tries it once in a while."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["closed", "open", "half-open"]


@dataclass(kw_only=True)
class Circuit:
    """
    Closed: every call passes. Open, after so many failures in a row: none. Half-open: one call tries.

    It is this worker's own: each finds out for itself, a few calls later.
    """

    failures: int
    open_s: float
    clock: Callable[[], float] = time.monotonic
    _in_a_row: int = 0
    _closed_again: float = 0.0
    _trying: bool = field(default=False, init=False)

    @property
    def state(self) -> State:
        """Say whether calls pass."""
        if self.clock() < self._closed_again:
            return "open"
        return "closed" if self._in_a_row < self.failures else "half-open"

    def admits(self) -> bool:
        """Tell whether a call may pass; who is told so must report its end."""
        if self.state == "half-open" and not self._trying:
            self._trying = True
            return True
        return self.state == "closed"

    def succeeded(self) -> None:
        """Note that a call went well."""
        self._trying, self._in_a_row, self._closed_again = False, 0, 0.0

    def failed(self, wait_s: float = 0.0) -> None:
        """Note that a call failed; `wait_s` is how long the provider asks to be left alone."""
        self._trying = False
        self._in_a_row += 1
        if wait_s or self._in_a_row >= self.failures:
            self._closed_again = self.clock() + max(wait_s, self.open_s if self._in_a_row >= self.failures else 0.0)

    def abandoned(self) -> None:
        """Note that a call ended without saying anything about the provider."""
        self._trying = False
