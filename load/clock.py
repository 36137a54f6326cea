"""
When bytes arrived, by the kernel where the socket grants it, else read right after they were taken.

The kernel stamps a packet in wall-clock time when it comes in. Durations are taken from the monotonic clock, so that
the distance between the two is measured again every few seconds, and a stamp is moved by it.
"""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

SO_TIMESTAMPING = 37  # Linux, asm-generic/socket.h; Python's socket module does not name it
RX_SOFTWARE = 1 << 3
SOFTWARE = 1 << 4
THREE_STAMPS = struct.Struct("@6q")
MEASURED_EVERY_NS = 3_000_000_000
TRIES = 40
SECOND_NS = 1_000_000_000
MOST_NS = 5 * SECOND_NS  # a stamp that is older than this when it is read comes from a clock that was set


class Clock:
    """Moves wall-clock stamps to the monotonic clock."""

    def __init__(self) -> None:
        self.offset_ns = 0
        self.measured_ns = -MEASURED_EVERY_NS

    def monotonic(self, wall_ns: int, now_ns: int) -> int:
        """A wall-clock stamp on the monotonic clock; one that cannot be is as good as now."""
        if now_ns - self.measured_ns >= MEASURED_EVERY_NS:
            self.measure()
        stamp = wall_ns - self.offset_ns
        return stamp if now_ns - MOST_NS < stamp <= now_ns else now_ns

    def measure(self) -> None:
        """Measure the distance of the clocks: of some tries, the one that took least."""
        best = None
        for _ in range(TRIES):
            before = time.monotonic_ns()
            wall = time.time_ns()
            after = time.monotonic_ns()
            if best is None or after - before < best[0]:
                best = (after - before, wall - (before + after) // 2)
        self.offset_ns = best[1] if best else 0
        self.measured_ns = time.monotonic_ns()


CLOCK = Clock()


def ask_for_stamps(one: Any) -> bool:  # noqa: ANN401  gevent's sockets have no types
    """Ask the kernel to stamp what a socket receives; whether it will."""
    try:
        one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE | SOFTWARE)
    except OSError:
        return False
    return True


def stamp_in(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    """The kernel's stamp in nanoseconds of the wall clock, None where there is none."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPING and len(data) >= THREE_STAMPS.size:
            seconds, nanoseconds = THREE_STAMPS.unpack_from(data)[:2]
            if seconds:
                stamp: int = seconds * SECOND_NS + nanoseconds
                return stamp
    return None
