"""Finds numbers and states in a JSON document whose shape nobody promised. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE_KEYS = ("status", "state", "health", "up", "healthy", "available")
NAME_KEYS = ("name", "id", "provider", "key")
UP = {"pass", "ok", "up", "healthy", "available", "operational", "online", "ready", "closed", "warn", "1", "true"}


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


def states(document: Any, name: str = "") -> Iterator[tuple[str, str, bool]]:  # noqa: ANN401  JSON has no narrower type
    """Every object that has a state, at any depth: its name, its state as text, and whether that means up."""
    if isinstance(document, dict):
        name = next((str(document[key]) for key in NAME_KEYS if key in document), name)
        state = next((document[key] for key in STATE_KEYS if isinstance(document.get(key), str | bool | int)), None)
        if state is not None and name:
            yield name, str(state).lower(), str(state).lower() in UP
    for key, value in entries(document):
        yield from states(value, str(key))


def entries(document: Any) -> Iterator[tuple[str | int, Any]]:  # noqa: ANN401  JSON has no narrower type
    """The members of an object or the items of a list; of anything else none."""
    if isinstance(document, dict):
        yield from document.items()
    elif isinstance(document, list):
        yield from enumerate(document)
