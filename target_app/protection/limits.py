"""
Request limits over a sliding window.

Headers: RFC 9110 (Retry-After), the IETF draft "RateLimit header fields for HTTP" (RateLimit,
RateLimit-Policy), and the older X-RateLimit family, whose reset is in seconds from now.
"""

import math
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.accounts.tokens import read_access
from target_app.errors import Problem
from target_app.protection.address import client_address
from target_app.settings import Settings
from target_app.store import Store, StoreDown, Taken
from target_app.stores.memory import MemoryStore

AUTH_PATHS = {
    *("/auth/signup", "/auth/verify", "/auth/signin", "/auth/refresh"),
    *("/auth/password/forgot", "/auth/password/reset"),
}
EXEMPT_ROOTS = {"health", "metrics", "webhooks", "openapi.json", "static"}


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one request found: whether it may pass, and what is left."""

    policy: str
    limit: int
    window_s: int
    allowed: bool
    remaining: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """Say it in headers."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={self.window_s}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset_s}',
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_s),
        }


class SlidingWindow:
    """
    So many requests in any window of so many seconds, for each key. A refused one costs nothing.

    The store counts, so that all workers share the window. While it is down, `alone` counts for this worker
    only; without `alone` the request is not decided.
    """

    def __init__(self, policy: str, *, limit: int, window_s: int, store: Store, alone: Store | None = None) -> None:
        self.policy = policy
        self.limit = limit
        self.window_s = window_s
        self.store = store
        self.alone = alone

    async def take(self, key: str) -> Allowance:
        """Count a request of this key, if it may pass; raises StoreDown."""
        taken = await self._taken(f"limit:{self.policy}:{key}")
        return Allowance(
            policy=self.policy,
            limit=self.limit,
            window_s=self.window_s,
            allowed=taken.allowed,
            remaining=max(0, self.limit - taken.used),
            # One more request is let through when the oldest leaves the window.
            reset_s=math.ceil(taken.reset_s),
        )

    async def _taken(self, key: str) -> Taken:
        try:
            return await self.store.take(key, limit=self.limit, window_s=self.window_s)
        except StoreDown:
            if self.alone is None:
                raise
            return await self.alone.take(key, limit=self.limit, window_s=self.window_s)


def open_windows(settings: Settings, store: Store) -> dict[str, SlidingWindow]:
    """
    Make the two windows: `api` and `auth`.

    Without the store the API goes on, counted by each worker alone: what is at stake is load, and workers
    times the limit is still a bound. Sign-in does not go on: the limit is what stands against guessing
    passwords, and whoever could disturb the store would get their guesses multiplied.
    """
    return {
        "api": SlidingWindow(
            "api", limit=settings.api_limit, window_s=settings.limit_window_s, store=store, alone=MemoryStore()
        ),
        "auth": SlidingWindow("auth", limit=settings.auth_limit, window_s=settings.limit_window_s, store=store),
    }


class Limits:
    """Answers 429 to whoever asks too often, and tells everyone what is left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request against its limit, if it has one."""
        if scope["type"] != "http" or not is_limited(scope["path"]):
            await self.app(scope, receive, send)
            return
        try:
            allowance = await _take(Request(scope))
        except StoreDown as down:
            await down.response()(scope, receive, send)
            return

        async def with_allowance(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = [(name.lower().encode(), value.encode()) for name, value in allowance.headers().items()]
                message["headers"] = [*message["headers"], *told]
            await send(message)

        app = self.app if allowance.allowed else _refusal(allowance)
        await app(scope, receive, with_allowance)


def is_limited(path: str) -> bool:
    """Say whether requests of this path are counted."""
    return path.removeprefix("/").partition("/")[0] not in EXEMPT_ROOTS


async def _take(request: Request) -> Allowance:
    state = request.app.state
    address = client_address(request, state.settings.trusted_proxies)
    windows: dict[str, SlidingWindow] = state.windows
    if request.url.path in AUTH_PATHS:
        return await windows["auth"].take(address)
    access = read_access(state.settings, request.cookies.get(SESSION_COOKIE, ""))
    return await windows["api"].take(f"address {address}" if access is None else f"member {access.user_id}")


def _refusal(allowance: Allowance) -> ASGIApp:
    wait = allowance.reset_s
    detail = f"{allowance.limit} requests in {allowance.window_s} s are allowed. Try again in {wait} s."
    return Problem(429, detail, headers={"Retry-After": str(wait)}).response()
