"""What the events of an answer must hold: what the profile promises of each type, and what its dialect reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gonogo.dialect import at_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.profile import Profile

Kind = Literal["string", "integer", "number", "boolean", "object", "array"]
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
"""JSON's kinds of values, as Python reads them."""


def shapes_of(profile: Profile) -> dict[str, dict[str, Kind]]:
    """For each type of event the JSON pointers that must lead somewhere, and to what; empty where nothing is told."""
    found = {event: dict(fields) for event, fields in (profile.promises.events or {}).items()}
    if profile.stream and profile.stream.delta.event is not None:
        found.setdefault(profile.stream.delta.event, {}).setdefault(profile.stream.delta.pointer, "string")
    return found


def misfits(document: Any, shape: Mapping[str, Kind]) -> Iterator[str]:  # noqa: ANN401  JSON has no narrower type
    """Say of each place that a document lacks, or where it holds another kind of value."""
    for pointer, kind in shape.items():
        value = at_pointer(document, pointer)
        if value is None:
            yield f"has nothing at {pointer}"
        elif not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
            yield f"has {type(value).__name__} {str(value)[:40]!r} at {pointer}, {kind} expected"
