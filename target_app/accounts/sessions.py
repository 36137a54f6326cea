"""Sessions: start, find, refresh, end; and the cookies that carry them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.accounts.dependencies import SESSION_COOKIE, SignedIn
from target_app.accounts.models import RefreshToken, Session, User
from target_app.accounts.tokens import Access, hash_opaque, issue_access, life_s, new_opaque, read_access
from target_app.database import utcnow
from target_app.settings import Settings

REFRESH_COOKIE = "__Secure-refresh"
REFRESH_PATH = "/auth/refresh"
# Each request asks it, and making a statement takes longer than running it.
OF_LIVE_SESSION = (
    select(User)
    .join(Session, Session.user_id == User.id)
    .where(Session.id == bindparam("session_id"), Session.revoked_at.is_(None), User.id == bindparam("user_id"))
)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The two tokens of a session."""

    access_token: str
    access: Access
    access_s: int
    refresh_token: str


async def start(db: AsyncSession, settings: Settings, user: User) -> Pair:
    """Open a session."""
    session = Session(user_id=user.id)
    db.add(session)
    await db.flush()
    pair = _issue(db, settings, user, session_id=session.id)
    await db.commit()
    return pair


async def refresh(db: AsyncSession, settings: Settings, token: str) -> Pair | None:
    """
    Exchange a refresh token for a fresh pair, or return None.

    A token that comes a second time was stolen, from or by whoever came first: the session ends.
    """
    row = await db.get(RefreshToken, hash_opaque(token))
    if row is None or row.expires_at <= utcnow():
        return None
    session = await db.get_one(Session, row.session_id)
    if session.revoked_at is not None:
        return None
    used = await db.execute(
        update(RefreshToken)
        .where(RefreshToken.token_hash == row.token_hash, RefreshToken.used_at.is_(None))
        .values(used_at=utcnow())
        .returning(RefreshToken.token_hash),
    )
    if used.first() is None:
        await end(db, session.id)
        return None
    user = await db.get_one(User, session.user_id)
    pair = _issue(db, settings, user, session_id=session.id)
    await db.commit()
    return pair


async def end(db: AsyncSession, session_id: str) -> None:
    """End a session at once: its access tokens stop working too."""
    await db.execute(update(Session).where(Session.id == session_id).values(revoked_at=utcnow()))
    await db.commit()


async def end_others(db: AsyncSession, user_id: str, *, keep: str | None) -> None:
    """End every session of a member but `keep`. The caller commits, together with the reason for it."""
    live = update(Session).where(Session.user_id == user_id, Session.revoked_at.is_(None))
    await db.execute(live.where(Session.id != keep).values(revoked_at=utcnow()))


async def live(db: AsyncSession, user_id: str) -> list[tuple[Session, datetime]]:
    """List the sessions that are neither ended nor run out, newest first, and until when each can be refreshed."""
    until = func.max(RefreshToken.expires_at)
    found = await db.execute(
        select(Session, until)
        .join(RefreshToken, RefreshToken.session_id == Session.id)
        .where(Session.user_id == user_id, Session.revoked_at.is_(None))
        .group_by(Session.id)
        .having(until > utcnow())
        .order_by(Session.created_at.desc(), Session.id)
    )
    return [(session, expires) for session, expires in found]


async def find(db: AsyncSession, access: Access) -> User | None:
    """Return whose live session this is."""
    found = await db.scalars(OF_LIVE_SESSION, {"session_id": access.session_id, "user_id": access.user_id})
    return found.one_or_none()


def _issue(db: AsyncSession, settings: Settings, user: User, *, session_id: str) -> Pair:
    lives_s = life_s(settings, user.email)
    token, access = issue_access(settings, user_id=user.id, session_id=session_id, lives_s=lives_s)
    opaque = new_opaque()
    expires = utcnow() + timedelta(seconds=settings.refresh_token_s)
    db.add(RefreshToken(token_hash=hash_opaque(opaque), session_id=session_id, expires_at=expires))
    return Pair(access_token=token, access=access, access_s=lives_s, refresh_token=opaque)


def set_cookies(response: Response, settings: Settings, pair: Pair) -> None:
    """Give the browser both tokens."""
    _set(response, SESSION_COOKIE, pair.access_token, pair.access_s)
    _set(response, REFRESH_COOKIE, pair.refresh_token, settings.refresh_token_s)


def clear_cookies(response: Response) -> None:
    """Take both tokens from the browser."""
    _set(response, SESSION_COOKIE, "", 0)
    _set(response, REFRESH_COOKIE, "", 0)


def _set(response: Response, name: str, value: str, max_age: int) -> None:
    session = name == SESSION_COOKIE
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/" if session else REFRESH_PATH,
        secure=True,
        httponly=True,
        samesite="lax" if session else "strict",
    )


class FindSession:
    """Looks up the session of each request that brings one, for the CSRF guard and the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leave the live session in the request's state as `signed_in`."""
        if scope["type"] == "http":
            token = Request(scope).cookies.get(SESSION_COOKIE)
            if token is not None:
                scope.setdefault("state", {})["signed_in"] = await self._signed_in(scope, token)
        await self.app(scope, receive, send)

    async def _signed_in(self, scope: Scope, token: str) -> SignedIn | None:
        state = scope["app"].state
        access = read_access(state.settings, token)
        if access is None:
            return None
        async with state.database.sessions() as db:
            user = await find(db, access)
        if user is None:
            return None
        return SignedIn(user=user, session_id=access.session_id, expires_at=access.expires_at)
