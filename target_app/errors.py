"""Every error of the service is a problem document (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from target_app.routing import allowed_methods

INVALID = "The request is not valid."
PROBLEM_SCHEMA = "#/components/schemas/Problem"
MEDIA_TYPE = "application/problem+json"


class ProblemResponse(JSONResponse):
    """A problem document as an answer."""

    media_type = MEDIA_TYPE


class Problem(Exception):
    """
    Something the caller should know: raise it anywhere in a route.

    `detail` is a sentence about this occurrence. `title` is the status phrase unless given.
    `extra` holds further members of the document.
    """

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.status = status
        self.title = title or HTTPStatus(status).phrase
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        super().__init__(detail or self.title)

    def document(self) -> dict[str, Any]:
        """Return the members of the problem document."""
        known = {"type": "about:blank", "title": self.title, "status": self.status}
        detail = {} if self.detail is None else {"detail": self.detail}
        return {**known, **detail, **self.extra}

    def response(self) -> Response:
        """Return the problem as an answer, which is also an ASGI application."""
        return ProblemResponse(self.document(), status_code=self.status, headers=self.headers)


class InvalidField(BaseModel):
    """One thing wrong with a request, and where."""

    location: str = Field(description="Where it is, as a path", examples=["body/email"])
    detail: str = Field(description="What is wrong with it")


class ProblemBody(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: str = Field(default="about:blank", description="What kind of problem, as a URI reference")
    title: str = Field(description="The kind of problem, in a few words")
    status: int = Field(description="The status of the answer", ge=400, le=599)
    detail: str | None = Field(default=None, description="What went wrong this time")
    errors: list[InvalidField] | None = Field(
        default=None, description="What is wrong with the request, field by field"
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the problems of an operation: `responses=problems(404, 409)`."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_SCHEMA}, "example": _example(status)}},
        }
        for status in statuses
    }


def _example(status: int) -> dict[str, Any]:
    if status != HTTPStatus.UNPROCESSABLE_ENTITY:
        return Problem(status).document()
    found = [{"location": "body/email", "detail": "Field required"}]
    return Problem(status, INVALID, extra={"errors": found}).document()


def install_error_handlers(app: FastAPI) -> None:
    """Turn every error that a route or the router raises into a problem document."""

    @app.exception_handler(Problem)
    async def _problem(_request: Request, problem: Problem) -> Response:
        return problem.response()

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            # Each method is a route of its own, and the router names only the first it met.
            headers = {**headers, "Allow": ", ".join(allowed_methods(request.app, request.url.path))}
        detail = None if error.detail == HTTPStatus(error.status_code).phrase else str(error.detail)
        return Problem(error.status_code, detail, headers=headers).response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        # What was sent is not repeated: it may be a password.
        found = [{"location": "/".join(map(str, one["loc"])), "detail": one["msg"]} for one in error.errors()]
        return Problem(422, INVALID, extra={"errors": found}).response()
