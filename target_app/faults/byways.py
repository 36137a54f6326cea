"""Faults of guards that know a path by its spelling, and of services that read tokens from anywhere."""

import posixpath

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.fault import fault

GUARDED = "/auth/session"


class _OpenByway:
    """Answers for a guarded path to whoever spells it in another way, and has no session."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def meant(self, path: str) -> str:
        """Give the path that the service behind the guard understands."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the route."""
        anonymous = scope["type"] == "http" and SESSION_COOKIE not in Request(scope).cookies
        if anonymous and scope["path"] != GUARDED and self.meant(scope["path"]) == GUARDED:
            await JSONResponse({"id": "0", "email": "somebody@example.com"})(scope, receive, send)
        else:
            await self.app(scope, receive, send)


@fault("auth.open-with-slash", detected_by={"auth.paths-guarded"})
class OpenWithSlash(_OpenByway):
    """The guard compares whole paths, and the service does not mind a slash at the end."""

    def meant(self, path: str) -> str:
        """Drop it."""
        return path.rstrip("/")


@fault("auth.open-in-capitals", detected_by={"auth.paths-guarded"})
class OpenInCapitals(_OpenByway):
    """The guard minds capital letters, and the service does not."""

    def meant(self, path: str) -> str:
        """Make them small."""
        return path.lower()


@fault("auth.open-behind-public", detected_by={"auth.paths-guarded"})
class OpenBehindPublic(_OpenByway):
    """The guard lets through whatever begins like a public page, and the service follows the dots in it."""

    def meant(self, path: str) -> str:
        """Follow them."""
        return posixpath.normpath(path) if path.startswith("/billing/plans") else path


@fault("auth.token-in-address", detected_by={"auth.no-token-in-address"})
class TokenInAddress:
    """A token in the query is as good as the cookie, for clients that know no cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take it for the cookie."""
        token = Request(scope).query_params.get("access_token") if scope["type"] == "http" else None
        if token:
            headers = MutableHeaders(raw=list(scope["headers"]))
            headers["Cookie"] = f"{SESSION_COOKIE}={token}"
            scope = {**scope, "headers": headers.raw}
        await self.app(scope, receive, send)
