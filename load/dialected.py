"""
A dialect, taken apart for the load.

What `gonogo.dialect.read_event` says of an event is said here too, without making a record of each, because a worker
reads tens of thousands a second.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gonogo.dialect import ARRAY_INDEX, at_pointer

if TYPE_CHECKING:
    from gonogo.dialect import Dialect
    from gonogo.eventstream import Event

DECODER = json.JSONDecoder()
SCAN, DECODE = vars(DECODER)["scan_once"], DECODER.decode  # what json.loads does, without looking at its arguments


class Dialected:
    """A dialect, taken apart once for all the streams that are read by it."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.ignored = frozenset(dialect.ignore)
        self.delta_type = dialect.delta.event
        self.delta_key = plain_key(dialect.delta.pointer)
        self.index_key = plain_key(dialect.delta.index) if dialect.delta.index else None
        self.end_data = dialect.end.data
        self.error = dialect.error
        self.error_type = dialect.error.event if dialect.error else None
        others = {dialect.end.event, self.error_type} if dialect.error else {dialect.end.event}
        apart = self.delta_type is not None and not others & {None, self.delta_type, *dialect.ignore}
        self.token_type = self.delta_type if apart and self.delta_type not in dialect.ignore else None
        """The type of an event that says alone that it is a token, neither end nor failure; None without one."""
        self.cumulative = dialect.cumulative
        self.counts = dialect.delta.index is not None

    def must_be_json(self, event: Event) -> bool:
        """Whether an event of this type carries JSON by what the dialect says of it."""
        if event.data == self.end_data:
            return False
        by_pointer = {self.delta_type}
        if self.error and self.error.pointer is not None:
            by_pointer.add(self.error_type)
        if self.dialect.end.pointer is not None:
            by_pointer.add(self.dialect.end.event)
        return None in by_pointer or event.type in by_pointer

    def failed(self, event: Event, document: Any) -> bool:  # noqa: ANN401  JSON has no narrower type
        """Whether an event reports a failure."""
        if self.error is None or (self.error_type is not None and event.type != self.error_type):
            return False
        if self.error_type is not None:
            return True
        return bool(at_pointer(document, self.error.pointer or ""))

    def text(self, document: Any) -> str | None:  # noqa: ANN401  the same
        """The text that a token carries, None if it carries none."""
        if self.delta_key is not None and isinstance(document, dict):
            found = document.get(self.delta_key)
        else:
            found = at_pointer(document, self.dialect.delta.pointer)
        return found if isinstance(found, str) else None

    def index(self, document: Any) -> int | None:  # noqa: ANN401  the same
        """The number that counts a token, None where the dialect names none or the token has none."""
        if self.index_key is not None and isinstance(document, dict):
            found = document.get(self.index_key)
        else:
            found = None if self.dialect.delta.index is None else at_pointer(document, self.dialect.delta.index)
        return found if isinstance(found, int) and not isinstance(found, bool) else None


def decoded(text: str) -> Any:  # noqa: ANN401  JSON has no narrower type
    """The JSON in a text. Raises ValueError and RecursionError as json.loads does."""
    try:
        document, end = SCAN(text, 0)
    except StopIteration:  # it begins with white space, or is none
        return DECODE(text)
    return document if end == len(text) else DECODE(text)


def plain_key(pointer: str) -> str | None:
    """The one key of a pointer that needs no walk, which is how most dialects are."""
    key = pointer[1:]
    return key if key and not set(key) & {"/", "~"} and not ARRAY_INDEX.fullmatch(key) else None
