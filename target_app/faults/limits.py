"""Faults of the request limits."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from itertools import count

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault
from target_app.protection import limits
from target_app.protection.limits import Allowance, SlidingWindow


@fault("limits.api-off", detected_by={"rate.api-enforced", "rate.advertised"})
def api_off(app: FastAPI) -> None:
    """Nobody counts the API's requests."""
    app.state.windows["api"].take = _generous(app.state.windows["api"])


@fault("limits.sign-in-off", detected_by={"rate.sign-in-enforced"})
def sign_in_off(app: FastAPI) -> None:
    """Passwords can be guessed for as long as one likes."""
    app.state.windows["auth"].take = _generous(app.state.windows["auth"])


def _generous(window: SlidingWindow) -> Callable[[str], Awaitable[Allowance]]:
    """Let everybody through, and tell them what an honest limit would."""
    honest = window.take

    async def take(key: str) -> Allowance:
        return replace(await honest(key), allowed=True)

    return take


@fault("limits.one-early", detected_by={"rate.not-early"})
def one_early(app: FastAPI) -> None:
    """The last request that was promised is refused already."""
    app.state.windows["api"].limit -= 1


@fault("limits.for-all-together", detected_by={"rate.others-unaffected"})
def for_all_together(app: FastAPI) -> None:
    """One member who spends the limit spends it for everybody."""
    window: SlidingWindow = app.state.windows["api"]
    honest = window.take
    spent: set[str] = set()

    async def take(key: str) -> Allowance:
        allowance = await honest(key)
        (spent.discard if allowance.allowed else spent.add)(key)
        return replace(allowance, allowed=allowance.allowed and not spent)

    window.take = take  # type: ignore[method-assign]


@fault("limits.believe-anyone", detected_by={"rate.not-spoofed"})
def believe_anyone(_app: FastAPI) -> None:
    """Whoever claims another address gets a fresh limit."""
    honest, numbers = limits._take, count()  # noqa: SLF001  the fault replaces what the module keeps to itself

    async def take(request: Request) -> Allowance:
        if "x-forwarded-for" in request.headers:
            window: SlidingWindow = request.app.state.windows["api"]
            return await window.take(f"claimed {next(numbers)}")
        return await honest(request)

    limits._take = take  # noqa: SLF001  the same


class _ChangedRefusal:
    """Passes every 429 on with its headers as `change` leaves them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def change(self, headers: MutableHeaders) -> None:
        """Change the refusal's headers."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change the refusal on its way out."""

        async def changed(message: Message) -> None:
            refused = message["type"] == "http.response.start" and message["status"] == HTTPStatus.TOO_MANY_REQUESTS
            if refused:
                self.change(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, changed)


@fault("limits.no-retry-after", detected_by={"rate.retry-after", "rate.recovers"})
class NoRetryAfter(_ChangedRefusal):
    """A refusal does not say when to come back."""

    def change(self, headers: MutableHeaders) -> None:
        """Take it out."""
        del headers["retry-after"]


@fault("limits.retry-too-early", detected_by={"rate.recovers"})
class RetryTooEarly(_ChangedRefusal):
    """A refusal says to come back long before it would be served."""

    def change(self, headers: MutableHeaders) -> None:
        """Promise two seconds."""
        headers["retry-after"] = "2"


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
