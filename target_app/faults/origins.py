"""Faults of how a service judges where a request comes from."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.errors import Problem
from target_app.fault import fault
from target_app.faults.csrf import _ChangedRequest, _unsafe

SIGNIN = "/auth/signin"


def _without(scope: Scope, names: Iterable[bytes]) -> Scope:
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in names]}


@fault("csrf.origin-ignored", detected_by={"csrf.foreign-origin-refused", "csrf.signin-cross-site"})
class OriginIgnored(_ChangedRequest):
    """Nobody looks at where a request says that it comes from."""

    def change(self, scope: Scope) -> Scope:
        """Drop the Origin."""
        return _without(scope, {b"origin"})


@fault("csrf.cross-site-ignored", detected_by={"csrf.cross-site-refused", "csrf.signin-cross-site"})
class CrossSiteIgnored(_ChangedRequest):
    """Nobody looks at what the browser says of the page that a request comes from."""

    def change(self, scope: Scope) -> Scope:
        """Drop the browser's word."""
        return _without(scope, {b"sec-fetch-site"})


@fault("csrf.signin-open", detected_by={"csrf.signin-cross-site"})
class SigninOpen(_ChangedRequest):
    """Any page can sign its visitor in, to an account of its own choice."""

    def change(self, scope: Scope) -> Scope:
        """Drop everything that tells where a sign-in comes from."""
        return _without(scope, {b"origin", b"sec-fetch-site"}) if scope["path"] == SIGNIN else scope


@fault("csrf.own-origin-refused", detected_by={"csrf.own-origin-accepted"})
class OwnOriginRefused:
    """The service does not know its own public origin, and refuses its own pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse whatever names an origin."""
        refuses = _unsafe(scope) and "Origin" in Headers(scope=scope)
        app = Problem(403, "The request comes from another origin.").response() if refuses else self.app
        await app(scope, receive, send)
