"""What the target says of itself under load: figures of its metrics, drawn beside what people felt. No I/O."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from gonogo.exposition import BOUNDS, samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.profile import Profile

OPERATIONS = ("metrics", "metrics_system")
MOST = 16
TELLING = re.compile(
    r"cpu|mem|rss|resident|in_?flight|in_?progress|active|concurren|connection|pool|queue|backlog|thread|open_fds|"
    r"requests_total|errors?_total|lag|gc_",
    re.IGNORECASE,
)
"""What tells how a service bears a load: what it uses, what is under way, and what it counts of both."""
MADE_UP = ("_bucket", "_created", "_max_fds", "_max_bytes", "_info")


def asked(profile: Profile) -> tuple[str, ...]:
    """The operations that are asked under load: those that tell figures and that no limit counts."""
    return tuple(name for name in OPERATIONS if name in profile.operations and name in profile.promises.unlimited)


def figures(text: str) -> dict[str, float]:
    """The telling figures of an answer, by name, a few at most; an exposition's are added up over their labels."""
    try:
        found = dict(numbers(json.loads(text)))
    except (ValueError, RecursionError):
        found = exposed(text)
    telling = {name: value for name, value in found.items() if TELLING.search(name) and math.isfinite(value)}
    return dict(sorted(telling.items())[:MOST])


def numbers(part: Any, name: str = "") -> Iterator[tuple[str, float]]:  # noqa: ANN401  JSON has no narrower type
    """Every number of a document, by the names that lead to it."""
    for key, value in part.items() if isinstance(part, dict) else ():
        yield from numbers(value, f"{name}.{key}" if name else str(key))
    if isinstance(part, int | float) and not isinstance(part, bool):
        yield name, float(part)


def exposed(text: str) -> dict[str, float]:
    """The samples of an exposition, added up over their labels."""
    found: dict[str, float] = {}
    for name, labels, value in samples(text):
        if not name.endswith(MADE_UP) and not BOUNDS & set(labels):
            found[name] = found.get(name, 0.0) + value
    return found
