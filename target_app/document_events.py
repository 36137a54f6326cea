"""The events of an answer that is streamed, for documentation: what the data of each is, as JSON."""

from typing import Any, Literal

from pydantic import BaseModel, Field

STREAM = "text/event-stream"
EXTENSION, ORDER = "x-events", "x-order"

Cached = Literal["exact", "semantic"] | None


class StartEvent(BaseModel):
    """Which message this will be. It comes first, once."""

    message_id: str
    conversation_id: str
    model: str = Field(examples=["scripted-small"])
    cached: Cached = Field(default=None, description="Set where no model was asked")


class TokenEvent(BaseModel):
    """A piece of the text. All pieces together are the answer."""

    index: int = Field(ge=0, description="Its place, from 0")
    text: str = Field(examples=["Hello"])


class UsageEvent(BaseModel):
    """What the answer took. It comes after the last piece."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    cached: Cached = Field(default=None, description="Set where no model was asked")


class EndEvent(BaseModel):
    """The answer is whole, or was stopped. Nothing follows."""

    message_id: str
    finish_reason: str = Field(examples=["stop"], description="stopped if a member did; else what the model said")


# An error ends the stream too, and its data is a problem document.
EVENTS: dict[str, type[BaseModel]] = {
    "start": StartEvent,
    "token": TokenEvent,
    "usage": UsageEvent,
    "end": EndEvent,
}

ORDERED = {"first": ["start"], "last": ["end", "error"], "once": ["usage"]}
"""Which event comes first, which one last, and which at most once; a stream that is resumed starts in the middle."""


def event_schemas(reference: str) -> dict[str, Any]:
    """Map the name of each event to where its schema is."""
    names = {name: model.__name__ for name, model in EVENTS.items()} | {"error": "Problem"}
    return {name: {"$ref": reference.format(model=model)} for name, model in names.items()}
