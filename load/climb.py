"""Takes a load through its stages, or through the steps of a search for the rate at which a promised bound breaks."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import gevent

from load.capacity import step_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gonogo.policy import Slos
    from load.capacity import Counted, Search, Step
    from load.profiles import Stage

SETTLE_S = 5.0
"""How long after a change of people nothing is judged: they come, and workers report every three seconds."""
REST_S = 60.0


def climb(
    search: Search,
    seconds: float,
    slo: Slos,
    counted: Callable[[], Counted],
    sleep: Callable[[float], None] = gevent.sleep,
) -> None:
    """Have as many people as the search wants, for so many seconds a step, until it is over."""
    while search.users:
        sleep(SETTLE_S)
        before = counted()
        sleep(seconds - SETTLE_S)
        now = counted()
        step = step_of(search.users, seconds - SETTLE_S, now.since(before), slo)
        sys.stderr.write(f"  {step}\n")
        search.take(step, now)
        if search.users and step.broke and not rests(search, slo, counted, sleep):
            sys.stderr.write(f"  the target did not get over it in {REST_S:.0f} s: the search ends\n")
            return


def rests(search: Search, slo: Slos, counted: Callable[[], Counted], sleep: Callable[[float], None]) -> bool:
    """Leave the target with few people until it holds what is promised; whether it comes to that."""
    search.resting, deadline = True, time.monotonic() + REST_S
    while time.monotonic() < deadline:
        before = counted()
        sleep(SETTLE_S)
        new = counted().since(before)
        if new.sent and not step_of(search.first, SETTLE_S, new, slo).broke:
            search.resting = False
            return True
    return False


def through(
    stages: Iterable[Stage],
    slo: Slos,
    counted: Callable[[], Counted],
    told: Callable[[int, Step, Counted], None],
    sleep: Callable[[float], None] = gevent.sleep,
) -> None:
    """Let each stage take its time, and tell what it was like; workers' reports may be three seconds late."""
    before = counted()
    for number, stage in enumerate(stages, 1):
        sleep(stage.seconds)
        now = counted()
        new = now.since(before)
        told(number, step_of(stage.users, stage.seconds, new, slo), new)
        before = now
