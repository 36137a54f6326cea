"""What goes in and out of the account operations."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"

Address = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254, pattern=ADDRESS)]
NewPassword = Annotated[str, Field(min_length=12, max_length=128)]
Token = Annotated[str, Field(min_length=1, max_length=200)]


class Body(BaseModel):
    """A request body: what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class SignUp(Body):
    """Who wants an account."""

    email: Address = Field(examples=["alice@example.org"])
    password: NewPassword = Field(examples=["correct horse battery"])
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class Verification(Body):
    """The token of the mailed link."""

    token: Token


class SignIn(Body):
    """Who wants in."""

    email: Address = Field(examples=["alice@example.org"])
    password: Annotated[str, Field(min_length=1, max_length=128)]


class Accepted(BaseModel):
    """The same for every address, known or not."""

    message: str


class Verified(BaseModel):
    """An address that is proven now."""

    email: str
    verified: bool


class Member(BaseModel):
    """Who is signed in, and until when."""

    id: str
    email: str
    name: str
    plan: str
    expires_at: datetime


class Refreshed(BaseModel):
    """How long the new access token lives."""

    expires_in: int = Field(description="In seconds")


class CsrfToken(BaseModel):
    """What unsafe requests of this session send as X-CSRF-Token."""

    csrf_token: str
