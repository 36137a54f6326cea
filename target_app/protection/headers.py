"""The headers that every answer carries, errors and streams too."""

import re
from http.client import NO_CONTENT

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.database import new_id
from target_app.monitoring.logs import REQUEST_ID

# OWASP Secure Headers Project; the policy is one for answers that are not pages.
SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Content-Security-Policy": (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
PLAIN = re.compile(r"[A-Za-z0-9._-]{8,64}")


class SecurityHeaders:
    """Adds the security headers. A route that sets one itself keeps its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, with the headers on the start of the answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in RAW_HEADERS if one[0] not in own)]
                if message["status"] == NO_CONTENT:
                    # There is nothing to be of a type.
                    del MutableHeaders(scope=message)["Content-Type"]
            await send(message)

        await self.app(scope, receive, with_headers)


class RequestId:
    """Names each request, also in the log: X-Request-ID of the caller if it is plain, else a fresh one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the name in the request's state and say it in the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("X-Request-ID", "")
        name = given if PLAIN.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = name
        REQUEST_ID.set(name)

        async def with_name(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = name
            await send(message)

        await self.app(scope, receive, with_name)
