"""How a target speaks over an event stream: which events carry text, which one ends it, which one reports trouble."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


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
