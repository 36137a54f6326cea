"""Faults of what only members may do: a guard that is missing or late, fields that nobody offered."""

import json
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select, update
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts import tokens
from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.accounts.models import User
from target_app.chat.models import Conversation
from target_app.database import Db
from target_app.fault import fault


@fault("auth.open-session", detected_by={"auth.session-required", "auth.no-token-in-address"})
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
