"""Faults of the protection against forged requests: what is asked for, what is compared, who is believed."""

import json
import secrets

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.dependencies import SESSION_COOKIE, CurrentUser
from target_app.accounts.tokens import read_access
from target_app.errors import Problem
from target_app.fault import fault
from target_app.protection import csrf
from target_app.protection.csrf import SAFE_METHODS, TOKEN_HEADER
from target_app.settings import Settings

SIGNOUT = "/auth/signout"
SHORT = 16
ONE_FOR_ALL = secrets.token_hex(32)


def _unsafe(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] not in SAFE_METHODS


def _with_right_token(scope: Scope) -> Scope:
    """Give the request as it would come from the session's own page."""
    settings = scope["app"].state.settings
    access = read_access(settings, Request(scope).cookies.get(SESSION_COOKIE, ""))
    if access is None:
        return scope
    headers = MutableHeaders(raw=list(scope["headers"]))
    headers[TOKEN_HEADER] = csrf.csrf_token(settings, access.session_id)
    return {**scope, "headers": headers.raw}


class _ChangedRequest:
    """Passes unsafe requests on as `change` leaves them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def change(self, scope: Scope) -> Scope:
        """Give the request that the service sees."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(self.change(scope) if _unsafe(scope) else scope, receive, send)


@fault(
    "csrf.off",
    detected_by={
        "csrf.needs-token",
        "csrf.wrong-token-refused",
        "csrf.foreign-token-refused",
        "csrf.self-made-pair-refused",
        "csrf.old-token-refused",
        "csrf.refused-without-effect",
    },
)
class Off(_ChangedRequest):
    """Nobody looks at the token."""

    def change(self, scope: Scope) -> Scope:
        """Send the right token, whatever came."""
        return _with_right_token(scope)


@fault("csrf.delete-open", detected_by={"csrf.needs-token"})
class DeleteOpen(_ChangedRequest):
    """Whoever wrote the guard forgot that DELETE changes something too."""

    def change(self, scope: Scope) -> Scope:
        """Send the right token with it."""
        return _with_right_token(scope) if scope["method"] == "DELETE" else scope


@fault("csrf.undescribed-open", detected_by={"csrf.needs-token"})
def undescribed_open(app: FastAPI) -> None:
    """A new route that only the service's own document names is left out of the guard."""

    async def invite(user: CurrentUser) -> str:
        return user.email

    app.post("/invitations", operation_id="invite")(invite)
    csrf.EXEMPT_PATHS = csrf.EXEMPT_PATHS | {"/invitations"}


@fault(
    "csrf.presence-only",
    detected_by={
        "csrf.wrong-token-refused",
        "csrf.foreign-token-refused",
        "csrf.self-made-pair-refused",
        "csrf.old-token-refused",
    },
)
class PresenceOnly(_ChangedRequest):
    """There must be a token, and any will do."""

    def change(self, scope: Scope) -> Scope:
        """Replace the token, if there is one, by the right one."""
        return _with_right_token(scope) if Headers(scope=scope).get(TOKEN_HEADER) else scope


@fault("csrf.double-submit", detected_by={"csrf.self-made-pair-refused"})
class DoubleSubmit(_ChangedRequest):
    """A token is right as well when a cookie repeats it, whoever made the two."""

    def change(self, scope: Scope) -> Scope:
        """Believe the pair."""
        sent = Headers(scope=scope).get(TOKEN_HEADER)
        pair = Request(scope).cookies.get("csrf_token")
        return _with_right_token(scope) if sent and sent == pair else scope


@fault("csrf.unbound", detected_by={"csrf.foreign-token-refused", "csrf.old-token-refused"})
class Unbound:
    """A token that was handed to anybody is good for everybody."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.handed_out: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Remember what is handed out, and believe it from whoever sends it."""
        if _unsafe(scope) and Headers(scope=scope).get(TOKEN_HEADER) in self.handed_out:
            scope = _with_right_token(scope)
        asks = scope["type"] == "http" and scope["path"] == "/auth/csrf"
        await self.app(scope, receive, self._remembering(send) if asks else send)

    def _remembering(self, send: Send) -> Send:
        async def remember(message: Message) -> None:
            if message["type"] == "http.response.body" and message.get("body"):
                self.handed_out.add(json.loads(message["body"]).get("csrf_token", ""))
            await send(message)

        return remember


@fault(
    "csrf.one-for-all", detected_by={"csrf.foreign-token-refused", "csrf.token-per-session", "csrf.old-token-refused"}
)
def one_for_all(_app: FastAPI) -> None:
    """Every session has the same token."""

    def token(settings: Settings, session_id: str) -> str:
        _ = settings, session_id
        return ONE_FOR_ALL

    csrf.csrf_token = token


@fault("csrf.short-token", detected_by={"csrf.token-per-session"})
def short_token(_app: FastAPI) -> None:
    """The token has 64 bits."""
    whole = csrf.csrf_token

    def token(settings: Settings, session_id: str) -> str:
        return whole(settings, session_id)[:SHORT]

    csrf.csrf_token = token


@fault("csrf.old-token-good", detected_by={"csrf.old-token-refused"})
class OldTokenGood(_ChangedRequest):
    """A token that was good for a member once is good for the same member for ever."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.once_good: set[tuple[str, str]] = set()

    def change(self, scope: Scope) -> Scope:
        """Remember whose tokens are good, and believe them from the same member."""
        settings, sent = scope["app"].state.settings, Headers(scope=scope).get(TOKEN_HEADER, "")
        access = read_access(settings, Request(scope).cookies.get(SESSION_COOKIE, ""))
        if access is None or not sent:
            return scope
        if sent == csrf.csrf_token(settings, access.session_id):
            self.once_good.add((access.user_id, sent))
        return _with_right_token(scope) if (access.user_id, sent) in self.once_good else scope


@fault("csrf.acts-then-refuses", detected_by={"csrf.refused-without-effect"})
class ActsThenRefuses:
    """A request without its token is carried out, and only then refused."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do what was asked for with the right token, keep the answer, and say no."""
        if not _unsafe(scope) or TOKEN_HEADER in Headers(scope=scope) or _with_right_token(scope) is scope:
            await self.app(scope, receive, send)
            return

        async def keep_quiet(message: Message) -> None:
            _ = message

        await self.app(_with_right_token(scope), receive, keep_quiet)
        await Problem(403, f"{TOKEN_HEADER} is missing or wrong.").response()(scope, receive, send)
