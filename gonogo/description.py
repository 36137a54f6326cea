"""How a target is spoken to: each request that it answers, as a template. No I/O."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from gonogo.section import Path, Section, SourceText, VariableName


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
    capture: dict[VariableName, SourceText] = Field(
        default_factory=dict, description="What is read from a good answer."
    )
    credential: Literal["session", "none", "operator", "signature"] = Field(
        default="session", description="Who sends it: a member, anyone, the operator, the payment service."
    )
    cost: int = Field(default=0, ge=0, description="How many of a member's messages it spends.")

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        bodies = [self.json_body, self.form, self.multipart]
        if sum(body is not None for body in bodies) > 1:
            raise ValueError("this has more than one body; keep one of json, form and multipart")
        return self
