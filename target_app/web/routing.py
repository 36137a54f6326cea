"""Pages at addresses that the API has, too: who names HTML gets the page."""

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

from target_app.web.page import wants_page


class SharedRoute(APIRoute):
    """A page whose address answers with data to everybody who does not name HTML."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take the request of a browser that goes there, and leave any other to the API."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return Match.NONE, {}
        return super().matches(scope) if wants_page(Headers(scope=scope).get("Accept", "")) else (Match.NONE, {})
