"""The pages for who is not signed in, the static files, and the way in."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from target_app.errors import Problem
from target_app.web.page import page
from target_app.web.place import HOME, own_place
from target_app.web.site import KINDS, Site

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FOR_GOOD = "public, max-age=31536000, immutable"
SEE_OTHER = 303


@router.get("/static/{fingerprint}/{name}")
async def static_file(fingerprint: str, name: str, request: Request) -> Response:
    """Give a static file, which never changes at this address."""
    site: Site = request.app.state.site
    if fingerprint != site.fingerprint or name not in site.static:
        raise Problem(404)
    kind = KINDS["." + name.rpartition(".")[2]]
    return Response(site.static[name], headers={"Content-Type": kind, "Cache-Control": FOR_GOOD})


@router.get("/")
async def way_in(request: Request) -> Response:
    """Lead members to their chats, and everybody else to the door."""
    return RedirectResponse(HOME if _is_member(request) else "/signin", SEE_OTHER)


@router.get("/signin")
async def sign_in(
    request: Request, asked: Annotated[str | None, Query(alias="next")] = None, ended: str = ""
) -> Response:
    """Show the sign-in form; it leads on to where somebody wanted to go."""
    wanted = own_place(asked)
    if _is_member(request):
        return RedirectResponse(wanted, SEE_OTHER)
    return page(request, "signin.html", next=wanted, ended=ended == "1")


@router.get("/signup")
async def sign_up(request: Request) -> Response:
    """Show the sign-up form."""
    return RedirectResponse(HOME, SEE_OTHER) if _is_member(request) else page(request, "signup.html")


@router.get("/verify")
@router.get("/verify-email")
async def verify(request: Request) -> Response:
    """Use the token of the mailed link, which the page's script does: a program that only looks uses up nothing."""
    return page(request, "verify.html")


@router.get("/forgot-password")
async def forgot_password(request: Request) -> Response:
    """Show the form that asks for a link to a new password."""
    return page(request, "forgot.html")


@router.get("/reset-password")
async def reset_password(request: Request) -> Response:
    """Show the form for a new password."""
    return page(request, "reset.html")


def _is_member(request: Request) -> bool:
    return getattr(request.state, "signed_in", None) is not None
