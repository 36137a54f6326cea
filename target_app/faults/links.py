"""Faults of links: what a mere GET or HEAD can do with the visitor's cookies."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.fault import fault
from target_app.faults.csrf import SIGNOUT, _with_right_token


@fault("csrf.method-by-link", detected_by={"csrf.links-change-nothing"})
class MethodByLink:
    """A link can ask for another method, and gets it without a token."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the method from the query."""
        asked = Request(scope).query_params.get("_method") if scope["type"] == "http" else None
        await self.app(_with_right_token({**scope, "method": asked}) if asked else scope, receive, send)


@fault("csrf.get-signout", detected_by={"csrf.safe-methods-safe", "csrf.links-change-nothing"})
class GetSignout:
    """A mere link signs out whoever follows it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a GET for the real thing."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == SIGNOUT:
            scope = _with_right_token({**scope, "method": "POST"})
        await self.app(scope, receive, send)


@fault("csrf.method-by-header", detected_by={"csrf.links-change-nothing"})
class MethodByHeader:
    """A header field can ask for another method, after the guard has looked at the one of the first line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the method from the field."""
        asked = Headers(scope=scope).get("X-HTTP-Method-Override") if scope["type"] == "http" else None
        await self.app(_with_right_token({**scope, "method": asked}) if asked else scope, receive, send)


@fault("csrf.logout-by-link", detected_by={"csrf.links-change-nothing"})
class LogoutByLink:
    """An old path that signed out by a mere link is still there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take it for the new one."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/auth/logout":
            scope = _with_right_token({**scope, "method": "POST", "path": SIGNOUT, "raw_path": SIGNOUT.encode()})
        await self.app(scope, receive, send)
