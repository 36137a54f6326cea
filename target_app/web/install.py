"""Gives an app its pages: the texts, and the answers to who is not signed in and to what is not there."""

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from target_app.errors import Problem
from target_app.web.page import NoSuchPage, SignInFirst, page, wants_page
from target_app.web.site import Site

SEE_OTHER = 303
NOT_FOUND = 404


def install_pages(app: FastAPI) -> None:
    """Put the site into the app's state, and install what answers for pages."""
    app.state.site = Site()

    @app.exception_handler(SignInFirst)
    async def _sign_in(_request: Request, refused: SignInFirst) -> Response:
        return RedirectResponse(refused.place, SEE_OTHER)

    @app.exception_handler(NoSuchPage)
    async def _missing(request: Request, _missing: NoSuchPage) -> Response:
        return not_found(request)

    @app.exception_handler(NOT_FOUND)
    async def _unknown(request: Request, error: HTTPException) -> Response:
        if request.method == "GET" and wants_page(request.headers.get("Accept", "")):
            return not_found(request)
        detail = None if error.detail == "Not Found" else str(error.detail)
        return Problem(NOT_FOUND, detail, headers=error.headers).response()


def not_found(request: Request) -> Response:
    """Say on a page that there is none."""
    return page(request, "missing.html", status=NOT_FOUND)
