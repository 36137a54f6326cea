"""What the service says about itself: the OpenAPI document and the settings."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from target_app.app import build_app
from target_app.routing import operations
from target_app.settings import Environment, Settings

PUBLIC = {
    *("signup", "verify_email", "signin", "refresh", "list_plans", "payment_webhook"),
    *("forgot_password", "reset_password"),
}
OPERATIONS = {
    *("signup", "verify_email", "signin", "refresh", "signout", "session", "csrf_token", "delete_account"),
    *("change_password", "forgot_password", "reset_password", "list_sessions", "end_session"),
    *("create_conversation", "list_conversations", "history", "send_message", "stop_message"),
    *("list_plans", "plan", "create_order", "get_order", "payment_webhook", "upload", "preview", "export"),
    *("health_live", "health_ready", "health"),
    *("metrics", "metrics_providers", "metrics_usage", "metrics_system", "trigger_error"),
}

Operations = dict[str, tuple[str, str, dict[str, Any]]]


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    """The document, as it is served."""
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


@pytest.fixture
def described(document: dict[str, Any]) -> Operations:
    """Path, method and description of each operation, by its name."""
    return {
        operation["operationId"]: (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def test_every_operation_is_described(app: FastAPI, described: Operations) -> None:
    """Each route but those of pages is in the document, under a name of its own, with a summary and a tag."""
    routes = [one for one in operations(app) if one.path != "/openapi.json" and not one.is_page]

    assert described.keys() >= OPERATIONS
    assert len(described) == len(routes)
    for _, _, operation in described.values():
        assert operation["summary"]
        assert operation["tags"]


def test_errors_are_documented_as_problems(described: Operations) -> None:
    """Every documented error is a problem document, and 500 is documented everywhere."""
    for name, (_, _, operation) in described.items():
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "4"}
        assert "500" in errors
        for status, answer in errors.items():
            kinds = set(answer["content"])
            assert kinds == {"application/problem+json"} or (name, status) == ("health_ready", "503"), (name, status)


def test_what_is_protected_says_so(described: Operations) -> None:
    """Operations of members name the session cookie and 401; those of the operator the bearer token."""
    for name, (path, _, operation) in described.items():
        schemes = {scheme for one in operation.get("security", ()) for scheme in one}
        expected = {"operator"} if path.startswith(("/metrics", "/ops")) else {"session"}
        expected = {"refresh"} if name == "refresh" else expected
        expected = {"signature"} if name == "payment_webhook" else expected
        free = name in PUBLIC - {"refresh", "payment_webhook"} or path.startswith("/health")
        assert schemes == (set() if free else expected), name
        assert free or "401" in operation["responses"], name


def test_limits_and_csrf_are_documented(described: Operations) -> None:
    """Limited operations document 429, unsafe ones of members 403 and the token."""
    for name, (path, method, operation) in described.items():
        limited = not path.startswith(("/health", "/metrics", "/webhooks"))
        assert ("429" in operation["responses"]) is limited, name
        named = {parameter["name"] for parameter in operation.get("parameters", ())}
        guarded = method != "get" and "session" in str(operation.get("security"))
        assert ("X-CSRF-Token" in named) is guarded, name
        assert not guarded or "403" in operation["responses"], name


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No reference of the document dangles."""

    def references(node: object) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    parts = {f"#/components/{kind}/{name}" for kind, found in document["components"].items() for name in found}
    assert {"#/components/schemas/Problem", "#/components/headers/Retry-After"} <= references(document["paths"])
    assert references(document) <= parts


async def test_production_keeps_the_document_to_itself(settings: Settings) -> None:
    """In production there is no document to read, and everything else is there."""
    built = build_app(settings.model_copy(update={"environment": Environment.PRODUCTION}))
    transport = httpx.ASGITransport(built)
    async with built.router.lifespan_context(built), httpx.AsyncClient(transport=transport) as client:
        assert (await client.get("https://testserver/openapi.json")).status_code == 404
        assert (await client.get("https://testserver/health")).status_code == 200


def test_every_setting_is_described() -> None:
    """Each environment variable has a sentence, from which its documentation is made."""
    for name, field in Settings.model_fields.items():
        assert (field.description or "").endswith("."), name


def test_secrets_are_not_shown() -> None:
    """Printing the settings shows no secret."""
    settings = Settings.model_validate({"environment": "test", "operator_token": "operator-token"})

    assert "operator-token" not in f"{settings!r} {settings}"


def test_an_origin_has_no_path() -> None:
    """The public origin is compared as browsers write it: lower case, without a final slash."""
    settings = Settings.model_validate({"environment": "test", "public_origin": "HTTPS://Chat.Example.org/"})

    assert settings.public_origin == "https://chat.example.org"
