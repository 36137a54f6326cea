"""Reads a metrics exposition: the text formats of Prometheus (0.0.4) and OpenMetrics (1.0). Pure."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Labels: TypeAlias = dict[str, str]
Series: TypeAlias = tuple[str, frozenset[tuple[str, str]]]

SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>(?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*)\})?\s+(?P<value>\S+)")
LABEL = re.compile(r"([a-zA-Z_]\w*)\s*=\s*\"((?:[^\"\\]|\\.)*)\"")
TYPE = re.compile(r"# TYPE (?P<name>[a-zA-Z_:][\w:]*) (?P<kind>\w+)")
NEVER_FALL = {"counter": ("", "_total"), "histogram": ("_bucket", "_count"), "summary": ("_count",)}
"""What only grows, by its type: the ends of its samples' names. A sum may fall where something negative is observed."""
BOUNDS = {"le", "quantile"}
START = "process_start_time_seconds"
END = "# EOF"


@lru_cache(maxsize=16)
def samples(text: str) -> tuple[tuple[str, Labels, float], ...]:
    """Every sample of a text that can be read, whatever else is in it: name, labels, value; nobody changes them."""
    return tuple(read_samples(text))


def read_samples(text: str) -> Iterator[tuple[str, Labels, float]]:
    """Read a text's samples; several look at the same text, so this is done once for it."""
    for line in text.splitlines():
        found = SAMPLE.match(line)
        if found:
            labels = dict(LABEL.findall(found["labels"] or ""))
            try:
                yield found["name"], labels, float(found["value"])
            except ValueError:
                continue


def total(text: str, series: str) -> float:
    """
    The sum of every sample that a series selects, such as `http_requests_total{route="/plans"}`.

    Other labels may have any value. Raises ValueError for a text that is no series.
    """
    name, wanted = selector(series)
    return sum(value for found, labels, value in samples(text) if found == name and wanted.items() <= labels.items())


def selector(series: str) -> tuple[str, Labels]:
    """The name and the labels that a series selects. Raises ValueError for a text that is no series."""
    found = SAMPLE.fullmatch(f"{series} 0")
    if found is None:
        raise ValueError(f'{series!r} is no series; write name{{label="value"}}')
    return found["name"], dict(LABEL.findall(found["labels"] or ""))


def doubled(text: str) -> list[str]:
    """The series that stand more than once in a text."""
    counted = Counter((name, tuple(sorted(labels.items()))) for name, labels, _ in samples(text))
    return sorted(name for (name, _), times in counted.items() if times > 1)


def counters(text: str) -> dict[Series, float]:
    """Every sample of a text that may only grow while its process lives, as the types in the text say."""
    names = {
        f"{found['name']}{end}"
        for line in text.splitlines()
        if (found := TYPE.match(line))
        for end in NEVER_FALL.get(found["kind"], ())
    }
    return {(name, frozenset(labels.items())): value for name, labels, value in samples(text) if name in names}


def started(text: str) -> float | None:
    """When the process that answers says it began, in seconds since the epoch; None when it does not say."""
    return next((value for name, _, value in samples(text) if name == START), None)


def series_by_name(text: str) -> dict[str, set[frozenset[tuple[str, str]]]]:
    """The label sets under each name; the bounds of a histogram are parts of one series."""
    found: dict[str, set[frozenset[tuple[str, str]]]] = {}
    for name, labels, _ in samples(text):
        found.setdefault(name, set()).add(frozenset(pair for pair in labels.items() if pair[0] not in BOUNDS))
    return found


def counted_as(text: str, name: str, label: str, status: int) -> float:
    """The sum of a counter's samples whose label says this status, or its class, as 404 or 4xx."""
    said = {str(status), f"{status // 100}xx"}
    return sum(
        value for found, labels, value in samples(text) if found == name and labels.get(label, "").lower() in said
    )
