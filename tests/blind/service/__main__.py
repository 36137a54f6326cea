"""The service, put together and started."""

import argparse
import json
import secrets
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from tests.blind.faults import FAULTS, VARIANTS
from tests.blind.service import accounts, billing, chat, library, monitoring
from tests.blind.service.front import Front
from tests.blind.service.limits import Limits
from tests.blind.service.otherwise import Otherwise
from tests.blind.service.state import STATE, Refused

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Outermost:
    """Gives each answer its header fields, and counts it."""

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dress(message: "Message") -> None:
            if message["type"] == "http.response.start":
                bare = message["status"] >= 400 and STATE.has("bare-errors")
                MutableHeaders(scope=message).update({} if bare else SECURITY)
                MutableHeaders(scope=message)["X-Request-ID"] = secrets.token_hex(8)
                route = getattr(scope.get("route"), "path", "other")
                STATE.counter()[scope["method"], route, message["status"]] += 1
            await send(message)

        await self.app(scope, receive, dress)


async def refused(_: Request, error: Exception) -> JSONResponse:
    """Say no."""
    assert isinstance(error, Refused)
    status = 200 if error.status == 422 and STATE.has("error-in-200") else error.status
    return JSONResponse(error.document(), status, error.headers)


async def unread(_: Request, error: Exception) -> JSONResponse:
    """Say what is wrong with a request, and not what was in it."""
    assert isinstance(error, RequestValidationError)
    one = error.errors()[0]
    said = f"{'.'.join(str(place) for place in one['loc'])}: {one['msg']}"
    if STATE.has("error-in-200"):
        return JSONResponse(Refused(422, "invalid_request", said).document(), 200)
    more = {"body": json.loads(json.dumps(error.body, default=str))} if STATE.has("errors-echo-the-body") else {}
    return JSONResponse(Refused(422, "invalid_request", said, **more).document(), 422)


async def nowhere(_: Request, error: Exception) -> JSONResponse:
    """Say that there is nothing, or that it goes otherwise."""
    assert isinstance(error, HTTPException)
    document = Refused(error.status_code, "not_found", str(error.detail)).document()
    return JSONResponse(document, error.status_code, error.headers)


def application() -> FastAPI:
    """The whole service."""
    app = FastAPI(title="Blind", version=STATE.build, docs_url=None, redoc_url=None)
    for one in (accounts, chat, billing, library, monitoring):
        app.include_router(one.router)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RequestValidationError, unread)
    app.add_exception_handler(HTTPException, nowhere)
    app.add_middleware(Limits)
    app.add_middleware(Front)
    app.add_middleware(Outermost)
    app.add_middleware(Otherwise)
    return app


def main() -> None:
    """Serve until it is told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fault", action="append", default=[], choices=[*FAULTS, *VARIANTS])
    arguments = parser.parse_args()
    STATE.faults = frozenset(arguments.fault)
    uvicorn.run(application(), port=arguments.port, log_level="warning", server_header=False)


if __name__ == "__main__":
    main()
