"""What goes in and out of the account operations."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"

Address = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254, pattern=ADDRESS)]
NewPassword = Annotated[str, Field(min_length=12, max_length=128)]
# No control characters: they are nobody's name, and PostgreSQL cannot store NUL.
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
Token = Annotated[str, Field(min_length=1, max_length=200)]


class Body(BaseModel):
    """A request body: what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class SignUp(Body):
    """Who wants an account."""

    email: Address = Field(examples=["alice@example.org"])
    password: NewPassword = Field(examples=["correct horse battery"])
    name: Name = Field(default="", examples=["Alice"])


class Forgotten(Body):
    """Who wants a link to a new password."""

    email: Address = Field(examples=["alice@example.org"])


class Reset(Body):
    """The token of the mailed link, and the new password."""

    token: Annotated[str, Field(min_length=1, max_length=1000)]
    password: NewPassword = Field(examples=["correct horse battery"])


class PasswordChange(Body):
    """The password as it was, and as it shall be."""

    current_password: Annotated[str, Field(min_length=1, max_length=128)]
    new_password: NewPassword = Field(examples=["correct horse battery"])


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


class SessionOut(BaseModel):
    """A sign-in that still opens the account."""

    id: str
    created_at: AwareDatetime
    expires_at: AwareDatetime = Field(description="When it ends, unless it is refreshed before")
    current: bool = Field(description="Whether it is the one that asks")


class SessionList(BaseModel):
    """Where a member is signed in, newest first."""

    items: list[SessionOut]


class Refreshed(BaseModel):
    """How long the new access token lives."""

    expires_in: int = Field(description="In seconds")


class CsrfToken(BaseModel):
    """What unsafe requests of this session send as X-CSRF-Token."""

    csrf_token: str
