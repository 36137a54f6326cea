"""Faults of accounts: mails, passwords and sessions."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts import routes, sessions, signup, tokens
from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.accounts.models import RefreshToken, Session, User, VerificationToken
from target_app.chat.models import Conversation
from target_app.database import Db, utcnow
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


@fault("auth.open-session", detected_by={"auth.session-required"})
class OpenSession:
    """Who has no session is told somebody's all the same."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the route."""
        anonymous = scope["type"] == "http" and not any(name == b"cookie" for name, _ in scope["headers"])
        if anonymous and scope["path"] == "/auth/session":
            await JSONResponse({"id": "0", "email": "somebody@example.com"})(scope, receive, send)
        else:
            await self.app(scope, receive, send)


@fault("auth.open-history", detected_by={"auth.session-required"})
class OpenHistory:
    """One route forgot its guard: what was said in a conversation is read without a session."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the route."""
        anonymous = scope["type"] == "http" and not any(name == b"cookie" for name, _ in scope["headers"])
        if anonymous and scope["method"] == "GET" and scope["path"].endswith("/messages"):
            await JSONResponse({"items": []})(scope, receive, send)
        else:
            await self.app(scope, receive, send)


@fault("auth.open-rename", detected_by={"auth.session-required"})
class OpenRename:
    """One route that changes something forgot its guard: whoever knows an id renames the conversation."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the route."""
        anonymous = scope["type"] == "http" and not any(name == b"cookie" for name, _ in scope["headers"])
        if anonymous and scope["method"] == "PATCH" and scope["path"].startswith("/conversations/"):
            await JSONResponse({"title": "changed"})(scope, receive, send)
        else:
            await self.app(scope, receive, send)


@fault("auth.open-members", detected_by={"auth.session-required"})
def open_members(app: FastAPI) -> None:
    """A new route that only the service's own document names shows every member to everybody."""

    async def members(db: Db) -> list[str]:
        return list(await db.scalars(select(User.email)))

    app.get("/members/{group}", operation_id="list_members")(members)


@fault("auth.unproven-address", detected_by={"auth.unverified-refused"})
def unproven_address(_app: FastAPI) -> None:
    """Who signs up can sign in at once."""
    _replace_find_user(_proven)


def _proven(db: AsyncSession, user: User | None) -> User | None:
    if user is not None:
        db.expunge(user)
        user.verified_at = user.verified_at or utcnow()
    return user


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


@fault("auth.any-password", detected_by={"auth.wrong-password-refused", "auth.unknown-indistinct"})
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


@fault("auth.refresh-forever", detected_by={"auth.old-refresh-refused", "auth.reuse-ends-session"})
def refresh_forever(_app: FastAPI) -> None:
    """A refresh token works as often as one likes."""
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


@fault("auth.signout-forgets-nothing", detected_by={"auth.signed-out-refused", "auth.reuse-ends-session"})
def signout_forgets_nothing(_app: FastAPI) -> None:
    """Sign-out clears the cookies, but the session lives on for whoever kept them."""
    sessions.end = _leave_alive


async def _leave_alive(db: AsyncSession, session_id: str) -> None:
    _ = db, session_id


@fault("auth.renames-then-refuses", detected_by={"auth.own-things-untouched"})
class RenamesThenRefuses:
    """A conversation is renamed for whoever knows its id, and only then the stranger is refused."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do it in the store, and let the service answer."""
        if scope["type"] == "http" and scope["method"] == "PATCH" and scope["path"].startswith("/conversations/"):
            async with scope["app"].state.database.sessions() as db:
                found = await db.get(Conversation, scope["path"].rpartition("/")[2])
                if found is not None:
                    found.title = "renamed by anybody"
                    await db.commit()
        await self.app(scope, receive, send)


class _Promotes:
    """Takes whatever fields a request of one path has, and gives the member the plan that they ask for."""

    method: str
    path: str

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def who(self, scope: Scope, body: dict[str, Any]) -> Any:  # noqa: ANN401  a condition of SQLAlchemy
        """Give the condition that finds the member."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hide the fields that the service would refuse, and grant the plan when it is done."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) != (self.method, self.path):
            await self.app(scope, receive, send)
            return
        body = json.loads(await Request(scope, receive).body() or b"{}")
        plan = body.get("plan")
        known = {name: body[name] for name in ("email", "password", "name", "theme", "language") if name in body}
        content = json.dumps(known).encode()
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["Content-Length"] = str(len(content))

        async def replayed() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        await self.app({**scope, "headers": headers.raw}, replayed, send)
        if plan:
            async with scope["app"].state.database.sessions() as db:
                await db.execute(update(User).where(await self.who(scope, body)).values(plan=plan))
                await db.commit()


@fault("auth.plan-at-sign-up", detected_by={"auth.no-promotion-at-sign-up"})
class PlanAtSignUp(_Promotes):
    """Who asks for a plan when signing up has it."""

    method, path = "POST", "/auth/signup"

    async def who(self, scope: Scope, body: dict[str, Any]) -> Any:  # noqa: ANN401  a condition of SQLAlchemy
        """Find by the address."""
        _ = scope
        return User.email == body["email"].lower()


@fault("auth.plan-in-settings", detected_by={"auth.no-promotion-in-settings"})
class PlanInSettings(_Promotes):
    """Who asks for a plan in the settings has it."""

    method, path = "PATCH", "/settings"

    async def who(self, scope: Scope, body: dict[str, Any]) -> Any:  # noqa: ANN401  a condition of SQLAlchemy
        """Find by the session."""
        _ = body
        access = tokens.read_access(scope["app"].state.settings, Request(scope).cookies.get(SESSION_COOKIE, ""))
        return User.id == (access.user_id if access else "")
