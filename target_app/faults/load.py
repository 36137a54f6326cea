"""Faults that only many people at once bring about: what is shared, and does not suffice."""

import asyncio
import time
from collections import deque

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault

HEALTH = "/health"
WINDOW_S = 60.0
TTFT, HTTP = "slo.ttft_p95_s", "slo.http_p95_s"


def streams(scope: Scope) -> bool:
    """Whether a request has an answer streamed."""
    path: str = scope.get("path", "")
    return scope["type"] == "http" and scope["method"] == "POST" and path.endswith("/messages")


def plain(scope: Scope) -> bool:
    """Whether a request is one of those with which people look at what they have."""
    path: str = scope.get("path", "")
    ours = path.startswith(("/conversations", "/settings"))
    return scope["type"] == "http" and scope["method"] == "GET" and ours


class _Fault:
    """Passes everything on; those below do not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.going_on = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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


@fault("load.slow-together", detected_by={HTTP})
class SlowTogether(_Fault):
    """The more requests there are at once, the longer each list takes."""

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for each of the others."""
        if plain(scope):
            await asyncio.sleep(0.15 * self.going_on)
        await self.app(scope, receive, send)


@fault("load.one-at-a-time", detected_by={TTFT})
class OneAtATime(_Fault):
    """A lock around the model lets one answer begin each quarter of a second."""

    def __init__(self, app: ASGIApp, seconds: float = 0.25) -> None:
        super().__init__(app)
        self.seconds = seconds
        self.lock = asyncio.Lock()

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the lock."""
        if streams(scope):
            async with self.lock:
                await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


@fault("load.grows-with-users", detected_by={TTFT})
class GrowsWithUsers(_Fault):
    """The first token waits longer for each member who has ever asked."""

    def __init__(self, app: ASGIApp, seconds: float = 0.15) -> None:
        super().__init__(app)
        self.seconds = seconds
        self.members: set[str] = set()

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for everybody."""
        if streams(scope):
            self.members.add(scope["client"][0])
            await asyncio.sleep(self.seconds * len(self.members))
        await self.app(scope, receive, send)


@fault("load.some-fail", detected_by={"load.calls-answered"})
class SomeFail(_Fault):
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
class CutTogether(_Fault):
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
class PoolOfFive(_Fault):
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


@fault("load.shared-limit", detected_by={"load.limits-apart"})
class SharedLimit(_Fault):
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
class ForgetsSessions(_Fault):
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
class DeafProbe(_Fault):
    """While answers are being written, the probe is told that the service is down."""

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the probe only when nothing else goes on."""
        path: str = scope.get("path", "")
        if path.startswith(HEALTH) and self.going_on > 1:
            await refuse(503, scope, receive, send)
        else:
            await self.app(scope, receive, send)


@fault("load.freezes", detected_by={HTTP})
class Freezes(_Fault):
    """Everything stands still for most of a second, again and again, as with a collector of garbage that stops all."""

    def __init__(self, app: ASGIApp, seconds: float = 0.8) -> None:
        super().__init__(app)
        self.seconds = seconds
        self.until = 0.0

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the freeze to be over: it takes the second half of every so many seconds."""
        now = time.monotonic()
        into = now % (2.5 * self.seconds)
        if plain(scope) and into > 1.5 * self.seconds:
            await asyncio.sleep(2.5 * self.seconds - into)
        await self.app(scope, receive, send)


@fault("load.tires", detected_by={HTTP})
class Tires(_Fault):
    """After some seconds of work each list takes much longer: a cache that was full, credits that are spent."""

    def __init__(self, app: ASGIApp, requests: int = 40) -> None:
        super().__init__(app)
        self.requests = requests
        self.count = 0

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be quick for a while."""
        self.count += plain(scope)
        if plain(scope) and self.count > self.requests:
            await asyncio.sleep(0.7)
        await self.app(scope, receive, send)


@fault("load.blocked-loop", detected_by={HTTP, TTFT})
class BlockedLoop(_Fault):
    """A search works on the event loop, and nobody else is served meanwhile."""

    def __init__(self, app: ASGIApp, seconds: float = 0.8) -> None:
        super().__init__(app)
        self.seconds = seconds

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the loop."""
        if plain(scope) and scope.get("query_string"):
            time.sleep(self.seconds)  # noqa: ASYNC251  the fault itself
        await self.app(scope, receive, send)


@fault("load.no-index", detected_by={HTTP})
class NoIndex(_Fault):
    """Reading a conversation takes longer with each message that anybody has ever sent."""

    def __init__(self, app: ASGIApp, seconds: float = 0.05) -> None:
        super().__init__(app)
        self.seconds = seconds
        self.messages = 0

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look through everything."""
        self.messages += streams(scope)
        if plain(scope) and scope["path"].endswith("/messages"):
            await asyncio.sleep(self.seconds * self.messages)
        await self.app(scope, receive, send)
