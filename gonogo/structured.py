"""
Reads a list of structured header fields as RFC 9651, 4.2 tells to: what is not quite right is wrong.

Inner lists have no place in the fields that we look at, and are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
COMMA = re.compile(r"[ \t]*,[ \t]*")
SPACES = re.compile(r" *")


class Token(str):
    """A word without quotes."""

    __slots__ = ()


class Malformed(ValueError):
    """A text is no list of structured fields."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A value with its parameters; bytes and dates are kept as they were written."""

    value: str | int | float | bool
    parameters: dict[str, str | int | float | bool] = field(default_factory=dict)


VALUES: tuple[tuple[re.Pattern[str], Callable[[str], str | int | float | bool]], ...] = (
    (re.compile(r'"(?:[ !#-\[\]-~]|\\["\\])*"'), lambda text: re.sub(r"\\(.)", r"\1", text[1:-1])),
    (re.compile(r"-?\d{1,12}\.\d{1,3}(?![\d.])"), float),
    (re.compile(r"-?\d{1,15}(?![\d.])"), int),
    (re.compile(r"\?[01]"), lambda text: text == "?1"),
    (re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~:/0-9A-Za-z-]*"), Token),
    (re.compile(r":[A-Za-z0-9+/]*={0,2}:|@-?\d{1,15}(?![\d.])"), str),
)
"""How each kind of value is written, and what it means."""


def items_of(text: str) -> tuple[Item, ...]:
    """Read a list; several fields of one name are joined with a comma before. Raises Malformed."""
    text, place, found = text.strip(" "), 0, list[Item]()
    while place < len(text):
        if found:
            place = after(COMMA, text, place, "a comma")
        item, place = item_at(text, place)
        found.append(item)
    if not found:
        raise Malformed("it is empty")
    return tuple(found)


def item_at(text: str, place: int) -> tuple[Item, int]:
    """Read an item; it, and where it ends."""
    value, place = value_at(text, place)
    parameters: dict[str, str | int | float | bool] = {}
    while text.startswith(";", place):
        begin = after(SPACES, text, place + 1, "a space")
        place = after(KEY, text, begin, "a parameter's name")
        key = text[begin:place]
        parameters[key] = True
        if text.startswith("=", place):
            parameters[key], place = value_at(text, place + 1)
    return Item(value=value, parameters=parameters), place


def value_at(text: str, place: int) -> tuple[str | int | float | bool, int]:
    """Read a value; it, and where it ends."""
    for pattern, read in VALUES:
        if found := pattern.match(text, place):
            return read(found[0]), found.end()
    raise Malformed(f"no value begins at character {place + 1}: {text[place : place + 20]!r}")


def after(pattern: re.Pattern[str], text: str, place: int, what: str) -> int:
    """Where what must stand here ends."""
    found = pattern.match(text, place)
    if found is None:
        raise Malformed(f"{what} is missing at character {place + 1}: {text[place : place + 20]!r}")
    return found.end()
