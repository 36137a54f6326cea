"""The OpenAPI document: what FastAPI derives, and what all operations have in common."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from target_app.billing.catalogue import models
from target_app.billing.webhooks import WEBHOOKS
from target_app.document_events import EVENTS, EXTENSION, ORDER, ORDERED, STREAM, event_schemas
from target_app.document_parts import (
    HEADERS,
    PATH_OF_WEBHOOKS,
    REFERENCE,
    SIGNATURE,
    header_names,
    schema_of,
    webhook,
)
from target_app.errors import ProblemBody, problems
from target_app.examples import example_of
from target_app.protection.csrf import EXEMPT_PATHS, TOKEN_HEADER
from target_app.protection.limits import is_limited

UNSAFE = {"post", "put", "patch", "delete"}

Document = dict[str, Any]


def describe(app: FastAPI) -> None:
    """Have the app answer with our document, written once."""

    def document() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _write(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI documents this way of doing it


def _write(app: FastAPI) -> Document:
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for name in [one for one in schemas if one.startswith("Body_")]:
        schemas[name]["description"] = "The parts of a form."
    schemas["Problem"] = schema_of(ProblemBody, schemas)
    schemas.update({model.__name__: schema_of(model, schemas) for model in EVENTS.values()})
    _name_models(app, schemas)
    components["headers"] = HEADERS
    components.setdefault("securitySchemes", {})["signature"] = SIGNATURE
    for path, item in document["paths"].items():
        for method, each in item.items():
            _complete(path, method, each)
    operation = document["paths"][PATH_OF_WEBHOOKS]["post"]
    operation["security"] = [{"signature": []}]
    document["webhooks"] = {name: {"post": webhook(name, operation, schemas)} for name in WEBHOOKS}
    for item in (*document["paths"].values(), *document["webhooks"].values()):
        for each in item.values():
            _give_examples(each, schemas)
    return document


def _name_models(app: FastAPI, schemas: Document) -> None:
    """Say which models can be named, where one is: only the settings know."""
    names = list(models(app.state.settings))
    schemas["PreferencesChange"]["properties"]["default_model"]["enum"] = names
    schemas["NewMessage"]["properties"]["model"]["anyOf"][0]["enum"] = names


def _complete(path: str, method: str, operation: Document) -> None:
    """Add what comes from outside of the operation's own code: problems, headers, and that it is open to all."""
    responses = operation["responses"]
    # FastAPI documents its own form of 422; ours is a problem like all others.
    found = [422] if responses.pop("422", None) else []
    for status, response in problems(*found, *_from_outside(path, method, operation)).items():
        responses.setdefault(str(status), response)
    operation["responses"] = dict(sorted(responses.items()))
    if method in UNSAFE and path not in EXEMPT_PATHS and _takes_cookie(operation):
        operation.setdefault("parameters", []).append(_csrf_parameter())
    operation.setdefault("security", [])
    for status, response in operation["responses"].items():
        names = header_names(path, status, limited=is_limited(path))
        references = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        response["headers"] = {**references, **response.get("headers", {})}
        if STREAM in response.get("content", {}):
            response["content"][STREAM][EXTENSION] = event_schemas(REFERENCE)
            response["content"][STREAM][ORDER] = ORDERED


def _from_outside(path: str, method: str, operation: Document) -> list[int]:
    """List the statuses that the middlewares, and what reads requests, can answer with."""
    statuses = [500]
    if operation.get("security"):
        statuses.append(401)
    if method in UNSAFE and path not in EXEMPT_PATHS:
        statuses.append(403)
    if "requestBody" in operation:
        statuses += [400, 413]
    elif method in UNSAFE:
        statuses.append(413)
    if is_limited(path):
        # Without the store that counts, some requests are not decided.
        statuses += [429, 503]
    if "{" in path:
        statuses.append(404)
    return statuses


def _give_examples(operation: Document, schemas: Document) -> None:
    """Show a value of every body whose schema says what it looks like."""
    for body in (operation.get("requestBody", {}), *operation["responses"].values()):
        for media in body.get("content", {}).values():
            if "example" not in media and "examples" not in media and "$ref" in media.get("schema", {}):
                media["example"] = example_of(media["schema"], schemas)


def _takes_cookie(operation: Document) -> bool:
    return any("session" in scheme for scheme in operation.get("security", ()))


def _csrf_parameter() -> Document:
    return {
        "name": TOKEN_HEADER,
        "in": "header",
        "required": True,
        "description": "The token of /auth/csrf",
        "schema": {"type": "string"},
    }
