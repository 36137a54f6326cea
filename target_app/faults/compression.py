"""Faults of a hop that compresses what it passes on."""

import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault


@fault("stream.compressed-at-once", detected_by={"stream.incremental-compressed"})
class CompressedAtOnce:
    """A middleware compresses whole answers, streams too, for whoever takes them so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Collect the body, compress it, and send it at once."""
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self.app(scope, receive, send)
            return
        held = bytearray()
        start: Message = {}

        async def hold(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            held.extend(message.get("body", b""))
            if not message.get("more_body", False):
                headers = MutableHeaders(scope=start)
                headers["Content-Encoding"] = "gzip"
                if "content-length" in headers:
                    del headers["content-length"]
                await send(start)
                await send({"type": "http.response.body", "body": gzip.compress(bytes(held))})

        await self.app(scope, receive, hold)
