"""Reads a metrics exposition: the text formats of Prometheus (0.0.4) and OpenMetrics (1.0). Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Labels: TypeAlias = dict[str, str]

SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>(?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*)\})?\s+(?P<value>\S+)")
LABEL = re.compile(r"([a-zA-Z_]\w*)\s*=\s*\"((?:[^\"\\]|\\.)*)\"")
END = "# EOF"


def samples(text: str) -> Iterator[tuple[str, Labels, float]]:
    """Every sample of a text that can be read, whatever else is in it: name, labels, value."""
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
