from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

# One line, no control characters, and not only blanks.
TITLE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
# NUL is refused because PostgreSQL cannot store it; blank content because there is nothing to answer.
CONTENT = r"^[^\x00]*[^\s\x00][^\x00]*$"

Title = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=TITLE)]
Content = Annotated[str, StringConstraints(min_length=1, pattern=CONTENT)]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]


class NewConversation(BaseModel):
    """What a member gives to start a conversation."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Holiday plans"}]})

    title: Title
    project_id: str | None = None


class ConversationChange(BaseModel):
    """What may change; what is left out stays, and `project_id: null` takes it out of its project."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Summer plans"}]})

    # A default would be shown in the document, and there is none: what is left out is never read.
    title: Title = Field(default_factory=str, description="The new title; left out, the old one stays.")
    project_id: str | None = None


class ConversationOut(BaseModel):
    """A conversation, without its messages."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str
    project_id: str | None
    created_at: AwareDatetime


class ConversationPage(BaseModel):
    """Conversations, newest first; `next_cursor` is null on the last page."""

    items: list[ConversationOut]
    next_cursor: str | None


class NewMessage(BaseModel):
    """What a member says."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"content": "Reply with exactly these words: all ready"}]}
    )

    content: Content
    model: ModelName | None = Field(
        default=None, description="One of the plan's models; the member's default otherwise."
    )
    idempotency_key: Key | None = Field(
        default=None, description="A retry with the same key is answered, not repeated."
    )


class MessageOut(BaseModel):
    """One thing that was said; `stopped` and `failed` keep what was said before."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    role: Literal["user", "assistant"]
    content: str
    status: Literal["complete", "stopped", "failed"]
    created_at: AwareDatetime


class History(BaseModel):
    """Messages of a conversation, oldest first; `next_cursor` is null on the last page."""

    items: list[MessageOut]
    next_cursor: str | None = None


class StopOut(BaseModel):
    """Whether there was an answer to stop."""

    stopping: bool
