"""No path has a NUL in it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.errors import Problem


class PlainPath:
    """Answers 404 to a path with a NUL: nothing is called that, and PostgreSQL cannot even be asked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass every other path on."""
        app = Problem(404).response() if scope["type"] == "http" and "\0" in scope["path"] else self.app
        await app(scope, receive, send)
