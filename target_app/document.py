"""The OpenAPI document: what FastAPI derives, and what all operations have in common."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from target_app.errors import ProblemBody, problems
from target_app.protection.csrf import EXEMPT_PATHS, TOKEN_HEADER
from target_app.protection.limits import is_limited

UNSAFE = {"post", "put", "patch", "delete"}
ALLOWANCE = {
    "RateLimit": {"description": "What is left", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "What is allowed", "schema": {"type": "string"}},
    "Retry-After": {"description": "When one more request is let through, in seconds", "schema": {"type": "integer"}},
}


def describe(app: FastAPI) -> None:
    """Have the app answer with our document, written once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _write(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI documents this way of doing it


def _write(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _complete(path, method, operation)
    return document


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add the problems that come from outside of the operation's own code."""
    responses = operation["responses"]
    # FastAPI documents its own form of 422; ours is a problem like all others.
    statuses = [422] if responses.pop("422", None) else []
    guarded = method in UNSAFE and path not in EXEMPT_PATHS
    if "security" in operation:
        statuses.append(401)
    if guarded:
        statuses.append(403)
        if _takes_cookie(operation):
            operation.setdefault("parameters", []).append(_csrf_parameter())
    if "requestBody" in operation:
        statuses.append(413)
    if is_limited(path):
        statuses.append(429)
    for status, response in problems(*statuses, 500).items():
        responses.setdefault(str(status), response)
    if is_limited(path):
        responses["429"] = {**responses["429"], "headers": ALLOWANCE}


def _takes_cookie(operation: dict[str, Any]) -> bool:
    return any("session" in scheme for scheme in operation.get("security", ()))


def _csrf_parameter() -> dict[str, Any]:
    return {
        "name": TOKEN_HEADER,
        "in": "header",
        "required": True,
        "description": "The token of /auth/csrf",
        "schema": {"type": "string"},
    }
