"""Finds numbers and states in a JSON document whose shape nobody promised. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE_KEYS = ("status", "state", "health", "up", "healthy", "available")
NAME_KEYS = ("name", "id", "provider", "key")
UP = {"pass", "ok", "up", "healthy", "available", "operational", "online", "ready", "closed", "warn", "1", "true"}
DOWN = {"fail", "failed", "failing", "down", "error", "unhealthy", "unavailable", "offline", "broken", "critical"}
DOWN |= {"open", "0", "false"}


def numbers(document: Any, path: str = "") -> dict[str, float]:  # noqa: ANN401  JSON has no narrower type
    """Every number of a document, by the path of keys that leads to it, in lower case."""
    if isinstance(document, bool) or document is None:
        return {}
    if isinstance(document, int | float):
        return {path: float(document)}
    found: dict[str, float] = {}
    for key, value in entries(document):
        found |= numbers(value, f"{path}.{key}".lstrip(".").lower())
    return found


def states(document: Any, name: str = "") -> Iterator[tuple[str, str, bool | None]]:  # noqa: ANN401  JSON has no narrower type
    """Every object in use that has a state, at any depth: name, state, and whether that is up; None if unknown."""
    if isinstance(document, dict):
        name = next((str(document[key]) for key in NAME_KEYS if key in document), name)
        state = next((document[key] for key in STATE_KEYS if isinstance(document.get(key), str | bool | int)), None)
        off = document.get("enabled") is False or document.get("disabled") is True
        if state is not None and name and not off:
            word = str(state).lower()
            yield name, word, True if word in UP else False if word in DOWN else None
    for key, value in entries(document):
        yield from states(value, str(key))


def entries(document: Any) -> Iterator[tuple[str | int, Any]]:  # noqa: ANN401  JSON has no narrower type
    """The members of an object or the items of a list; of anything else none."""
    if isinstance(document, dict):
        yield from document.items()
    elif isinstance(document, list):
        yield from enumerate(document)
