"""Faults of accounts: mails, passwords and sessions."""

import json
from collections.abc import Callable
from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts import routes, sessions, signup, tokens
from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.accounts.models import RefreshToken, Session, User, VerificationToken
from target_app.database import utcnow
from target_app.errors import Problem
from target_app.fault import fault
from target_app.settings import Settings


@fault("auth.cached-by-all", detected_by={"auth.not-stored", "headers.promised"})
class CachedByAll:
    """Shared caches may keep what belongs to one member."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say so."""

        async def cacheable(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Control"] = "public, max-age=600"
            await send(message)

        mine = scope["type"] == "http" and scope["path"] == "/auth/session"
        await self.app(scope, receive, cacheable if mine else send)


@fault("auth.unproven-address", detected_by={"auth.unverified-refused"})
def unproven_address(_app: FastAPI) -> None:
    """Who signs up can sign in at once."""
    _replace_find_user(_proven)


def _proven(db: AsyncSession, user: User | None) -> User | None:
    if user is not None:
        db.expunge(user)
        user.verified_at = user.verified_at or utcnow()
    return user


@fault("auth.case-counts", detected_by={"auth.any-case"})
class CaseCounts:
    """Sign-in compares addresses to the letter."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have another address looked up for one in capitals."""

        async def to_the_letter() -> Message:
            message = await receive()
            if b"@EXAMPLE" in message.get("body", b""):
                message = {**message, "body": message["body"].replace(b"@EXAMPLE", b"@another")}
            return message

        signs_in = scope["type"] == "http" and scope["path"] == "/auth/signin"
        await self.app(scope, to_the_letter if signs_in else receive, send)


@fault("auth.tells-who-is-here", detected_by={"auth.unknown-indistinct"})
def tells_who_is_here(_app: FastAPI) -> None:
    """Sign-in tells whether an address has an account."""
    _replace_find_user(_known)


def _known(db: AsyncSession, user: User | None) -> User | None:
    _ = db
    if user is None:
        raise Problem(404, "There is no account with this address.")
    return user


def _replace_find_user(change: Callable[[AsyncSession, User | None], User | None]) -> None:
    """Let sign-in, and sign-in alone, see what `change` makes of a member."""
    inner = signup.find_user

    class Changed:
        """The sign-up's functions, this one changed."""

        def __getattr__(self, name: str) -> object:
            return getattr(signup, name)

        @staticmethod
        async def find_user(db: AsyncSession, email: str) -> User | None:
            return change(db, await inner(db, email))

    routes.signup = Changed()  # type: ignore[assignment, attr-defined]


@fault("auth.quick-for-strangers", detected_by={"auth.unknown-as-slow"})
def quick_for_strangers(_app: FastAPI) -> None:
    """Where there is no account there is nothing to compare, and sign-in says no at once."""
    inner = routes.password_matches  # type: ignore[attr-defined]

    async def matches(stored: str | None, password: str) -> bool:
        return stored is not None and await inner(stored, password)

    routes.password_matches = matches  # type: ignore[attr-defined]


@fault("auth.sign-up-tells", detected_by={"auth.sign-up-indistinct"})
def sign_up_tells(_app: FastAPI) -> None:
    """Sign-up tells whether an address has an account."""
    inner = signup.register

    async def register(db: AsyncSession, wanted: User, *, link_lives: timedelta) -> str:
        token = await inner(db, wanted, link_lives=link_lives)
        if token is None:
            raise Problem(409, "This address has an account already.")
        return token

    signup.register = register


@fault("auth.link-fills-in", detected_by={"auth.link-stays-apart"})
class LinkFillsIn:
    """Whoever opens a verification link while signed in is called what its sender typed at the sign-up."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do it in the store, before the link is used."""
        if scope["type"] != "http" or scope["path"] != "/auth/verify":
            await self.app(scope, receive, send)
            return
        state, body = scope["app"].state, await Request(scope, receive).body()
        access = tokens.read_access(state.settings, Request(scope).cookies.get(SESSION_COOKIE, ""))
        async with state.database.sessions() as db:
            link = await db.get(VerificationToken, tokens.hash_opaque(str(json.loads(body).get("token"))))
            if access is not None and link is not None:
                await db.execute(update(User).where(User.id == access.user_id).values(name=link.name))
                await db.commit()

        async def replayed() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replayed, send)


@fault(
    "auth.any-password",
    detected_by={"auth.wrong-password-refused", "auth.unknown-indistinct", "auth.old-password-refused"},
)
def any_password(_app: FastAPI) -> None:
    """Any password opens an account."""
    routes.password_matches = _has_account  # type: ignore[attr-defined]


async def _has_account(stored: str | None, password: str) -> bool:
    _ = password
    return stored is not None


@fault("auth.link-forever", detected_by={"auth.link-works-once"})
def link_forever(_app: FastAPI) -> None:
    """A verification link works as often as one likes."""
    signup.verify = _verify_again


async def _verify_again(db: AsyncSession, token: str) -> User | None:
    row = await db.get(VerificationToken, tokens.hash_opaque(token))
    if row is None:
        return None
    user = await db.get_one(User, row.user_id)
    user.verified_at = utcnow()
    await db.commit()
    return user


@fault(
    "auth.refresh-forever",
    detected_by={"auth.old-refresh-refused", "auth.reuse-ends-session", "auth.signed-out-refresh-refused"},
)
def refresh_forever(_app: FastAPI) -> None:
    """A refresh token works as often as one likes, also after the session's end."""
    sessions.refresh = _refresh_again


async def _refresh_again(db: AsyncSession, settings: Settings, token: str) -> sessions.Pair | None:
    row = await db.get(RefreshToken, tokens.hash_opaque(token))
    if row is None:
        return None
    session = await db.get_one(Session, row.session_id)
    user = await db.get_one(User, session.user_id)
    return await sessions.start(db, settings, user)


@fault("mail.silent", detected_by={"auth.mail-arrives"})
def no_mail(app: FastAPI) -> None:
    """Mails are never sent."""
    app.state.mailer.post = lambda _message: None


@fault("auth.reuse-forgiven", detected_by={"auth.reuse-ends-session"})
def reuse_forgiven(_app: FastAPI) -> None:
    """A refresh token that comes back is refused, and whoever stole it keeps the session that it gave."""
    inner = sessions.refresh

    async def refresh(db: AsyncSession, settings: Settings, token: str) -> sessions.Pair | None:
        row = await db.get(RefreshToken, tokens.hash_opaque(token))
        return None if row is not None and row.used_at is not None else await inner(db, settings, token)

    sessions.refresh = refresh


@fault(
    "auth.signout-forgets-nothing",
    detected_by={
        *("auth.signed-out-refused", "auth.signed-out-refresh-refused"),
        *("auth.reuse-ends-session", "auth.ended-session-refused"),
    },
)
def signout_forgets_nothing(_app: FastAPI) -> None:
    """Sign-out clears the cookies, but the session lives on for whoever kept them; so it does when ended from afar."""
    sessions.end = _leave_alive


async def _leave_alive(db: AsyncSession, session_id: str) -> None:
    _ = db, session_id
