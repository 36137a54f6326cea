"""The OpenAPI document is complete: what each operation says, and every answer that it can give."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from target_app.protection.limits import is_limited
from tests.target_app import contract

DOCUMENT = contract.document()
UNSAFE = {"post", "put", "patch", "delete"}
Operation = dict[str, Any]


def operations() -> Iterator[tuple[str, str, Operation]]:
    """Path, method and description of every operation, webhooks included."""
    for path, item in (*DOCUMENT["paths"].items(), *DOCUMENT["webhooks"].items()):
        for method, operation in item.items():
            yield path, method, operation


def medias() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body of the document, of requests and of answers, and where it is."""
    for path, method, operation in operations():
        bodies = [("request", operation.get("requestBody", {})), *operation["responses"].items()]
        for where, body in bodies:
            for kind, media in body.get("content", {}).items():
                yield f"{method} {path} {where} {kind}", media


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference."""
    found: Any = DOCUMENT
    for part in node["$ref"].removeprefix("#/").split("/") if "$ref" in node else ():
        found = found[part]
    return found if "$ref" in node else node


def test_every_operation_introduces_itself() -> None:
    """Each has an id of its own, a summary, a description, a tag, and says what opens it, if it is only nothing."""
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert DOCUMENT["openapi"].startswith("3.1")
    assert len(ids) == len(set(ids)) > 40
    schemes = DOCUMENT["components"]["securitySchemes"]
    for path, _, operation in operations():
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        assert {name for one in operation["security"] for name in one} <= schemes.keys(), path


def test_every_answer_from_outside_is_documented() -> None:
    """What the middlewares and the readers of requests can answer is documented, for each operation."""
    for path, method, operation in operations():
        statuses = set(operation["responses"])
        expected = {"500"}
        if operation["security"]:
            expected.add("401")
        if is_limited(path) and path in DOCUMENT["paths"]:
            expected |= {"429", "503"}
        if "requestBody" in operation:
            expected |= {"400", "413"}
        if method in UNSAFE and path in DOCUMENT["paths"] and path != "/webhooks/payments":
            expected |= {"403", "413"}
        if "{" in path:
            expected.add("404")
        assert expected <= statuses, (path, method, expected - statuses)
        assert [one for one in statuses if one.startswith("2")] or path == "/ops/error", path


def test_every_answer_has_a_sentence_and_headers() -> None:
    """Each answer says what it is for and names its request; refusals say what to do, limits what is left."""
    for path, method, operation in operations():
        for status, answer in operation["responses"].items():
            names = answer["headers"].keys()
            assert answer["description"], (path, status)
            assert "X-Request-ID" in names, (path, status)
            assert (status == "429") <= ({"Retry-After", "RateLimit", "RateLimit-Policy"} <= names), (path, status)
            assert (status == "401") <= ("WWW-Authenticate" in names), (path, status)
            assert (status == "201") <= ("Location" in names or path == "/uploads"), (path, method)
            for name in names:
                header = resolved(answer["headers"][name])
                assert header["description"], (path, name)
                Draft202012Validator(header["schema"]).validate(header["example"])


def test_every_body_has_a_schema_and_an_example_that_fits() -> None:
    """Each body has both; what is no text shows no example."""
    seen = 0
    for where, media in medias():
        if media["schema"].get("format") == "binary":
            continue
        seen += 1
        checked = Draft202012Validator({**media["schema"], "components": DOCUMENT["components"]})
        assert "example" in media, where
        assert not [error.message for error in checked.iter_errors(media["example"])], where
    assert seen > 250


def test_every_answer_with_a_body_has_a_model() -> None:
    """Whatever is JSON refers to a named schema."""
    for where, media in medias():
        assert "json" not in where or "$ref" in media["schema"] or "/webhooks/" in where, where


def test_every_schema_is_one() -> None:
    """All schemas are valid by the dialect of OpenAPI 3.1, and each says what it is."""
    for name, schema in DOCUMENT["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert schema.get("description"), name


def test_payment_events_are_webhooks() -> None:
    """Each event that means something to us is described with its signature and body."""
    assert DOCUMENT["webhooks"].keys() == {"checkout_paid", "checkout_ended", "charge_refunded"}
    for item in DOCUMENT["webhooks"].values():
        assert item["post"]["security"] == [{"signature": []}]
        assert "$ref" in item["post"]["requestBody"]["content"]["application/json"]["schema"]


def test_the_events_of_a_stream_are_described() -> None:
    """Wherever an answer is streamed, each event has a schema, and the example keeps to them."""
    streams = [media for where, media in medias() if "text/event-stream" in where]
    assert streams
    for media in streams:
        assert media["x-events"].keys() == {"start", "token", "usage", "end", "error"}
        assert not contract.complaints_about(media["example"])
        assert all(resolved(schema)["description"] for schema in media["x-events"].values())
    assert contract.complaints_about('event: token\ndata: {"index":-1}\n')


@pytest.mark.parametrize(
    ("path", "status", "headers", "body"),
    [
        ("/health/live", 418, {}, {"status": "pass"}),
        ("/health/live", 200, {}, {"status": "pass"}),
        ("/health/live", 200, {"X-Request-ID": "x"}, {"status": "great"}),
        ("/health/live", 200, {"X-Request-ID": "x", "Content-Type": "text/html"}, {"status": "pass"}),
        ("/nowhere", 200, {}, {}),
    ],
)
async def test_the_contract_notices(path: str, status: int, headers: dict[str, str], body: dict[str, str]) -> None:
    """An answer with another status, header, media type or body than documented does not pass."""
    request = httpx.Request("GET", f"https://testserver{path}")
    kind = {"Content-Type": "application/health+json"}
    answer = httpx.Response(status, headers={**kind, **headers}, json=body, request=request)

    with pytest.raises(AssertionError):
        await contract.check(answer)


async def test_the_contract_lets_the_right_answer_pass() -> None:
    """The same answer as documented passes."""
    headers = {"Content-Type": "application/health+json", "X-Request-ID": "x"}
    request = httpx.Request("GET", "https://testserver/health/live")
    await contract.check(httpx.Response(200, headers=headers, json={"status": "pass"}, request=request))
