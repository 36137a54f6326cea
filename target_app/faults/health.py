"""Faults of health: what the service says of its state, and to whom."""

from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.errors import Problem
from target_app.fault import fault
from target_app.faults.changed import ChangedDocument


@fault("health.fails-with-200", detected_by={"health.live", "health.status-agrees"})
class FailsWith200(ChangedDocument):
    """Readiness says that the service fails, and its status code that all is well."""

    path, key = "/health/ready", "checks"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say that it fails."""
        return {**document, "status": "fail"}


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
