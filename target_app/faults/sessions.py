"""Faults of sessions: when they end, who ends them, and who makes them."""

import time
from datetime import UTC, datetime
from http.cookies import SimpleCookie

import jwt
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts import session_routes, sessions, tokens
from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.accounts.models import Session
from target_app.fault import fault
from target_app.protection import limits
from target_app.settings import Settings

YEAR_S = 31_536_000
SHORT_S = 60
"""What lives less than this is outlived on purpose."""


@fault("auth.expired-good", detected_by={"auth.expired-refused"})
def expired_good(_app: FastAPI) -> None:
    """A token whose signature is right is believed, however long its time is over."""

    def read_access(settings: Settings, token: str) -> tokens.Access | None:
        key, options = settings.secret_key.get_secret_value(), {"require": tokens.CLAIMS, "verify_exp": False}
        try:
            claims = jwt.decode(token, key, algorithms=[tokens.ALGORITHM], options=options)  # type: ignore[arg-type]
        except jwt.InvalidTokenError:
            return None
        expires = datetime.fromtimestamp(claims["exp"], UTC)
        return tokens.Access(user_id=claims["sub"], session_id=claims["sid"], expires_at=expires)

    for module in (tokens, sessions, limits):
        module.read_access = read_access  # type: ignore[attr-defined]


@fault("auth.token-of-a-year", detected_by={"auth.token-lifetime"})
def token_of_a_year(_app: FastAPI) -> None:
    """The cookie ends as promised, the token in it only after a year."""
    inner = tokens.issue_access

    def issue_access(settings: Settings, *, user_id: str, session_id: str, lives_s: int) -> tuple[str, tokens.Access]:
        if lives_s < SHORT_S:
            return inner(settings, user_id=user_id, session_id=session_id, lives_s=lives_s)
        token, _ = inner(settings, user_id=user_id, session_id=session_id, lives_s=YEAR_S)
        return token, inner(settings, user_id=user_id, session_id=session_id, lives_s=lives_s)[1]

    sessions.issue_access = issue_access  # type: ignore[attr-defined]


@fault("auth.refresh-extends-nothing", detected_by={"auth.refresh-extends"})
def refresh_extends_nothing(_app: FastAPI) -> None:
    """What a refresh gives ends when the session before would have ended."""
    inner = tokens.issue_access
    ends: dict[str, float] = {}

    def issue_access(settings: Settings, *, user_id: str, session_id: str, lives_s: int) -> tuple[str, tokens.Access]:
        end = ends.setdefault(session_id, time.time() + lives_s)
        return inner(settings, user_id=user_id, session_id=session_id, lives_s=int(end - time.time()))

    sessions.issue_access = issue_access  # type: ignore[attr-defined]


@fault("auth.ended-lives-on", detected_by={"auth.ended-session-refused"})
def ended_lives_on(_app: FastAPI) -> None:
    """A session that is ended from afar is taken off the list, and goes on."""

    class Changed:
        """The sessions' functions, this one changed."""

        def __getattr__(self, name: str) -> object:
            return getattr(sessions, name)

        @staticmethod
        async def end(db: AsyncSession, session_id: str) -> None:
            _ = db, session_id

    session_routes.sessions = Changed()  # type: ignore[assignment, attr-defined]


@fault("auth.ends-any-session", detected_by={"auth.sessions-own-only"})
class EndsAnySession:
    """Whoever knows the id of a session ends it, whosever it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make it the caller's own first."""
        if scope["type"] == "http" and scope["method"] == "DELETE" and scope["path"].startswith("/auth/sessions/"):
            state, token = scope["app"].state, Request(scope).cookies.get(SESSION_COOKIE, "")
            access = tokens.read_access(state.settings, token)
            if access is not None:
                async with state.database.sessions() as db:
                    theirs = update(Session).where(Session.id == scope["path"].rpartition("/")[2])
                    await db.execute(theirs.values(user_id=access.user_id))
                    await db.commit()
        await self.app(scope, receive, send)


@fault("auth.session-planted", detected_by={"auth.session-not-planted"})
class SessionPlanted:
    """Sign-in opens the session whose cookie was there before, and gives no new one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.opened: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the old cookie stand for the new session."""
        cookies = Request(scope).cookies if scope["type"] == "http" else {}
        before = cookies.get(SESSION_COOKIE)
        signs_in = scope["type"] == "http" and scope["path"] == "/auth/signin" and before is not None

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for field in headers.getlist("set-cookie"):
                    found = SimpleCookie(field).get(SESSION_COOKIE)
                    if found and found.value and before:
                        self.opened[before] = found.value
            await send(message)

        if before in self.opened and not signs_in:
            renewed = "; ".join(f"{name}={self.opened.get(value, value)}" for name, value in cookies.items())
            headers = MutableHeaders(raw=list(scope["headers"]))
            headers["Cookie"] = renewed
            scope = {**scope, "headers": headers.raw}
        await self.app(scope, receive, kept if signs_in else send)
