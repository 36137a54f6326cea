"""How a page is answered: rendered, under a policy of its own, and known to whom."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from target_app.accounts.dependencies import SESSION_COOKIE, SignedIn
from target_app.database import Db
from target_app.preferences.choice import chosen
from target_app.preferences.models import Preferences
from target_app.protection.csrf import csrf_token
from target_app.settings import Config
from target_app.web.place import entrance

if TYPE_CHECKING:
    from target_app.web.site import Site


class SignInFirst(Exception):
    """A page is for members only: send whoever asks to `place`, the sign-in page that leads back."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(place)


class NoSuchPage(Exception):
    """There is nothing to see here, at least not for this member."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A member who asks for a page, and how they like it."""

    session: SignedIn
    preferences: Preferences
    csrf: str


async def visit(request: Request, db: Db, settings: Config) -> Visit:
    """Return who asks; raises SignInFirst if nobody is signed in."""
    session: SignedIn | None = getattr(request.state, "signed_in", None)
    if session is None:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        # A cookie that opens nothing belongs to a session that was ended from afar.
        raise SignInFirst(entrance(wanted, ended=SESSION_COOKIE in request.cookies))
    preferences = await chosen(db, session.user, settings)
    return Visit(session=session, preferences=preferences, csrf=csrf_token(settings, session.session_id))


Visited = Annotated[Visit, Depends(visit)]


def policy(nonce: str) -> str:
    """Return the Content-Security-Policy of a page: its own files alone, and no text that turns into markup."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' blob:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def page(
    request: Request, name: str, visited: Visit | None = None, *, status: int = 200, **values: object
) -> HTMLResponse:
    """Answer with a page. Its template gets `visit` (None without a member), `nonce`, `here` and the values."""
    site: Site = request.app.state.site
    nonce = secrets.token_urlsafe(16)
    known = {"visit": visited, "nonce": nonce, "here": request.url.path}
    headers = {"Content-Security-Policy": policy(nonce), "Vary": "Accept, Cookie"}
    return HTMLResponse(site.render(name, {**known, **values}), status, headers=headers)


def wants_page(accept: str) -> bool:
    """Tell a browser that goes somewhere from a program that asks for data: it names HTML."""
    return "text/html" in accept.lower()
