from pydantic import AwareDatetime, BaseModel, ConfigDict

from target_app.chat.schemas import Title


class NewProject(BaseModel):
    """What a member gives to start a project."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "House"}]})

    name: Title


class ProjectChange(BaseModel):
    """The new name of a project."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Garden"}]})

    name: Title


class ProjectOut(BaseModel):
    """A project: a name under which conversations are kept together."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    created_at: AwareDatetime


class ProjectList(BaseModel):
    """A member's projects, oldest first."""

    items: list[ProjectOut]
