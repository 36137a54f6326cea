"""How often one may ask, and how one is told."""

import math
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from tests.blind.service.accounts import session_of
from tests.blind.service.state import STATE, Refused

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

WINDOW_S, PER_MEMBER, PER_ADDRESS = 5.0, 60, 15
BY_ADDRESS = frozenset({("POST", "/v1/accounts"), ("POST", "/v1/auth/token"), ("POST", "/v1/auth/refresh")})
FREE = ("/healthz", "/livez", "/readyz", "/metrics", "/admin/", "/openapi.json", "/v1/hooks/")


def window_for(scope: "Scope") -> tuple[str, int] | None:
    """Whose window counts a request, and how many it lets through; None where nobody counts."""
    path, address = scope["path"], (scope["client"] or ("",))[0]
    if STATE.has("limit-by-forwarded"):
        address = Headers(scope=scope).get("x-forwarded-for", address).partition(",")[0]
    if path.startswith(FREE):
        return None
    if (scope["method"], path) in BY_ADDRESS:
        return f"sign-in {address}", PER_ADDRESS
    token = Headers(scope=scope).get("authorization", "").partition(" ")[2]
    session = session_of(token)
    if session is None:
        return f"address {address}", PER_MEMBER
    return f"member {token if STATE.has('limit-by-token') else session.account}", PER_MEMBER


class Limits:
    """Counts each request in a sliding window, and tells in every answer what is left."""

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Let a request through, or refuse it."""
        window = window_for(scope) if scope["type"] == "http" else None
        if window is None:
            await self.app(scope, receive, send)
            return
        whose, allowed = window
        moments, now = STATE.counted[whose], time.monotonic()
        while moments and moments[0] <= now - WINDOW_S:
            moments.popleft()
        refused = len(moments) >= allowed
        if not refused:
            moments.append(now)
        wait = max(math.ceil(moments[0] + WINDOW_S - now), 1)
        told = {
            "X-RateLimit-Limit": str(allowed),
            "X-RateLimit-Remaining": str(allowed - len(moments)),
            "X-RateLimit-Reset": str(math.ceil(time.time() + moments[0] + WINDOW_S - now)),
        }

        async def tell(message: "Message") -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        if refused:
            moment = formatdate(math.ceil(time.time()) + wait, usegmt=True)
            told["Retry-After"] = (
                moment
                if STATE.has("retry-at")
                else str(wait * 1000 if STATE.has("retry-after-in-milliseconds") else wait)
            )
            answer = JSONResponse(Refused(429, "rate_limit_exceeded", "Too many requests").document(), 429)
            await answer(scope, receive, tell)
        else:
            await self.app(scope, receive, tell)
