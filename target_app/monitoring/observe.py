"""Watches every request: counts it, and catches what nobody expected."""

import asyncio
import logging
import time
from http import HTTPMethod
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.errors import Problem

if TYPE_CHECKING:
    from target_app.monitoring.metrics import Metrics

logger = logging.getLogger(__name__)

METHODS = set(HTTPMethod)


class CountRequests:
    """Counts each answered request by method, route and status, and measures how long it took."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on and count at the end."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        running: set[asyncio.Task[object] | None] = scope["app"].state.running
        task = asyncio.current_task()
        running.add(task)
        started = time.perf_counter()
        status = 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note_status)
        finally:
            running.discard(task)
            _count(scope, status, time.perf_counter() - started)


def _count(scope: Scope, status: int, seconds: float) -> None:
    metrics: Metrics = scope["app"].state.metrics
    # Labels come from a closed set, or callers could fill the memory.
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    route = route_template(scope)
    metrics.requests.labels(method=method, route=route, status=str(status)).inc()
    metrics.duration.labels(method=method, route=route).observe(seconds)
    # The template of the path and not the path, which may name what is a member's.
    facts = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
    logger.info("Answered", extra={"facts": facts})


def route_template(scope: Scope) -> str:
    """Return the path of the route that took the request, with its parameters unfilled."""
    return getattr(scope.get("route"), "path", "unmatched")


class CatchErrors:
    """Answers 500 to what nobody expected, logs it, and reports it to the tracker."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on. An answer that has begun is cut: its start cannot be taken back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def note_start(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, note_start)
        except Exception as error:
            _report(Request(scope), error)
            if begun:
                raise
            await Problem(500, "Something went wrong on our side.").response()(scope, receive, send)


def _report(request: Request, error: Exception) -> None:
    request_id = getattr(request.state, "request_id", "")
    tags = {"method": request.method, "route": route_template(request.scope), "request_id": request_id}
    logger.error("The request failed", exc_info=error)
    request.app.state.metrics.errors.inc()
    request.app.state.tracker.report(error, tags={**tags, **getattr(request.state, "tracker_tags", {})})
