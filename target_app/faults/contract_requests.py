"""Faults of what is taken, refused and kept, against the OpenAPI document."""

import asyncio
import json
import re
from typing import Any

from fastapi import Response
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.fault import fault
from target_app.faults.contract_answers import Answer, ChangedAnswer

PLAIN_TITLE = 0x10000


@fault("contract.fails-on-emoji", detected_by={"contract.no-server-error"})
class FailsOnEmoji(ChangedAnswer):
    """A title with a letter outside of the first plane of Unicode is too much for one operation."""

    method = "POST"
    path = re.compile("/conversations")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Fail over such letters, as code does that counts in 16 bits."""
        del request
        if answer.ok and any(ord(letter) >= PLAIN_TITLE for letter in json.loads(sent)["title"]):
            answer.fail(500, "Internal Server Error")


@fault("contract.fails-at-bound", detected_by={"contract.no-server-error"})
class FailsAtBound(ChangedAnswer):
    """A page of exactly the greatest size is one too many."""

    path = re.compile("/conversations")

    def meets(self, scope: Scope) -> bool:
        """Whether a request asks for such a page."""
        return super().meets(scope) and b"limit=100" in scope["query_string"]

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Fail at the bound."""
        del request, sent
        if answer.ok:
            answer.fail(500, "Internal Server Error")


@fault("contract.fails-on-null", detected_by={"contract.no-server-error"})
class FailsOnNull(ChangedAnswer):
    """A project that is null, as the document allows, is looked up all the same."""

    method = "POST"
    path = re.compile("/conversations")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Fail over it."""
        del request
        told = json.loads(sent) if answer.ok else {}
        if "project_id" in told and told["project_id"] is None:
            answer.fail(500, "Internal Server Error")


@fault("contract.unvalidated", detected_by={"contract.refuses-invalid"})
class Unvalidated(ChangedAnswer):
    """One operation takes whatever it is told, and says that all went well."""

    method = "PATCH"
    path = re.compile("/settings")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Say so."""
        del request, sent
        if answer.status == 422:  # noqa: PLR2004  Unprocessable Content
            now = {"theme": "dark", "language": "en", "default_model": "scripted-small"}
            answer.say(now, 200, "application/json")


@fault("contract.hidden-rule", detected_by={"contract.accepts-valid"})
class HiddenRule(ChangedAnswer):
    """Names of projects must begin with a letter, by a rule that stands in no document."""

    method = "POST"
    path = re.compile("/projects")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Refuse the others."""
        del request
        if answer.ok and not json.loads(sent)["name"][0].isalpha():
            del answer.headers["Location"]
            answer.fail(422, "Unprocessable Content")


@fault("contract.deleted-kept", detected_by={"contract.gone-stays-gone"})
class DeletedKept(ChangedAnswer):
    """Each member's cache of projects outlives them."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.kept: dict[tuple[str, str], bytes] = {}

    def meets(self, scope: Scope) -> bool:
        """Look at everything that is asked of projects, and know what it was."""
        ours = bool(scope["type"] == "http" and scope["path"].startswith("/projects"))
        if ours:
            scope["headers"] = [*scope["headers"], (b"x-asked", f"{scope['method']} {scope['path']}".encode())]
        return ours

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Keep what was read and made, and answer with it when the project is gone."""
        del sent
        method, _, path = request["x-asked"].partition(" ")
        key = (request.get("cookie", ""), answer.headers.get("Location", path))
        if answer.status == 201 or (answer.ok and method == "GET" and path != "/projects"):  # noqa: PLR2004  Created
            self.kept[key] = answer.body
        elif answer.status == 404 and method == "GET" and key in self.kept:  # noqa: PLR2004  Not Found
            answer.body, answer.status = self.kept[key], 200
            answer.headers["Content-Type"] = "application/json"


@fault("contract.lost-create", detected_by={"contract.made-is-there"})
class LostCreate(ChangedAnswer):
    """A project is told to be created, and nobody ever sees it again."""

    method = "POST"
    path = re.compile("/projects")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Tell an id that nothing has."""
        del request, sent
        if answer.ok:
            made = answer.json()
            lost = made["id"][::-1]
            answer.headers["Location"] = f"/projects/{lost}"
            answer.say({**made, "id": lost})


@fault("contract.open-method", detected_by={"contract.methods"})
class OpenMethod:
    """A method that no document has is answered, as by a route that takes whatever comes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the route."""
        if scope["type"] == "http" and scope["method"] == "PATCH" and scope["path"] == "/models":
            await JSONResponse({"items": []})(scope, receive, send)
        else:
            await self.app(scope, receive, send)


@fault("contract.short-allow", detected_by={"contract.allow"})
class ShortAllow:
    """A 405 names only the first of the methods that the path takes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cut the list of each such answer."""

        async def cut(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start" and message["status"] == 405:  # noqa: PLR2004  Not Allowed
                first = [
                    (name, value.partition(b",")[0] if name == b"allow" else value)
                    for name, value in message["headers"]
                ]
                message = {**message, "headers": first}
            await send(message)

        await self.app(scope, receive, cut)  # type: ignore[arg-type]  # a message is a dict that may be changed


@fault("contract.endless-stream", detected_by={"stream.ends-whatever-asked"})
class EndlessStream:
    """A message that is sent with a key for retries is answered by a stream that never ends."""

    def __init__(self, app: ASGIApp, seconds: float = 0.2) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on with comments after the last event."""
        keyed = scope["type"] == "http" and any(name == b"idempotency-key" for name, _ in scope["headers"])
        if not keyed or not scope["path"].endswith("/messages"):
            await self.app(scope, receive, send)
            return
        streams = [False]

        async def never(message: Any) -> None:  # noqa: ANN401  whatever the server passes
            if message["type"] == "http.response.start":
                streams[0] = (b"content-type", b"text/event-stream; charset=utf-8") in message["headers"]
            await send({**message, "more_body": True} if streams[0] and "body" in message else message)

        await self.app(scope, receive, never)
        while streams[0]:
            await send({"type": "http.response.body", "body": b": \n\n", "more_body": True})
            await asyncio.sleep(self.seconds)


@fault(
    "contract.falls-ill",
    detected_by={
        *("health.survives-contracts", "operation.health"),
        *("contract.no-server-error", "contract.problem-details", "contract.statuses"),
    },
)
class FallsIll:
    """A service that has been asked for enough odd things says that it is not well any more."""

    def __init__(self, app: ASGIApp, refusals: int = 100) -> None:
        self.app = app
        self.left = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is refused for its form."""
        if scope["type"] == "http" and scope["path"] == "/health/live" and self.left < 0:
            await Response(status_code=503)(scope, receive, send)
            return

        async def counted(message: Any) -> None:  # noqa: ANN401  whatever the server passes
            self.left -= message.get("status") == 422  # noqa: PLR2004  Unprocessable Content
            await send(message)

        await self.app(scope, receive, counted)
