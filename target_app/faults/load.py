"""Faults that only many people at once bring about: what is shared, and does not suffice."""

import asyncio
import time
from collections import deque

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault

HEALTH = "/health"
WINDOW_S = 60.0


def streams(scope: Scope) -> bool:
    """Whether a request has an answer streamed."""
    path: str = scope.get("path", "")
    return scope["type"] == "http" and scope["method"] == "POST" and path.endswith("/messages")


def plain(scope: Scope) -> bool:
    """Whether a request is one of those with which people look at what they have."""
    path: str = scope.get("path", "")
    ours = path.startswith(("/conversations", "/settings"))
    return scope["type"] == "http" and scope["method"] == "GET" and ours


class Shared:
    """What all requests go through; passes everything on, which those that are faults do not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.going_on = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request while it goes on."""
        counts = scope["type"] == "http"  # the service's own life is no request
        self.going_on += counts
        try:
            await self.meet(scope, receive, send)
        finally:
            self.going_on -= counts

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do wrong to a request."""
        await self.app(scope, receive, send)


async def refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with an error that says nothing."""
    problem = {"title": "Not now", "status": status}
    await JSONResponse(problem, status, media_type="application/problem+json")(scope, receive, send)


@fault("load.some-fail", detected_by={"load.calls-answered"})
class SomeFail(Shared):
    """One list in so many fails."""

    def __init__(self, app: ASGIApp, every: int = 12) -> None:
        super().__init__(app)
        self.every = every
        self.count = 0

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, and fail."""
        self.count += plain(scope)
        if plain(scope) and self.count % self.every == 0:
            await refuse(500, scope, receive, send)
        else:
            await self.app(scope, receive, send)


@fault("load.cut-together", detected_by={"stream.whole-under-load"})
class CutTogether(Shared):
    """When three answers are being written at once, the last one is cut."""

    def __init__(self, app: ASGIApp, most: int = 3) -> None:
        super().__init__(app)
        self.most = most
        self.written = 0

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lose the connection after some events."""
        if not streams(scope):
            await self.app(scope, receive, send)
            return
        self.written += 1
        cut, count = self.written >= self.most, 0

        async def some(message: Message) -> None:
            nonlocal count
            count += 1
            if cut and count > 4:  # noqa: PLR2004  the head, and a few events
                raise ConnectionError("the connection was lost")
            await send(message)

        try:
            await self.app(scope, receive, some)
        finally:
            self.written -= 1


@fault("load.pool-of-five", detected_by={"stream.whole-under-load"})
class PoolOfFive(Shared):
    """An answer holds one of five connections for as long as it is written, and who finds none free is sent away."""

    def __init__(self, app: ASGIApp, size: int = 5) -> None:
        super().__init__(app)
        self.pool = asyncio.Semaphore(size)

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a connection."""
        if not streams(scope):
            await self.app(scope, receive, send)
        elif self.pool.locked():
            await refuse(503, scope, receive, send)
        else:
            async with self.pool:
                await self.app(scope, receive, send)


@fault("load.leaks", detected_by={"load.calls-answered"})
class Leaks(Shared):
    """Each list keeps something that it never gives back, and when nothing is left, lists fail for good."""

    def __init__(self, app: ASGIApp, room: int = 40) -> None:
        super().__init__(app)
        self.room = room

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take some of the room."""
        self.room -= plain(scope)
        if plain(scope) and self.room < 0:
            await refuse(503, scope, receive, send)
        else:
            await self.app(scope, receive, send)


@fault("load.shared-limit", detected_by={"load.limits-apart"})
class SharedLimit(Shared):
    """The limit on one member's requests counts those of all members."""

    def __init__(self, app: ASGIApp, requests: int = 40) -> None:
        super().__init__(app)
        self.requests = requests
        self.taken: deque[float] = deque()

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count everybody's together."""
        now = time.monotonic()
        while self.taken and self.taken[0] <= now - WINDOW_S:
            self.taken.popleft()
        if not plain(scope):
            await self.app(scope, receive, send)
        elif len(self.taken) >= self.requests:
            await refuse(429, scope, receive, send)
        else:
            self.taken.append(now)
            await self.app(scope, receive, send)


@fault("load.forgets-sessions", detected_by={"auth.stays-signed-in"})
class ForgetsSessions(Shared):
    """With four requests at once, one of them finds nobody signed in."""

    def __init__(self, app: ASGIApp, most: int = 3) -> None:
        super().__init__(app)
        self.most = most

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forget who asks."""
        if plain(scope) and self.going_on >= self.most:
            await refuse(401, scope, receive, send)
        else:
            await self.app(scope, receive, send)


@fault("load.deaf-probe", detected_by={"health.stays-up"})
class DeafProbe(Shared):
    """While answers are being written, the probe is told that the service is down."""

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the probe only when nothing else goes on."""
        path: str = scope.get("path", "")
        if path.startswith(HEALTH) and self.going_on > 1:
            await refuse(503, scope, receive, send)
        else:
            await self.app(scope, receive, send)
