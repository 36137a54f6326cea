"""What the service does otherwise than usual, and not wrong."""

import gzip
import json
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from tests.blind.service.state import STATE

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CRUMB = 5
LIVELY = b": still here\n\nretry: 3000\nid: %d\nevent: ping\ndata: {}\n\n"


class Otherwise:
    """Passes answers on as some proxies do."""

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on."""
        streams, events = False, 0

        async def take(message: "Message") -> None:
            nonlocal streams, events
            if message["type"] == "http.response.start":
                dress(message)
                streams = dict(message["headers"]).get(b"content-type", b"").startswith(b"text/event-stream")
            if message["type"] != "http.response.body" or not streams:
                await send(message)
                return
            events += 1
            for body in in_pieces(lively(message.get("body", b""), events)):
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if not message.get("more_body"):
                await send({"type": "http.response.body", "body": b""})

        await self.app(scope, receive, take if scope["type"] == "http" else send)


def dress(message: "Message") -> None:
    """Change the head of an answer."""
    told = MutableHeaders(scope=message)
    if STATE.has("balanced"):
        told.append("Set-Cookie", "AWSALB=0123456789abcdef; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Path=/")
        told["Via"] = "1.1 balancer"
    if STATE.has("relative-redirects") and message["status"] == 307:
        message["status"] = 308
        told["Location"] = "/" + told["Location"].partition("://")[2].partition("/")[2]
    if STATE.has("spelt-otherwise") and told.get("content-type", "").startswith("application/json"):
        told["Content-Type"] = "Application/JSON; Charset=UTF-8"


def lively(body: bytes, events: int) -> bytes:
    """Whatever a stream says, and more that means nothing."""
    if STATE.has("lively-streams") and body.endswith(b"\n\n"):
        body = body.replace(b'"choices":', b'"usage": null, "choices":') if b'"usage"' not in body else body
        return LIVELY % events + body if b"[DONE]" not in body else body
    return body


def in_pieces(body: bytes) -> list[bytes]:
    """What is sent at a time."""
    if not STATE.has("crumbs"):
        return [body]
    body = body.replace(b"\n", b"\r\n")
    return [body[at : at + CRUMB] for at in range(0, len(body), CRUMB)]


def respelt(body: bytes) -> bytes:
    """The same JSON in other letters."""
    if not STATE.has("spelt-otherwise"):
        return body
    return json.dumps(backwards(json.loads(body)), indent=2).encode()


def backwards(value: object) -> object:
    """An object's fields the other way round."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(one) for one in value] if isinstance(value, list) else value


def squeezed(body: bytes, told: MutableHeaders, encodings: str) -> bytes:
    """The body, compressed for whoever takes it so."""
    if not STATE.has("squeezed") or "gzip" not in encodings:
        return body
    told["Content-Encoding"], told["Vary"] = "gzip", "Accept-Encoding"
    return gzip.compress(body)
