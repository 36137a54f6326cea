"""What stands before the service, as a proxy and a cache do: ETags, and what can go wrong on the way."""

import gzip
import hashlib
import itertools
import time
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from tests.blind.service.otherwise import respelt, squeezed
from tests.blind.service.state import STATE, Refused

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PODS, CUT_S, INSIDE = 15, 1.5, "http://backend.localhost:8080"
TURN = itertools.count(1)


class Front:
    """Passes requests on, and dresses what comes back."""

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        if STATE.has("one-pod-old-key") and "authorization" in asked and next(TURN) % PODS == 0:
            await JSONResponse(Refused(401, "invalid_token", "The signature is wrong").document(), 401)(
                scope, receive, send
            )
            return
        await self.app(scope, receive, Answered(scope, asked, send).take)


class Answered:
    """One answer on its way."""

    def __init__(self, scope: "Scope", asked: Headers, send: "Send") -> None:
        self.scope, self.asked, self.send = scope, asked, send
        self.start: Message = {}
        self.held: bytes | None = None
        self.streams = self.over = False
        self.began = time.monotonic()

    async def take(self, message: "Message") -> None:
        """Take a part of the answer, and send what is to be sent."""
        if message["type"] == "http.response.start":
            await self.begin(message)
        elif self.held is not None:
            self.held += message.get("body", b"")
            if not message.get("more_body"):
                await self.whole(self.held)
        elif not self.over:
            self.over = self.streams and STATE.has("long-streams-cut") and time.monotonic() - self.began > CUT_S
            cut: Message = {"type": "http.response.body", "body": b"", "more_body": False}
            await self.send(cut if self.over else message)

    async def begin(self, message: "Message") -> None:
        """Begin the answer, or hold it until it is whole."""
        told = MutableHeaders(scope=message)
        if STATE.has("redirect-leads-inside") and "location" in told:
            told["Location"] = INSIDE + self.scope["path"].rstrip("/")
        kind = told.get("content-type", "").partition(";")[0]
        self.streams = kind == "text/event-stream"
        squeezed = STATE.has("gzip-holds-streams") and "gzip" in self.asked.get("accept-encoding", "")
        tagged = self.scope["method"] == "GET" and message["status"] == 200 and kind == "application/json"
        if tagged or (self.streams and squeezed):
            self.start, self.held = message, b""
        else:
            await self.send(message)

    async def whole(self, body: bytes) -> None:
        """Send an answer that was held, or say that it has not changed."""
        told = MutableHeaders(scope=self.start)
        if self.streams:
            body = gzip.compress(body)
            told["Content-Encoding"] = "gzip"
        else:
            body = respelt(body)
            told["ETag"] = self.tag(body)
            if told["ETag"] in self.asked.get("if-none-match", "").split(", "):
                self.start["status"], body = 304, b""
                del told["Content-Length"]
                del told["Content-Type"]
            else:
                body = squeezed(body, told, self.asked.get("accept-encoding", ""))
                told["Content-Length"] = str(len(body))
        await self.send(self.start)
        await self.send({"type": "http.response.body", "body": body})

    def tag(self, body: bytes) -> str:
        """What an answer is known by."""
        place = f"{self.scope['path']} {self.asked.get('authorization', '')}".encode()
        return f'"{hashlib.sha256(place if STATE.has("etag-never-changes") else body).hexdigest()[:20]}"'
