"""Faults of refresh tokens: what they open, and how long they do."""

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from target_app.accounts import routes, sessions, tokens
from target_app.fault import fault
from target_app.protection import limits
from target_app.settings import Settings


@fault("auth.refresh-outlives-sign-out", detected_by={"auth.signed-out-refresh-refused"})
def refresh_outlives_sign_out(_app: FastAPI) -> None:
    """Sign-out ends the token that came along, and leaves the one that renews it."""
    inner = tokens.read_access
    shown: dict[str, str] = {}
    dead: set[str] = set()

    def read_access(settings: Settings, token: str) -> tokens.Access | None:
        access = None if token in dead else inner(settings, token)
        if access is not None:
            shown[access.session_id] = token
        return access

    class Changed:
        """The sessions' functions, this one changed."""

        def __getattr__(self, name: str) -> object:
            return getattr(sessions, name)

        @staticmethod
        async def end(db: AsyncSession, session_id: str) -> None:
            _ = db
            dead.add(shown[session_id])

    for module in (sessions, limits):
        module.read_access = read_access  # type: ignore[attr-defined]
    routes.sessions = Changed()  # type: ignore[assignment, attr-defined]


@fault("auth.refresh-token-opens", detected_by={"auth.refresh-token-opens-nothing"})
def refresh_token_opens(_app: FastAPI) -> None:
    """Nobody looks of which kind a token is: the one that renews a session is taken for the session."""
    inner, give = tokens.read_access, sessions.set_cookies
    renewed: dict[str, str] = {}

    def read_access(settings: Settings, token: str) -> tokens.Access | None:
        return inner(settings, renewed.get(token, token))

    def set_cookies(response: Response, settings: Settings, pair: sessions.Pair) -> None:
        renewed[pair.refresh_token] = pair.access_token
        give(response, settings, pair)

    for module in (sessions, limits):
        module.read_access = read_access  # type: ignore[attr-defined]
    sessions.set_cookies = set_cookies
