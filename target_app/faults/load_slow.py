"""Faults that only many people at once bring about: what gets slow for all of them."""

import asyncio
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.fault import fault
from target_app.faults.load import Shared, plain, streams

TTFT, HTTP = "slo.ttft_p95_s", "slo.http_p95_s"


@fault("load.slow-together", detected_by={HTTP})
class SlowTogether(Shared):
    """The more requests there are at once, the longer each list takes."""

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for each of the others."""
        if plain(scope):
            await asyncio.sleep(0.15 * self.going_on)
        await self.app(scope, receive, send)


@fault("load.one-at-a-time", detected_by={TTFT})
class OneAtATime(Shared):
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
class GrowsWithUsers(Shared):
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


@fault("load.freezes", detected_by={HTTP})
class Freezes(Shared):
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
class Tires(Shared):
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
class BlockedLoop(Shared):
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
class NoIndex(Shared):
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
