"""
Unsafe requests must come from our own pages.

Two defences, each enough alone (OWASP, Cross-Site Request Forgery Prevention): the browser's own word
on where a request comes from, and a token that only our pages can read.
"""

import hashlib
import hmac
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.errors import Problem
from target_app.settings import Settings

if TYPE_CHECKING:
    from target_app.accounts.dependencies import SignedIn

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
EXEMPT_PATHS = {"/webhooks/payments"}
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105  the name of a header


def csrf_token(settings: Settings, session_id: str) -> str:
    """Return the token of a session."""
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"csrf:{session_id}".encode(), hashlib.sha256).hexdigest()


def public_origin(connection: HTTPConnection, settings: Settings) -> str:
    """Return the origin that browsers see, without a final slash."""
    url = connection.url
    return settings.public_origin or f"{url.scheme}://{url.netloc}".lower()


class CsrfGuard:
    """Refuses unsafe requests that another site may have made."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or let the request through."""
        app: ASGIApp = self.app
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and scope["path"] not in EXEMPT_PATHS:
            complaint = _complaint(Request(scope), scope["app"].state.settings)
            if complaint is not None:
                app = Problem(403, complaint).response()
        await app(scope, receive, send)


def _complaint(request: Request, settings: Settings) -> str | None:
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return "The request comes from another site."
    own = public_origin(request, settings)
    if any(origin.lower() != own for origin in request.headers.getlist("Origin")):
        return "The request comes from another origin."
    session: SignedIn | None = getattr(request.state, "signed_in", None)
    if session is None:
        return None
    sent = request.headers.get(TOKEN_HEADER, "")
    if not hmac.compare_digest(sent.encode(), csrf_token(settings, session.session_id).encode()):
        return f"{TOKEN_HEADER} is missing or wrong."
    return None
