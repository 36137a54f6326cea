"""What was measured, for reports: distributions, and how they went over time. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.evidence import Measured
from gonogo.slos import TARGET_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gonogo.evidence import Evidence

TIMED = "_s"
FIRST = ("ttft_s", "http_s")
"""What is promised, and drawn over time; the rest is only told."""
WIDTH, HEIGHT, MARGIN = 640.0, 120.0, 6.0
TEN = 10
"""From here on no decimals are told."""


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """One measure's samples in milliseconds."""

    name: str
    n: int
    p50: float
    p95: float
    p99: float
    largest: float


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A measure's 95th percentile over time, as points of a polyline in a box of WIDTH by HEIGHT."""

    name: str
    points: str
    words: str


def distributions(evidence: Evidence) -> tuple[Distribution, ...]:
    """Every measured duration; those that are promised first."""
    counts: dict[str, dict[float, int]] = {}
    for record in timed(evidence):
        add(counts.setdefault(record.name, {}), record)
    names = sorted(counts, key=lambda name: (name not in FIRST, name))
    return tuple(distribution(name, counts[name]) for name in names if counts[name])


def timed(evidence: Evidence) -> list[Measured]:
    """The records of durations, in order."""
    return [
        record
        for record in evidence.of(Measured)
        if record.name.endswith(TIMED) and not record.name.startswith(TARGET_SIDE)
    ]


def add(counts: dict[float, int], record: Measured) -> None:
    """Count a record's samples; what is no finite number is not shown."""
    for value, count in zip(record.values, record.counts or [1] * len(record.values), strict=False):
        if math.isfinite(value) and count > 0:
            counts[value] = counts.get(value, 0) + count


def distribution(name: str, counts: Mapping[float, int]) -> Distribution:
    """The percentiles of counted values."""
    p50, p95, p99, largest = (1000 * percentile(counts, share) for share in (0.5, 0.95, 0.99, 1.0))
    return Distribution(name=name, n=sum(counts.values()), p50=p50, p95=p95, p99=p99, largest=largest)


def percentile(counts: Mapping[float, int], share: float) -> float:
    """The nearest-rank percentile of counted values. Wants one at least."""
    rank, seen = math.ceil(share * sum(counts.values())), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return value
    return max(counts)


def charts(evidence: Evidence) -> tuple[Chart, ...]:
    """The promised durations over time, where they were measured more than once."""
    found = []
    for name in FIRST:
        moments = []
        for record in timed(evidence):
            counts: dict[float, int] = {}
            add(counts, record)
            if record.name == name and counts and math.isfinite(record.at):
                moments.append((record.at, percentile(counts, 0.95)))
        if len(moments) > 1:
            found.append(chart(f"95th percentile of {name}", sorted(moments), 1000, " ms"))
    return (*found, *target_side(evidence))


def target_side(evidence: Evidence) -> Iterator[Chart]:
    """What the target said of itself over time, where it changed."""
    moments: dict[str, list[tuple[float, float]]] = {}
    for record in evidence.of(Measured):
        if record.name.startswith(TARGET_SIDE) and math.isfinite(record.at):
            known = moments.setdefault(record.name.removeprefix(TARGET_SIDE), [])
            known += [(record.at, value) for value in record.values if math.isfinite(value)]
    for name, seen in sorted(moments.items()):
        if len({value for _, value in seen}) > 1 and len({at for at, _ in seen}) > 1:
            yield chart(f"the target's {name}", sorted(seen), 1, "")


def chart(what: str, moments: Sequence[tuple[float, float]], scale: float, unit: str) -> Chart:
    """One chart; its highest point touches the top, and zero is at the bottom."""
    began, took = moments[0][0], max(moments[-1][0] - moments[0][0], 1e-9)
    values = [value for _, value in moments]
    top = max(*values, 1e-9)
    points = " ".join(
        f"{MARGIN + (at - began) / took * (WIDTH - 2 * MARGIN):.1f},"
        f"{HEIGHT - MARGIN - max(value, 0.0) / top * (HEIGHT - 2 * MARGIN):.1f}"
        for at, value in moments
    )
    first, last, worst = (
        f"{scale * value:,.{0 if scale * top >= TEN else 2}f}{unit}" for value in (values[0], values[-1], top)
    )
    words = f"{what} over {took:.0f} s: {first} at first, {last} at last, {worst} at most"
    return Chart(name=what, points=points, words=words)
