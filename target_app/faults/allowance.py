"""Faults of what answers tell of the request limits."""

from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault


@fault("limits.untold", detected_by={"rate.advertised"})
class Untold:
    """Answers do not tell what is left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the fields out."""

        async def without(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in ("ratelimit", "x-ratelimit-remaining"):
                    del headers[name]
            await send(message)

        await self.app(scope, receive, without)


class _ChangedFields:
    """Passes every answer on with the fields about its limit as `change` leaves them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def change(self, headers: MutableHeaders, status: int) -> None:
        """Change the fields."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change the fields on their way out."""

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "ratelimit" in headers:
                    self.change(headers, message["status"])
            await send(message)

        await self.app(scope, receive, changed)


@fault("limits.told-too-high", detected_by={"rate.limit-told"})
class ToldTooHigh(_ChangedFields):
    """Answers tell a limit that is ten times the one that refuses."""

    def change(self, headers: MutableHeaders, status: int) -> None:
        """Add a zero."""
        _ = status
        headers["x-ratelimit-limit"] += "0"
        headers["ratelimit-policy"] = headers["ratelimit-policy"].replace(";w=", "0;w=")


@fault("limits.refusal-contradicts", detected_by={"rate.refusal-told"})
class RefusalContradicts(_ChangedFields):
    """A refusal tells that one request is left."""

    def change(self, headers: MutableHeaders, status: int) -> None:
        """Give one back."""
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            headers["x-ratelimit-remaining"] = "1"
            headers["ratelimit"] = headers["ratelimit"].replace(";r=0", ";r=1")


@fault("limits.fields-unquoted", detected_by={"rate.fields-valid"})
class FieldsUnquoted(_ChangedFields):
    """The names of limits stand without quotes."""

    def change(self, headers: MutableHeaders, status: int) -> None:
        """Take the quotes away."""
        _ = status
        for name in ("ratelimit", "ratelimit-policy"):
            headers[name] = headers[name].replace('"', "")
