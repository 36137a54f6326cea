from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from target_app.billing.catalogue import DEFAULT_MODEL

Theme = Literal["system", "light", "dark"]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=50)]
# A language tag of RFC 5646 in its common form: a language, then script, region or variants.
Language = Annotated[
    str, Field(examples=["de"]), StringConstraints(max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
]


class PreferencesOut(BaseModel):
    """All settings of a member."""

    model_config = ConfigDict(from_attributes=True)

    theme: Theme
    language: Language
    default_model: str


class PreferencesChange(BaseModel):
    """What may change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"theme": "dark"}]})

    # A default would be shown in the document, and there is none: what is left out is never read.
    theme: Theme = Field(default_factory=lambda: "system", description="Left out, it stays.")
    language: Language = Field(default_factory=str, description="Left out, it stays.")
    default_model: ModelName = Field(default_factory=lambda: DEFAULT_MODEL, description="Left out, it stays.")
