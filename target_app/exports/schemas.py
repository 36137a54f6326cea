from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from target_app.exports.formats import Format


class ExportRequest(BaseModel):
    """Which conversations, in which formats."""

    model_config = ConfigDict(extra="forbid")

    conversation_ids: Annotated[list[str], Field(min_length=1, max_length=50)]
    formats: Annotated[list[Format], Field(min_length=1, max_length=4)]
