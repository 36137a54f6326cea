"""Faults of the request limits."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from itertools import count

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.dependencies import SESSION_COOKIE
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


@fault("limits.one-early", detected_by={"rate.not-early", "rate.limit-told"})
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
    """Whoever claims another address gets a fresh limit, but not for signing in."""
    _believe("api", "x-forwarded-for")


@fault("limits.sign-in-believes-anyone", detected_by={"rate.sign-in-not-spoofed"})
def sign_in_believes_anyone(_app: FastAPI) -> None:
    """Whoever claims another address may guess passwords on."""
    _believe("auth", "cf-connecting-ip")


def _believe(policy: str, field: str) -> None:
    honest, numbers = limits._take, count()  # noqa: SLF001  the fault replaces what the module keeps to itself

    async def take(request: Request) -> Allowance:
        if field in request.headers and (request.url.path in limits.AUTH_PATHS) == (policy == "auth"):
            window: SlidingWindow = request.app.state.windows[policy]
            return await window.take(f"claimed {next(numbers)}")
        return await honest(request)

    limits._take = take  # noqa: SLF001  the same


@fault("limits.by-token", detected_by={"rate.not-renewed"})
def by_token(_app: FastAPI) -> None:
    """The limit counts by token and not by member: a refresh gives a fresh one."""
    honest = limits._take  # noqa: SLF001  the fault replaces what the module keeps to itself

    async def take(request: Request) -> Allowance:
        token = request.cookies.get(SESSION_COOKIE)
        if token is None or request.url.path in limits.AUTH_PATHS:
            return await honest(request)
        window: SlidingWindow = request.app.state.windows["api"]
        return await window.take(f"token {token}")

    limits._take = take  # noqa: SLF001  the same


@fault("limits.failures-uncounted", detected_by={"rate.sign-in-enforced"})
def failures_uncounted(app: FastAPI) -> None:
    """A wrong guess takes back what was counted before it."""
    window: SlidingWindow = app.state.windows["auth"]
    honest, failures = window.take, dict[str, int]()

    async def take(key: str) -> Allowance:
        return await honest(f"{key} after {failures.get(key, 0)}")

    window.take = take  # type: ignore[method-assign]
    app.add_middleware(_NotesFailures, failures=failures)


class _NotesFailures:
    """Counts wrong guesses by address."""

    def __init__(self, app: ASGIApp, failures: dict[str, int]) -> None:
        self.app = app
        self.failures = failures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == HTTPStatus.UNAUTHORIZED:
                address = scope["client"][0]
                self.failures[address] = self.failures.get(address, 0) + 1
            await send(message)

        signs_in = scope["type"] == "http" and scope["path"] == "/auth/signin"
        await self.app(scope, receive, noting if signs_in else send)


@fault("limits.sign-in-one-early", detected_by={"rate.sign-in-not-early"})
def sign_in_one_early(app: FastAPI) -> None:
    """The last attempt to sign in that was promised is refused already."""
    app.state.windows["auth"].limit -= 1


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


@fault("limits.retry-too-early", detected_by={"rate.recovers", "rate.refusal-told"})
class RetryTooEarly(_ChangedRefusal):
    """A refusal says to come back long before it would be served."""

    def change(self, headers: MutableHeaders) -> None:
        """Promise two seconds."""
        headers["retry-after"] = "2"


@fault("limits.fixed-window", detected_by={"rate.api-enforced", "rate.advertised"})
def fixed_window(app: FastAPI) -> None:
    """The count starts anew in the middle of a burst, as at the end of a fixed window."""
    window: SlidingWindow = app.state.windows["api"]
    honest, seen = window.take, dict[str, int]()

    async def take(key: str) -> Allowance:
        seen[key] = seen.get(key, 0) + 1
        return await honest(key if seen[key] <= window.limit // 2 else f"{key} anew")

    window.take = take  # type: ignore[method-assign]
