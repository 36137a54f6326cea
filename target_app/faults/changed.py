"""What faults of one path's answers share: the answer is held back, changed, and passed on."""

import itertools
import json
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ChangedBody:
    """Passes the answers of one path on with their body as `change` leaves it."""

    path: str

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Give the body that is sent instead."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the answers of the path back until they are complete."""
        start: Message = {}
        body = bytearray()

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                content = await self.change(scope, bytes(body))
                MutableHeaders(scope=start)["Content-Length"] = str(len(content))
                await send(start)
                await send({**message, "body": content})

        here = scope["type"] == "http" and scope["path"] == self.path and scope["method"] != "HEAD"
        await self.app(scope, receive, changed if here else send)


class ChangedDocument(ChangedBody):
    """The same for a JSON object; an answer that is none of what the path is for stays as it is."""

    key: str

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.count = itertools.count(1)

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Give the document that is sent instead."""
        raise NotImplementedError

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Change the document."""
        _ = scope
        document = json.loads(body)
        return json.dumps(self.told(document)).encode() if self.key in document else body
