"""Who is asking, for routes that need to know."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie

from target_app.accounts.models import User
from target_app.errors import Problem

SESSION_COOKIE = "__Host-session"
CHALLENGE = 'Cookie realm="chat", cookie-name="__Host-session"'

session_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="session",
    description="The access token, set by sign-in",
    auto_error=False,
)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A live session and whose it is. The user is read only: it belongs to no database session."""

    user: User
    session_id: str
    expires_at: datetime


async def signed_in(request: Request, _documented: Annotated[str | None, Depends(session_cookie)]) -> SignedIn:
    """Return the live session that the middleware found, or answer 401."""
    found: SignedIn | None = getattr(request.state, "signed_in", None)
    if found is None:
        raise Problem(401, "Sign in first.", headers={"WWW-Authenticate": CHALLENGE})
    return found


CurrentSession = Annotated[SignedIn, Depends(signed_in)]


async def current_user(session: CurrentSession) -> User:
    """Return the member who asks."""
    return session.user


CurrentUser = Annotated[User, Depends(current_user)]
