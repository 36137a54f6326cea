"""How a target speaks over an event stream: which events carry text, which one ends it, which one reports trouble."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gonogo.exchange import StreamEvent

if TYPE_CHECKING:
    from gonogo.eventstream import Event

ARRAY_INDEX = re.compile("0|[1-9][0-9]{0,17}")


def a_pointer(text: str) -> str:
    """
    Return the text if it is a JSON pointer.

    Raises ValueError unless it is empty or starts with a slash (RFC 6901).
    """
    if text and not text.startswith("/"):
        raise ValueError(f"a JSON pointer is empty or starts with a slash, and {text!r} does neither")
    return text


Pointer = Annotated[str, AfterValidator(a_pointer)]


class Section(BaseModel):
    """A part of the profile's `stream:` section."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Delta(Section):
    """Where a piece of the answer is found."""

    event: str | None = Field(
        None, description="The type of the events that carry text; left out: any event may, as in data-only streams."
    )
    pointer: Pointer = Field(description="The JSON pointer to the text in the event's data.")
    index: Pointer | None = Field(
        None, description="The JSON pointer to the number that counts the pieces from 0 or 1 upwards, if there is one."
    )


class End(Section):
    """What tells that the stream is over; where several are given, all must hold."""

    event: str | None = Field(None, description="The type of the event that ends a stream.")
    data: str | None = Field(None, description="The data, to the letter, of the event that ends a stream, as [DONE].")
    pointer: Pointer | None = Field(
        None, description="The JSON pointer to a value that is missing, null, false or empty until the stream ends."
    )

    @model_validator(mode="after")
    def says_something(self) -> End:
        """Raise ValueError when nothing is given: every event would be the end."""
        if self.event is None and self.data is None and self.pointer is None:
            raise ValueError("name the event, the data or the pointer that tells the end of a stream")
        return self


class Failure(Section):
    """What tells that the answer failed half way: the event's type if given, else what the pointer finds."""

    event: str | None = Field(None, description="The type of the event that reports a failure.")
    pointer: Pointer | None = Field(
        None,
        description="The JSON pointer to what went wrong. Without an event, any value there that is not null, false or "
        "empty is a failure.",
    )

    @model_validator(mode="after")
    def says_something(self) -> Failure:
        """Raise ValueError when nothing is given: every event would be a failure."""
        if self.event is None and self.pointer is None:
            raise ValueError("name the event or the pointer that tells a failure")
        return self


class Dialect(Section):
    """The profile's `stream:` section."""

    delta: Delta = Field(description="Which events carry the answer's text, and where.")
    cumulative: bool = Field(
        default=False, description="Whether each event carries the whole answer so far, and not only what is new."
    )
    end: End = Field(description="What tells that the stream is over.")
    error: Failure | None = Field(
        None, description="What tells that the answer failed half way; left out when the target has no such event."
    )
    ignore: tuple[str, ...] = Field(
        (), description="Types of events that say nothing of the answer, such as a keep-alive."
    )


def read_event(dialect: Dialect, event: Event, arrived: float, said_so_far: str) -> StreamEvent:
    """
    Read one event as the dialect means it.

    `arrived` is in seconds since the request was sent, `said_so_far` the sum of the deltas before.
    An event that the dialect does not know, or whose data is no JSON, adds no text.
    """
    read = StreamEvent(type=event.type, data=event.data, id=event.id, arrived=arrived)
    if event.type in dialect.ignore:
        return read
    document = document_of(event.data)
    error = failure_of(dialect.error, event, document)
    return replace(
        read,
        error=error,
        terminal=is_end(dialect.end, event, document),
        delta=delta_of(dialect, event, document, said_so_far) if error is None else None,
    )


def delta_of(dialect: Dialect, event: Event, document: Any, said_so_far: str) -> str | None:  # noqa: ANN401  JSON has no narrower type
    """
    Return the text that an event adds, None if it carries none.

    Cumulative text that takes back what was said before counts as a whole: what is then said twice
    does not match what the target keeps.
    """
    if dialect.delta.event is not None and event.type != dialect.delta.event:
        return None
    text = at_pointer(document, dialect.delta.pointer)
    if not isinstance(text, str):
        return None
    text = whole_characters(text)
    return text.removeprefix(said_so_far) if dialect.cumulative else text


def is_end(end: End, event: Event, document: Any) -> bool:  # noqa: ANN401  the same
    """Tell whether an event ends the stream."""
    return (
        (end.event is None or event.type == end.event)
        and (end.data is None or event.data == end.data)
        and (end.pointer is None or bool(at_pointer(document, end.pointer)))
    )


def failure_of(failure: Failure | None, event: Event, document: Any) -> str | None:  # noqa: ANN401  the same
    """Return what an event says went wrong, None if it reports no failure."""
    if failure is None or (failure.event is not None and event.type != failure.event):
        return None
    found = None if failure.pointer is None else at_pointer(document, failure.pointer)
    if found:
        return whole_characters(found) if isinstance(found, str) else json.dumps(found)
    return None if failure.event is None else event.data


def document_of(data: str) -> Any:  # noqa: ANN401  the same
    """Return the JSON that an event carries, None if it is none that can be read."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def at_pointer(document: Any, pointer: str) -> Any:  # noqa: ANN401  the same
    """Return what a JSON pointer finds (RFC 6901), None if it finds nothing."""
    for key, place in steps_of(pointer):
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and place is not None and place < len(document):
            document = document[place]
        else:
            return None
    return document


@functools.lru_cache(maxsize=1024)
def steps_of(pointer: str) -> tuple[tuple[str, int | None], ...]:
    """Return the keys of a JSON pointer, each with the place that it names in an array if it can name one."""
    keys = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return tuple((key, int(key) if ARRAY_INDEX.fullmatch(key) else None) for key in keys)


def whole_characters(text: str) -> str:
    """Replace halves of characters, which JSON can smuggle in and no file or terminal can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
