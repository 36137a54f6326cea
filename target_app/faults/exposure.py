"""Faults of what is told to strangers: errors that talk, files that are served, connections that can be read."""

import json
import ssl
import traceback
import warnings
from contextvars import ContextVar
from http.client import INTERNAL_SERVER_ERROR, OK, UNPROCESSABLE_ENTITY
from typing import Any

import uvicorn.config
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault

FIRST_ERROR = 400
SERVED = {
    "/.env": "CHAT_SECRET_KEY=4f1c0a\nCHAT_DATABASE_URL=postgresql://chat:chat@db/chat\n",
    "/.git/HEAD": "ref: refs/heads/main\n",
}

WORKSHOP = "<html><head><title>Reference chat service - Swagger UI</title></head><div id=swagger-ui></div></html>"


class _ChangedError:
    """Passes errors on with their body as `change` leaves it, and every other answer as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def change(self, status: int, body: bytes) -> tuple[bytes, str]:
        """Give the body and the media type that are sent instead."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= FIRST_ERROR:
                held.append(message)
            elif held:
                held.append(message)
                if not message.get("more_body", False):
                    await self._pass_on(held, send)
            else:
                await send(message)

        await self.app(scope, receive, hold)

    async def _pass_on(self, held: list[Message], send: Send) -> None:
        start, *parts = held
        body, media_type = self.change(start["status"], b"".join(part.get("body", b"") for part in parts))
        headers = MutableHeaders(scope=start)
        headers["Content-Type"], headers["Content-Length"] = media_type, str(len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body})


@fault("headers.traceback-in-errors", detected_by={"headers.errors-clean"})
class TracebackInErrors(_ChangedError):
    """An unexpected error shows where in the code it happened."""

    def change(self, status: int, body: bytes) -> tuple[bytes, str]:
        """Put a traceback into the detail of every 500."""
        document: dict[str, Any] = json.loads(body)
        if status == INTERNAL_SERVER_ERROR:
            document["detail"] = _some_traceback()
        return json.dumps(document).encode(), "application/problem+json"


def _some_traceback() -> str:
    return "".join(["Traceback (most recent call last):\n", *traceback.format_stack()])


@fault("headers.plain-errors", detected_by={"headers.problem-details"})
class PlainErrors(_ChangedError):
    """Errors are pages of the web server instead of problem documents."""

    def change(self, status: int, body: bytes) -> tuple[bytes, str]:
        """Write a page."""
        _ = body
        return f"<html><body><h1>{status}</h1></body></html>".encode(), "text/html; charset=utf-8"


@fault("headers.wrong-status-in-problem", detected_by={"headers.problem-details"})
class WrongStatusInProblem(_ChangedError):
    """A problem document speaks of another status than the answer has."""

    def change(self, status: int, body: bytes) -> tuple[bytes, str]:
        """Say that all is well."""
        _ = status
        return json.dumps({**json.loads(body), "status": OK}).encode(), "application/problem+json"


@fault("headers.env-exposed", detected_by={"exposure.secrets"})
class EnvExposed:
    """Files that belong to the deployment are served to everybody."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve them."""
        text = SERVED.get(scope["path"]) if scope["type"] == "http" else None
        app: ASGIApp | Response = self.app if text is None else PlainTextResponse(text)
        await app(scope, receive, send)


@fault("headers.docs-public", detected_by={"exposure.docs"})
class DocsPublic:
    """The pages that are made for developers are served to everybody."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve them."""
        asked = scope["type"] == "http" and scope["path"] == "/docs"
        app: ASGIApp | Response = HTMLResponse(WORKSHOP) if asked else self.app
        await app(scope, receive, send)


@fault("headers.trace-on", detected_by={"headers.no-trace"})
class TraceOn:
    """The server answers TRACE, with all that was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Repeat the request."""
        app: ASGIApp | Response = self.app
        if scope["type"] == "http" and scope["method"] == "TRACE":
            fields = "".join(f"{name}: {value}\r\n" for name, value in Headers(scope=scope).items())
            app = PlainTextResponse(f"TRACE {scope['path']} HTTP/1.1\r\n{fields}", media_type="message/http")
        await app(scope, receive, send)


@fault("headers.errors-echo", detected_by={"headers.errors-repeat-nothing"})
class ErrorsEcho(_ChangedError):
    """An invalid request is told all of what it held, the password too."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.held: ContextVar[bytes] = ContextVar("held", default=b"")

    def change(self, status: int, body: bytes) -> tuple[bytes, str]:
        """Put what was sent into the document of every 422."""
        document: dict[str, Any] = json.loads(body)
        if status == UNPROCESSABLE_ENTITY:
            document["input"] = self.held.get().decode(errors="replace")
        return json.dumps(document).encode(), "application/problem+json"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep what is read."""

        async def keeping() -> Message:
            message = await receive()
            self.held.set(self.held.get() + message.get("body", b""))
            return message

        self.held.set(b"")
        await super().__call__(scope, keeping, send)


@fault("tls.old-accepted", detected_by={"tls.old-versions-refused"})
def old_tls_accepted(_app: FastAPI) -> None:
    """The service speaks TLS 1.0 and 1.1 with whoever asks for it."""
    create = uvicorn.config.create_ssl_context

    def create_lenient(*args: Any, **kwargs: Any) -> ssl.SSLContext:  # noqa: ANN401  whatever uvicorn gives
        context = create(*args, **kwargs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    uvicorn.config.create_ssl_context = create_lenient
