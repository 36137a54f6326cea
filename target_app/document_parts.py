"""Parts of the OpenAPI document that no route says: headers, the signature of events, and the events themselves."""

from copy import deepcopy
from typing import Any

from pydantic import BaseModel

from target_app.billing.webhooks import WEBHOOKS

PATH_OF_WEBHOOKS = "/webhooks/payments"
REFERENCE = "#/components/schemas/{model}"
SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": "Stripe-Signature",
    "description": "`t=<unix>,v1=<hex>`: an HMAC-SHA256 of the moment, a dot and the body, as Stripe makes it",
}


def _header(kind: str, description: str, example: object) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": kind}, "example": example}


HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": _header("string", "The name of the request", "0f8fad5bd9cb469fa16570867728950e"),
    "RateLimit": _header("string", "What is left, and for how long", '"api";r=99;t=60'),
    "RateLimit-Policy": _header("string", "What is allowed", '"api";q=100;w=60'),
    "X-RateLimit-Limit": _header("integer", "How many requests are allowed in a window", 100),
    "X-RateLimit-Remaining": _header("integer", "How many are left", 99),
    "X-RateLimit-Reset": _header("integer", "When one more is let through, in seconds", 60),
    "Retry-After": _header("integer", "When to try again, in seconds", 60),
    "Location": _header("string", "Where it is", "/projects/0f8fad5bd9cb469fa16570867728950e"),
    "Set-Cookie": _header("string", "The tokens of the session, or their end", "__Host-session=...; Path=/; Secure"),
    "WWW-Authenticate": _header("string", "How to say who asks", 'Bearer realm="operations"'),
}
LIMIT_HEADERS = tuple(name for name in HEADERS if "RateLimit" in name)


OF_ONE_ANSWER = {
    **{(path, "201"): "Location" for path in ("/conversations", "/projects", "/billing/orders")},
    **{(path, "200"): "Set-Cookie" for path in ("/auth/signin", "/auth/refresh")},
    **{(path, "204"): "Set-Cookie" for path in ("/auth/signout", "/auth/account")},
}


def header_names(path: str, status: str, *, limited: bool) -> list[str]:
    """Name the headers that every answer of this path with this status has."""
    # Without the store there is no count to tell of; an unexpected error is caught outside of the limits.
    counted = LIMIT_HEADERS if limited and status not in {"500", "503"} else ()
    wait = ["Retry-After"] if status == "429" else []
    own = [OF_ONE_ANSWER[path, status]] if (path, status) in OF_ONE_ANSWER else []
    return ["X-Request-ID", *counted, *wait, *own, *(["WWW-Authenticate"] if status == "401" else [])]


def schema_of(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a model, and put those that it refers to where it looks for them."""
    schema = model.model_json_schema(ref_template=REFERENCE)
    schemas.update(schema.pop("$defs", {}))
    return schema


def webhook(name: str, operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Describe an event as an operation like the one that takes all of them, but with its own body."""
    model = WEBHOOKS[name]
    schemas[model.__name__] = schema_of(model, schemas)
    reference = {"$ref": REFERENCE.format(model=model.__name__)}
    return {
        **{key: deepcopy(operation[key]) for key in ("tags", "parameters", "responses", "security")},
        "operationId": f"on_{name}",
        "summary": (model.__doc__ or "").partition(":")[0],
        "description": model.__doc__,
        "requestBody": {"required": True, "content": {"application/json": {"schema": reference}}},
    }
