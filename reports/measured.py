"""What was measured, for reports: distributions, and how they went over time. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from gonogo.evidence import Measured
from gonogo.slos import TARGET_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gonogo.evidence import Evidence

TIMED = "_s"
FIRST = ("ttft_s", "http_s")
"""What is promised, and drawn over time; the rest is only told."""
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
STROKES = ("solid", "dashed", "dotted")
FAILED = "request_failed"
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
    """Something over time: a line of (moment, value) for each series, and all of it in words."""

    name: str
    series: tuple[tuple[tuple[float, float], ...], ...]
    words: str
    unit: str = ""


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
    """What people felt over time, where it was measured more than once, and what the target said of itself."""
    found = []
    for name in FIRST:
        moments = counted_moments(evidence, name)
        if len(moments) > 1:
            found.append(percentiles(name, moments))
    return (*found, *rates(evidence), *failures(evidence), *target_side(evidence))


def counted_moments(evidence: Evidence, name: str) -> list[tuple[float, dict[float, int]]]:
    """The samples of one measure, counted, by the moment up to which they came."""
    moments: dict[float, dict[float, int]] = {}
    for record in evidence.of(Measured):
        if record.name == name and math.isfinite(record.at):
            add(moments.setdefault(record.at, {}), record)
    return sorted((at, counts) for at, counts in moments.items() if counts)


def percentiles(name: str, moments: Sequence[tuple[float, dict[float, int]]]) -> Chart:
    """Three percentiles of a duration over time, in milliseconds."""
    series = [[(at, 1000 * percentile(counts, share)) for at, counts in moments] for share in SHARES.values()]
    lines = ", ".join(f"{share} {stroke}" for share, stroke in zip(SHARES, STROKES, strict=True))
    return chart(f"95th percentile of {name}", series, " ms", series[1], f" ({lines})")


def rates(evidence: Evidence) -> Iterator[Chart]:
    """How many answers came in a second, over time."""
    moments = counted_moments(evidence, "http_s")
    series = [(now, sum(counts.values()) / (now - before)) for (before, _), (now, counts) in pairwise(moments)]
    if len(series) > 1:
        yield chart("answers a second", [series], "")


def failures(evidence: Evidence) -> Iterator[Chart]:
    """The share of requests that failed, over time, where any did."""
    moments = counted_moments(evidence, FAILED)
    series = [(at, 100 * counts.get(1.0, 0) / sum(counts.values())) for at, counts in moments]
    if len(series) > 1 and any(share for _, share in series):
        yield chart("requests that failed", [series], " %")


def target_side(evidence: Evidence) -> Iterator[Chart]:
    """What the target said of itself over time, where it changed."""
    moments: dict[str, list[tuple[float, float]]] = {}
    for record in evidence.of(Measured):
        if record.name.startswith(TARGET_SIDE) and math.isfinite(record.at):
            known = moments.setdefault(record.name.removeprefix(TARGET_SIDE), [])
            known += [(record.at, value) for value in record.values if math.isfinite(value)]
    for name, seen in sorted(moments.items()):
        if len({value for _, value in seen}) > 1 and len({at for at, _ in seen}) > 1:
            yield chart(f"the target's {name}", [sorted(seen)], "")


def chart(
    what: str,
    series: Sequence[Sequence[tuple[float, float]]],
    unit: str,
    told: Sequence[tuple[float, float]] | None = None,
    lines: str = "",
) -> Chart:
    """One chart, and one of its lines in words."""
    moments = told or series[0]
    took = max(moments[-1][0] - moments[0][0], 1e-9)
    values = [value for _, value in moments]
    top = max(values)
    first, last, worst = (f"{value:,.{0 if top >= TEN else 2}f}{unit}" for value in (values[0], values[-1], top))
    words = f"{what} over {took:.0f} s: {first} at first, {last} at last, {worst} at most{lines}"
    return Chart(name=what, series=tuple(tuple(one) for one in series), words=words, unit=unit)
