"""
Whether the generator itself was fast enough: its processor, its loop, its schedule, and what it could tell apart.

What is too slow on our side must not be laid at the target's door: over these limits the run decides nothing.
"""

from __future__ import annotations

import math
import resource
import time
from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping

    from load.histogram import Histogram
    from load.measures import Measures

EVERY_S = 0.05
MOST_CPU = 0.9
SHARE_OF_BOUND = 0.1
MOST_TOGETHER = 0.2
UNBOUND_S = 0.5
"""Where no latency is promised, what a promise of this would ask of us."""


class Watch:
    """Watches one process while it generates load; what it sees is among the process's measures."""

    def __init__(self, measures: Measures) -> None:
        self.measures = measures
        self.greenlet = gevent.spawn(self.watch)
        self.began_ns = time.monotonic_ns()
        self.began_cpu = cpu_s()

    def watch(self) -> None:
        """Measure how late a short sleep ends, until somebody stops this."""
        while True:
            due = time.monotonic_ns() + int(EVERY_S * 1e9)
            gevent.sleep(EVERY_S)
            self.measures.time("loop_lag", time.monotonic_ns() - due)

    def stop(self) -> None:
        """Stop watching, and note the share of a processor that this process took."""
        self.greenlet.kill()
        seconds = max((time.monotonic_ns() - self.began_ns) / 1e9, 0.001)
        share = (cpu_s() - self.began_cpu) / seconds
        self.measures.time("cpu", int(share * 1e9))  # as if it were seconds: the histogram keeps the largest


def cpu_s() -> float:
    """The processor's time that this process has taken, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def complaints(histograms: Mapping[str, Histogram], counts: Counter[str], tightest_s: float | None) -> Iterator[str]:
    """What was wrong with the generator; `tightest_s` is the smallest promised latency."""
    most_lag = (tightest_s or UNBOUND_S) * SHARE_OF_BOUND
    cpu = largest(histograms, "cpu")
    if cpu > MOST_CPU:
        yield f"a process took {cpu:.0%} of its processor, {MOST_CPU:.0%} allowed"
    for name, what in (("loop_lag", "the loop"), ("schedule_lag", "the schedule")):
        lag = percentile(histograms, name, 0.99)
        if lag > most_lag:
            yield f"{what} lagged {lag * 1000:.1f} ms behind (p99), {most_lag * 1000:.0f} ms allowed"
    if "loop_lag" not in histograms:
        yield "nobody watched the generator"
    if counts["nobody_to_be"]:
        yield f"{counts['nobody_to_be']} users had no account to be"


def told(histograms: Mapping[str, Histogram], counts: Counter[str]) -> str:
    """The generator in one line."""
    chats = max(counts["chats"], 1)
    gaps = histograms["itl"].n if "itl" in histograms else 0
    together = counts["together"] / max(gaps + counts["together"], 1)
    return (
        f"cpu {largest(histograms, 'cpu'):.0%}, loop lag p99 {percentile(histograms, 'loop_lag', 0.99) * 1000:.1f} ms, "
        f"schedule lag p99 {percentile(histograms, 'schedule_lag', 0.99) * 1000:.1f} ms, "
        f"{together:.1%} of tokens arrived with the one before, "
        f"{counts['kernel'] / chats:.0%} of answers stamped by the kernel, {counts['missed']} slots missed"
    )


def percentile(histograms: Mapping[str, Histogram], name: str, share: float) -> float:
    """A percentile in seconds, 0 without samples."""
    value = histograms[name].percentile(share) if name in histograms else 0.0
    return 0.0 if math.isnan(value) else value


def largest(histograms: Mapping[str, Histogram], name: str) -> float:
    """The largest of what was measured, 0 without samples."""
    return percentile(histograms, name, 1.0)
