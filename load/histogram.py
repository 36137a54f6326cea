"""
Counts durations so that many processes' counts can be added up, and percentiles stay right.

A duration in nanoseconds falls into one of 512 equal steps between a power of two and the next, so that the middle
of a step is never further from what it stands for than 1 part in 1024 (0.098 %). Counts are exact.
"""

from __future__ import annotations

import json
import math
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

STEP_BITS = 9
MANTISSA_BITS = STEP_BITS + 1
MANTISSA = (1 << MANTISSA_BITS) - 1
SECOND_NS = 1_000_000_000


class Histogram:
    """Durations in nanoseconds, by step; `counts` maps a step's key to how often it was met."""

    __slots__ = ("counts", "n")

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        """Begin with nothing, or with counts by key."""
        self.counts: dict[int, int] = dict(counts or {})
        self.n = sum(self.counts.values())

    def record(self, ns: int) -> None:
        """Count one duration; one below zero, which no clock should give, counts as zero."""
        ns = max(ns, 0)
        shift = ns.bit_length() - MANTISSA_BITS
        key = ns if shift <= 0 else (shift << MANTISSA_BITS) | (ns >> shift)
        counts = self.counts
        counts[key] = counts.get(key, 0) + 1
        self.n += 1

    def record_all(self, many: Sequence[int]) -> None:
        """Count several at once."""
        counts = self.counts
        for ns in many:
            shift = ns.bit_length() - MANTISSA_BITS
            key = max(ns, 0) if shift <= 0 or ns < 0 else (shift << MANTISSA_BITS) | (ns >> shift)
            counts[key] = counts.get(key, 0) + 1
        self.n += len(many)

    def add(self, other: Histogram) -> None:
        """Add another's counts."""
        for key, count in other.counts.items():
            self.counts[key] = self.counts.get(key, 0) + count
        self.n += other.n

    def since(self, earlier: Histogram) -> Histogram:
        """What was counted after an earlier state of this histogram."""
        later = {key: count - earlier.counts.get(key, 0) for key, count in self.counts.items()}
        return Histogram({key: count for key, count in later.items() if count})

    def percentile(self, share: float) -> float:
        """The nearest-rank percentile in seconds; not a number without samples."""
        rank, seen = max(math.ceil(share * self.n), 1), 0
        for value, count in self.steps():
            seen += count
            if seen >= rank:
                return value
        return math.nan

    def steps(self) -> Iterator[tuple[float, int]]:
        """Each step's middle in seconds with its count, in rising order."""
        for key in sorted(self.counts):
            yield middle_ns(key) / SECOND_NS, self.counts[key]

    def copy(self) -> Histogram:
        """The same counts, apart."""
        return Histogram(self.counts)


def middle_ns(key: int) -> float:
    """The middle of a step, in nanoseconds; exact below 1024."""
    shift = key >> MANTISSA_BITS
    mantissa = key & MANTISSA
    return float(mantissa) if shift == 0 else ((mantissa << shift) + ((1 << shift) - 1) / 2)


def packed(histograms: Mapping[str, Histogram]) -> bytes:
    """Histograms by name, small enough for a message."""
    plain = {name: [list(one.counts), list(one.counts.values())] for name, one in histograms.items()}
    return zlib.compress(json.dumps(plain).encode(), 1)


def unpacked(data: bytes) -> dict[str, Histogram]:
    """Histograms by name, as they were packed. Raises ValueError for what is none."""
    plain = json.loads(zlib.decompress(data))
    return {name: Histogram(dict(zip(keys, counts, strict=True))) for name, (keys, counts) in plain.items()}


def merged(parts: Iterable[Mapping[str, Histogram]]) -> dict[str, Histogram]:
    """The sum of histograms by name."""
    whole: dict[str, Histogram] = {}
    for part in parts:
        for name, one in part.items():
            whole.setdefault(name, Histogram()).add(one)
    return whole
