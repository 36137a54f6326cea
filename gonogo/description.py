"""How a target is spoken to: its operations, and its way of streaming an answer. No I/O."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from gonogo.section import Path, Section, SourceText


class Delta(Section):
    """Which events add text."""

    event: str | None = Field(default=None, description="The event's type; any when left out.")
    pointer: str = Field(pattern=r"^(/.*)?$", description="A JSON pointer to the text in the event's data.")


class Mark(Section):
    """How a special event is known: by its type, its data, or a pointer that leads somewhere."""

    event: str | None = Field(default=None, description="The event's type.")
    data: str | None = Field(default=None, description="The event's whole data.")
    pointer: str | None = Field(default=None, pattern=r"^(/.*)?$", description="A JSON pointer into its data.")

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if (self.event, self.data, self.pointer) == (None, None, None):
            raise ValueError("must name an event, data or a pointer")
        return self


class Stream(Section):
    """The target's way of streaming an answer."""

    delta: Delta = Field(description="Which events add text.")
    cumulative: bool = Field(default=False, description="Each event repeats the whole text so far.")
    end: Mark = Field(description="The event that ends an answer.")
    error: Mark | None = Field(default=None, description="The event that says the answer failed.")
    ignore: tuple[str, ...] = Field(default=(), description="Types of events that mean nothing here.")


class Part(Section):
    """One part of a multipart body."""

    filename: str | None = Field(default=None, description="The file's name; a plain field has none.")
    content: str = Field(description="What is in it.")
    type: str | None = Field(default=None, description="Its media type.")


class Operation(Section):
    """
    One request that the target answers.

    Texts are templates: `{name}` is filled when the request is built, and so is `${ENV_NAME}`.
    """

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(description="The method.")
    path: Path = Field(description="The path below the origin.")
    origin: Literal["api", "ui", "webhook"] | None = Field(
        default=None, description="Which origin; the webhook's for what is signed, else the API's."
    )
    query: dict[str, str] = Field(default_factory=dict, description="The query's fields.")
    headers: dict[str, str] = Field(default_factory=dict, description="Header fields of this operation.")
    json_body: Any = Field(default=None, alias="json", description="The body, sent as JSON.")
    form: dict[str, str] | None = Field(default=None, description="The body, sent as a form.")
    multipart: dict[str, Part] | None = Field(default=None, description="The body, sent in parts.")
    expect: tuple[int, ...] = Field(min_length=1, description="The statuses of a good answer.")
    content_type: str | None = Field(default=None, description="The media type of a good answer.")
    streams: bool = Field(default=False, description="The answer is an event stream.")
    redirects: int = Field(default=0, ge=0, le=10, description="How many redirects are followed.")
    capture: dict[str, SourceText] = Field(default_factory=dict, description="What is read from a good answer.")
    credential: Literal["session", "none", "operator", "signature"] = Field(
        default="session", description="Who sends it: a member, anyone, the operator, the payment service."
    )
    cost: int = Field(default=0, ge=0, description="How many of a member's messages it spends.")

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        bodies = [self.json_body, self.form, self.multipart]
        if sum(body is not None for body in bodies) > 1:
            raise ValueError("has more than one body; keep one of json, form and multipart")
        return self
