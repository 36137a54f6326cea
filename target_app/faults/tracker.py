"""Faults of error tracking: whether a report arrives, what it is of, and what it gives away."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.fault import fault

Event = dict[str, Any]
CURRENT: ContextVar[Headers] = ContextVar("CURRENT")


@fault("tracker.silent", detected_by={"tracker.receives"})
def silent(app: FastAPI) -> None:
    """Errors are caught, and nobody hears of them."""

    def report(error: BaseException, *, tags: Mapping[str, str]) -> None:
        _ = error, tags

    app.state.tracker.report = report


@fault("tracker.no-release", detected_by={"tracker.release"})
def no_release(app: FastAPI) -> None:
    """Reports do not say which build they are of."""
    _before_sending(app, lambda event: {name: value for name, value in event.items() if name != "release"})


@fault("tracker.wrong-release", detected_by={"tracker.release"})
def wrong_release(app: FastAPI) -> None:
    """Reports speak of the build before this one."""
    _before_sending(app, lambda event: {**event, "release": "the-one-before"})


@fault("tracker.leaks-cookie", detected_by={"tracker.clean"})
def leaks_cookie(app: FastAPI) -> None:
    """Reports hold every header of the request, the session's cookie too."""
    app.add_middleware(RemembersHeaders)
    _before_sending(app, lambda event: {**event, "request": {"headers": dict(CURRENT.get())}})


class RemembersHeaders:
    """Keeps the headers of the request at work at hand."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note them."""
        if scope["type"] == "http":
            CURRENT.set(Headers(scope=scope))
        await self.app(scope, receive, send)


def _before_sending(app: FastAPI, change: Callable[[Event], Event]) -> None:
    options = app.state.tracker.client.options
    scrub = options["before_send"]
    options["before_send"] = lambda event, hint: change(scrub(event, hint))
