"""Faults of health: what the service says of its state, and to whom."""

import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.database import Sessions, session
from target_app.errors import Problem
from target_app.fault import fault
from target_app.faults.changed import ChangedDocument
from target_app.protection import limits


@fault("health.fails-with-200", detected_by={"health.live", "health.status-agrees"})
class FailsWith200(ChangedDocument):
    """Readiness says that the service fails, and its status code that all is well."""

    path, key = "/health/ready", "checks"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say that it fails."""
        return {**document, "status": "fail"}


@fault("health.no-head", detected_by={"health.head"})
class NoHead:
    """Health knows GET, and no HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse it."""
        refuses = scope["type"] == "http" and scope["method"] == "HEAD" and scope["path"].startswith("/health")
        app = Problem(405, headers={"Allow": "GET"}).response() if refuses else self.app
        await app(scope, receive, send)


@fault("health.leaks", detected_by={"health.clean"})
class HealthLeaks(ChangedDocument):
    """Readiness tells how the database is reached."""

    path, key = "/health/ready", "checks"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Tell the address and the password."""
        return {**document, "output": "connected to postgresql://chat:s3cr3t@10.0.3.7:5432/chat"}


@fault("health.nameless", detected_by={"health.names-build"})
class Nameless(ChangedDocument):
    """Nobody can tell which build answers."""

    path, key = "/health", "releaseId"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Leave the build out."""
        return {name: value for name, value in document.items() if name != self.key}


@fault("health.needs-session", detected_by={"health.open", "health.live", "operation.health_live"})
class NeedsSession:
    """The liveness probe answers only who is signed in, so that a balancer takes every node out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask for a session."""
        asks = scope["type"] == "http" and scope["path"] == "/health/live"
        refused = asks and SESSION_COOKIE not in Request(scope).cookies
        app = Problem(401, "Sign in first.").response() if refused else self.app
        await app(scope, receive, send)


@fault("health.ready-lies", detected_by={"health.ready-true", "operation.create_conversation"})
def ready_lies(app: FastAPI) -> None:
    """The store's disk is full, so that no conversation can be written, and readiness only asks whether it is there."""

    async def full(request: Request, maker: Sessions) -> AsyncIterator[AsyncSession]:
        async with maker() as db:
            if request.method == "POST" and request.url.path == "/conversations":
                db.commit = _disk_is_full  # type: ignore[method-assign]
            yield db

    app.dependency_overrides[session] = full


async def _disk_is_full() -> None:
    raise OperationalError("COMMIT", {}, Exception("database or disk is full"))


@fault("health.two-builds", detected_by={"health.one-build"})
class TwoBuilds(ChangedDocument):
    """A roll-out stopped half way: whoever asks often also meets a node with the build before."""

    path, key = "/health", "releaseId"

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.asked: deque[float] = deque([0.0] * 3, maxlen=3)

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Name the build before in every other answer of a burst."""
        self.asked.append(time.monotonic())
        burst = self.asked[-1] - self.asked[0] < 1
        return {**document, self.key: "the-one-before"} if burst and next(self.count) % 2 else document


@fault("health.limited", detected_by={"health.open"})
def limited(_app: FastAPI) -> None:
    """Probes count against the limit of whoever sends them."""
    right = limits.is_limited

    def counts_probes(path: str) -> bool:
        return path.startswith("/health") or right(path)

    limits.is_limited = counts_probes


@fault("health.page", detected_by={"health.shape"})
class Page:
    """Liveness is answered by the web server, with a page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the answer a page."""

        async def as_page(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Type"] = "text/html"
            await send(message)

        here = scope["type"] == "http" and scope["path"] == "/health/live"
        await self.app(scope, receive, as_page if here else send)
