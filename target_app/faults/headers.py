"""Faults of what answers carry beside their content: security headers, and what HTTP itself asks for."""

from http.client import METHOD_NOT_ALLOWED, TOO_MANY_REQUESTS, UNAUTHORIZED
from typing import ClassVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault

FIRST_ERROR = 400
ON_EVERY_ANSWER = (
    "Strict-Transport-Security",
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
)
LOOSE = "default-src 'self' https:; script-src 'self' 'unsafe-inline' 'unsafe-eval' *"
FRAMEABLE = "default-src 'none'; frame-ancestors *; base-uri 'none'; object-src 'none'"


class _ChangedHeaders:
    """Passes every answer on with its headers as `change` leaves them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Change the headers of an answer with this status."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.change(message["status"], MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, changed)


class _WithoutHeader(_ChangedHeaders):
    """Drops one header from every answer."""

    name: ClassVar[str]

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Drop it."""
        _ = status
        del headers[self.name]


@fault("headers.no-hsts", detected_by={"headers.hsts"})
class NoHsts(_WithoutHeader):
    """Browsers are not told to insist on TLS."""

    name = "Strict-Transport-Security"


@fault("headers.no-csp", detected_by={"headers.csp", "headers.csp-tight"})
class NoCsp(_WithoutHeader):
    """Answers have no Content-Security-Policy."""

    name = "Content-Security-Policy"


@fault("headers.open-forms", detected_by={"headers.csp-tight"})
class OpenForms(_ChangedHeaders):
    """An injected form may send what is typed to any site."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Leave out where forms may lead."""
        _ = status
        policy = headers.get("Content-Security-Policy", "").split(";")
        headers["Content-Security-Policy"] = ";".join(part for part in policy if "form-action" not in part)


@fault("headers.no-nosniff", detected_by={"headers.nosniff"})
class NoNosniff(_WithoutHeader):
    """Browsers may guess the type of an answer."""

    name = "X-Content-Type-Options"


@fault("headers.no-referrer-policy", detected_by={"headers.referrer"})
class NoReferrerPolicy(_WithoutHeader):
    """Other sites are told which page a visitor comes from."""

    name = "Referrer-Policy"


@fault("headers.no-permissions-policy", detected_by={"headers.promised"})
class NoPermissionsPolicy(_WithoutHeader):
    """Browsers are not told what a page may not use."""

    name = "Permissions-Policy"


@fault(
    "headers.only-on-200",
    detected_by={"headers.hsts", "headers.csp", "headers.nosniff", "headers.frames", "headers.referrer"},
)
class OnlyOn200(_ChangedHeaders):
    """Only good answers have the security headers."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Drop them from every other answer."""
        if status >= FIRST_ERROR:
            for name in ON_EVERY_ANSWER:
                del headers[name]


@fault(
    "headers.not-on-streams",
    detected_by={"headers.hsts", "headers.csp", "headers.nosniff", "headers.frames", "headers.referrer"},
)
class NotOnStreams(_ChangedHeaders):
    """Event streams have no security headers."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Drop them from streams."""
        _ = status
        if headers.get("Content-Type", "").startswith("text/event-stream"):
            for name in ON_EVERY_ANSWER:
                del headers[name]


@fault("headers.loose-csp", detected_by={"headers.csp-tight"})
class LooseCsp(_ChangedHeaders):
    """The policy lets scripts in from everywhere, inline ones too."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Replace the policy."""
        _ = status
        headers["Content-Security-Policy"] = LOOSE


@fault("headers.frameable", detected_by={"headers.frames", "headers.csp-tight"})
class Frameable(_ChangedHeaders):
    """Any site may show the service in a frame of its own."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Open the policy, and drop the older header."""
        _ = status
        del headers["X-Frame-Options"]
        headers["Content-Security-Policy"] = FRAMEABLE


@fault("headers.banner", detected_by={"headers.banner"})
class Banner(_ChangedHeaders):
    """Every answer tells what software made it, and which version."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Say it."""
        _ = status
        headers["Server"] = "uvicorn/0.35.0"


@fault("headers.dead", detected_by={"headers.dead"})
class Dead(_ChangedHeaders):
    """Answers rely on fields that browsers gave up."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Add them."""
        _ = status
        headers["X-XSS-Protection"] = "1; mode=block"
        headers["Expect-CT"] = "max-age=86400, enforce"


@fault("headers.not-on-429", detected_by={"headers.on-refusals"})
class NotOn429(_ChangedHeaders):
    """What a limit refuses has no security headers: it stands before the code that adds them."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Drop them from refusals."""
        if status == TOO_MANY_REQUESTS:
            for name in ON_EVERY_ANSWER:
                del headers[name]


@fault("headers.cors-reflects", detected_by={"headers.no-cors"})
class CorsReflects:
    """Pages of any origin may read the answers, with the visitor's cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Allow whatever origin asks."""
        origin = Headers(scope=scope).get("Origin") if scope["type"] == "http" else None

        async def allowing(message: Message) -> None:
            if message["type"] == "http.response.start" and origin is not None:
                headers = MutableHeaders(scope=message)
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Allow-Credentials"] = "true"
            await send(message)

        await self.app(scope, receive, allowing)


@fault("headers.no-allow", detected_by={"headers.allow-on-405"})
class NoAllow(_ChangedHeaders):
    """A refused method is not told which ones there are."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Drop the list."""
        if status == METHOD_NOT_ALLOWED:
            del headers["Allow"]


@fault("headers.no-challenge", detected_by={"headers.www-authenticate"})
class NoChallenge(_ChangedHeaders):
    """Who must sign in is not told how."""

    def change(self, status: int, headers: MutableHeaders) -> None:
        """Drop the challenge."""
        if status == UNAUTHORIZED:
            del headers["WWW-Authenticate"]
