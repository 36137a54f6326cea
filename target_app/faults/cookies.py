"""Faults of the cookies that carry a session."""

import re
from typing import ClassVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault

YEAR_S = 31_536_000


class _ChangedCookies:
    """Passes every answer on with its cookies as `change` leaves them; None takes a cookie out."""

    paths: ClassVar[frozenset[str]] = frozenset()
    """The paths whose answers are changed; all of them where none is named."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def change(self, cookie: str) -> str | None:
        """Return the Set-Cookie field as it shall be."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change the cookies of the answer."""

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                cookies = [self.change(cookie) for cookie in headers.getlist("set-cookie")]
                del headers["set-cookie"]
                for cookie in cookies:
                    if cookie is not None:
                        headers.append("set-cookie", cookie)
            await send(message)

        mine = scope["type"] == "http" and (not self.paths or scope["path"] in self.paths)
        await self.app(scope, receive, changed if mine else send)


@fault("auth.cookie-without-httponly", detected_by={"auth.cookie-http-only"})
class CookieWithoutHttpOnly(_ChangedCookies):
    """The session cookie can be read by scripts."""

    def change(self, cookie: str) -> str | None:
        """Take HttpOnly off."""
        return re.sub(r"(?i); *httponly", "", cookie)


@fault("auth.cookie-without-secure", detected_by={"auth.cookie-secure"})
class CookieWithoutSecure(_ChangedCookies):
    """The session cookie may travel without TLS."""

    def change(self, cookie: str) -> str | None:
        """Take Secure off."""
        return re.sub(r"(?i); *secure", "", cookie)


@fault("auth.cookie-for-all-sites", detected_by={"auth.cookie-same-site"})
class CookieForAllSites(_ChangedCookies):
    """Other sites' requests carry the session cookie."""

    def change(self, cookie: str) -> str | None:
        """Say SameSite=None."""
        return re.sub(r"(?i)samesite=\w+", "SameSite=None", cookie)


@fault("auth.cookie-lives-on", detected_by={"auth.cookie-cleared"})
class CookieLivesOn(_ChangedCookies):
    """Sign-out leaves the cookies in the browser."""

    paths = frozenset({"/auth/signout"})

    def change(self, cookie: str) -> str | None:
        """Do not clear it."""
        del cookie
        return None


@fault("auth.session-of-a-year", detected_by={"auth.session-lifetime"})
class SessionOfAYear(_ChangedCookies):
    """The session cookie lasts for a year."""

    def change(self, cookie: str) -> str | None:
        """Give it a year, where it is not being cleared."""
        return re.sub(r"(?i)max-age=[1-9]\d*", f"Max-Age={YEAR_S}", cookie)


@fault("auth.refresh-gives-nothing", detected_by={"auth.refresh-renews", "auth.refresh-extends"})
class RefreshGivesNothing(_ChangedCookies):
    """A refresh is answered as if all were well, and gives no new session."""

    paths = frozenset({"/auth/refresh"})

    def change(self, cookie: str) -> str | None:
        """Keep it back."""
        del cookie
        return None
