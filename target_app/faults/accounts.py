"""Faults of accounts: cookies and sessions."""

import re

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts import sessions
from target_app.fault import fault


@fault("auth.cookie-without-httponly", detected_by={"auth.session-cookie"})
class CookieWithoutHttpOnly:
    """The session cookie can be read by scripts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take HttpOnly off every cookie that is set."""

        async def without(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [
                    (name, _strip(value) if name == b"set-cookie" else value) for name, value in message["headers"]
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, without)


def _strip(cookie: bytes) -> bytes:
    return re.sub(rb"(?i); *httponly", b"", cookie)


@fault("auth.signout-forgets-nothing", detected_by={"auth.signout-ends-session"})
def signout_forgets_nothing(_app: FastAPI) -> None:
    """Sign-out clears the cookies, but the session lives on for whoever kept them."""
    sessions.end = _leave_alive


async def _leave_alive(db: AsyncSession, session_id: str) -> None:
    _ = db, session_id
