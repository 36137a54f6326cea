from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from target_app.exports.formats import Format

# PostgreSQL cannot even be asked for a NUL.
Identity = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]


class ExportRequest(BaseModel):
    """Which conversations, in which formats."""

    model_config = ConfigDict(extra="forbid")

    conversation_ids: Annotated[list[Identity], Field(min_length=1, max_length=50)]
    formats: Annotated[list[Format], Field(min_length=1, max_length=4)]
