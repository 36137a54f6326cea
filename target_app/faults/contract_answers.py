"""Faults of answers that are not what the OpenAPI document says."""

import json
import re
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault

PROBLEM = "application/problem+json"


class Answer:
    """One whole answer, which may be changed before it goes out."""

    def __init__(self, status: int, headers: MutableHeaders, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return 200 <= self.status < 300  # noqa: PLR2004  what HTTP calls successful

    def json(self) -> Any:  # noqa: ANN401  JSON has no narrower type
        """Read the body."""
        return json.loads(self.body)

    def say(self, content: object, status: int | None = None, kind: str | None = None) -> None:
        """Answer with this instead."""
        self.body = json.dumps(content).encode()
        self.status = self.status if status is None else status
        if kind:
            self.headers["Content-Type"] = kind

    def fail(self, status: int, title: str) -> None:
        """Answer with a problem instead."""
        self.say({"type": "about:blank", "title": title, "status": status}, status, PROBLEM)


class ChangedAnswer:
    """Holds the answers of some requests until they are whole, and changes them."""

    method = "GET"
    path = re.compile("/")

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Change an answer; `sent` is the body of the request."""

    def meets(self, scope: Scope) -> bool:
        """Whether a request is one of those."""
        return scope["type"] == "http" and scope["method"] == self.method and bool(self.path.fullmatch(scope["path"]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is not ours."""
        if not self.meets(scope):
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body, sent = bytearray(), bytearray()

        async def listen() -> Message:
            message = await receive()
            sent.extend(message.get("body", b""))
            return message

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                answer = Answer(start["status"], MutableHeaders(raw=list(start["headers"])), bytes(body))
                self.change(answer, Headers(scope=scope), bytes(sent))
                answer.headers["Content-Length"] = str(len(answer.body))
                await send({**start, "status": answer.status, "headers": answer.headers.raw})
                await send({"type": "http.response.body", "body": answer.body})

        await self.app(scope, listen, hold)


@fault("contract.undocumented-status", detected_by={"contract.statuses"})
class UndocumentedStatus(ChangedAnswer):
    """The list of models is answered with 203, of which the document knows nothing."""

    path = re.compile("/models")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Give another success."""
        del request, sent
        answer.status = 203 if answer.ok else answer.status


@fault("contract.undocumented-conflict", detected_by={"contract.statuses"})
class UndocumentedConflict(ChangedAnswer):
    """A project that is not there is a conflict when it is renamed."""

    method = "PATCH"
    path = re.compile("/projects/[^/]+")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Call it so."""
        del request, sent
        if answer.status == 404:  # noqa: PLR2004  Not Found
            answer.fail(409, "Conflict")


@fault("contract.wrong-type", detected_by={"contract.media-types"})
class WrongType(ChangedAnswer):
    """The settings are JSON, and call themselves plain text."""

    path = re.compile("/settings")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Say another type."""
        del request, sent
        if answer.ok:
            answer.headers["Content-Type"] = "text/plain"


@fault("contract.no-location", detected_by={"contract.header-fields"})
class NoLocation(ChangedAnswer):
    """A new project is created, and nobody is told where it is."""

    method = "POST"
    path = re.compile("/projects")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Forget the field."""
        del request, sent
        del answer.headers["Location"]


@fault("contract.field-missing", detected_by={"contract.bodies"})
class FieldMissing(ChangedAnswer):
    """A conversation has lost the moment of its creation."""

    path = re.compile("/conversations/[^/]+")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Leave it out."""
        del request, sent
        if answer.ok:
            answer.say({name: value for name, value in answer.json().items() if name != "created_at"})


@fault("contract.number-as-text", detected_by={"contract.bodies"})
class NumberAsText(ChangedAnswer):
    """What an order costs is written as text in the list of orders."""

    path = re.compile("/billing/orders/[^/]+")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Write it so."""
        del request, sent
        if answer.ok:
            answer.say({**answer.json(), "amount_cents": str(answer.json()["amount_cents"])})


@fault("contract.unknown-theme", detected_by={"contract.bodies"})
class UnknownTheme(ChangedAnswer):
    """After a change the settings tell a theme that is none of those that there are."""

    method = "PATCH"
    path = re.compile("/settings")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Tell it."""
        del request, sent
        if answer.ok:
            answer.say({**answer.json(), "theme": "sepia"})


@fault("contract.plain-errors", detected_by={"contract.problem-details", "contract.media-types"})
class PlainErrors(ChangedAnswer):
    """One operation refuses what is invalid in a format of its own."""

    method = "POST"
    path = re.compile("/projects")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Answer as the framework would."""
        del request, sent
        if answer.status == 422:  # noqa: PLR2004  Unprocessable Content
            answer.say({"detail": "invalid"}, kind="application/json")


@fault("contract.lying-problem", detected_by={"contract.problem-details"})
class LyingProblem(ChangedAnswer):
    """A problem document tells another status than its answer has."""

    path = re.compile("/projects/[^/]+")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Tell it."""
        del request, sent
        if answer.status == 404:  # noqa: PLR2004  Not Found
            answer.say({**answer.json(), "status": 400})


@fault("contract.leaks-statement", detected_by={"contract.nothing-leaks"})
class LeaksStatement(ChangedAnswer):
    """What the database was asked stands in the refusal of an unknown upload."""

    method = "DELETE"
    path = re.compile("/uploads/[^/]+")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Show it."""
        del request, sent
        if answer.status == 404:  # noqa: PLR2004  Not Found
            answer.say({**answer.json(), "detail": "no row: SELECT id, content FROM uploads WHERE id = ?"})
