"""A target's document tells what there is beside the profile, and how a request of it looks."""

import json
from typing import Any

import pytest

from gonogo.openapi import Documented, body_of, documented, request_of, undescribed
from gonogo.profile import Profile
from gonogo.specimen import Specimens
from gonogo.trouble import NotEvaluable

DOCUMENT = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://elsewhere.example/v1"}],
    "paths": {
        "/me": {"get": {"operationId": "me", "security": []}},
        "/things/{thing_id}": {
            "parameters": [{"$ref": "#/components/parameters/thing"}],
            "get": {"operationId": "thing"},
            "patch": {
                "operationId": "change_thing",
                "parameters": [
                    {"in": "query", "name": "page", "required": True, "schema": {"type": "integer", "minimum": 3}},
                    {"in": "query", "name": "not_needed", "schema": {"type": "string"}},
                    {"in": "header", "name": "X-Token", "required": True, "schema": {"type": "string"}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}}},
            },
        },
        "/open": {"get": {"operationId": "open_page"}},
        "/broken": "nonsense",
    },
    "components": {
        "parameters": {"thing": {"in": "path", "name": "thing_id", "required": True, "schema": {"type": "integer"}}},
        "schemas": {
            "Change": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string", "minLength": 3}},
            }
        },
    },
}


def profile(*public: str) -> Profile:
    """A profile of one operation, under the name of its own for the thing's id."""
    return Profile.model_validate(
        {
            "name": "small",
            "origins": {"api": "https://chat.example.com"},
            "access": {"headers": {"X-Gateway": "let-me-in"}},
            "identity": {"session": "cookie", "sign_up": "harness"},
            "operations": {"thing": {"method": "GET", "path": "/v1/things/{id}", "expect": [200]}},
            "public": public,
        }
    )


@pytest.mark.parametrize("public", ["/v1/open", "GET /v1/open", "id:open_page"])
def test_what_the_profile_leaves_out_is_found(public: str) -> None:
    """An operation is known by method and path whatever its ids are called; `public` names others in three ways."""
    found = undescribed(profile(public), DOCUMENT)
    assert [one.name for one in found] == ["GET /v1/me", "PATCH /v1/things/{thing_id}"]
    assert len(undescribed(profile("id:thing"), DOCUMENT)) == 3


def test_a_request_stays_at_home() -> None:
    """The document's host is not believed; an id leads nowhere unless it is known, and a required query is given."""
    (one,) = [one for one in documented(DOCUMENT) if one.id == "change_thing"]
    made = request_of(profile(), one, {})
    assert made.url == "https://chat.example.com/v1/things/987654321?page=3"
    assert made.headers.fields == (("X-Gateway", "let-me-in"), ("Content-Type", "application/json"))
    assert json.loads(made.body) == {"name": "gonogo-nothing"}
    assert request_of(profile(), one, {"thing_id": "a/b"}).url == "https://chat.example.com/v1/things/a%2Fb?page=3"


def test_bodies_that_are_no_json() -> None:
    """A form is sent as a form, and a file in parts; what can be neither is left empty."""
    form = Documented(method="POST", path="/x", bodies={"application/x-www-form-urlencoded": {"a": "b c"}})
    assert body_of(form) == ("application/x-www-form-urlencoded", b"a=b+c")
    kind, parts = body_of(Documented(method="POST", path="/x", bodies={"multipart/form-data": {"file": "f"}}))
    assert kind == "multipart/form-data; boundary=gonogo-nothing"
    assert parts.count(b"--gonogo-nothing") == 2
    assert b'name="file"; filename="nothing.txt"\r\n\r\nf\r\n' in parts
    assert body_of(Documented(method="POST", path="/x", bodies={"application/pdf": "x"})) == ("", b"")


@pytest.mark.parametrize("document", [None, [], {}, {"paths": []}])
def test_no_document(document: Any) -> None:  # noqa: ANN401  whatever a target serves
    """What is no document proves nothing."""
    with pytest.raises(NotEvaluable, match="has no paths"):
        list(documented(document))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000000"),
        ({"type": "string", "minLength": 20}, "gonogo-nothingxxxxxx"),
        ({"type": "string", "maxLength": 6}, "gonogo"),
        ({"type": "boolean"}, False),
        ({"type": "number", "minimum": 2.5}, 2.5),
        ({"type": ["null", "integer"]}, 1),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": 7}, 7),
        ({"default": "d", "type": "string"}, "d"),
        ({"examples": ["e"], "type": "string"}, "e"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, False),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [False, False]),
        (
            {"allOf": [{"type": "object", "required": ["a"], "properties": {"a": {"const": 1}}}, {"properties": {}}]},
            {"a": 1},
        ),
        ({"$ref": "#/nowhere"}, "gonogo-nothing"),
        ({"$ref": "#/loop"}, {"again": {"again": {"again": {"again": {"again": {"again": {"again": None}}}}}}}),
    ],
)
def test_a_value_of_a_schema(schema: dict[str, Any], value: object) -> None:
    """The document's own example comes first, then the simplest that fits; a schema without end is cut."""
    loop = {"type": "object", "required": ["again"], "properties": {"again": {"$ref": "#/loop"}}}
    assert Specimens({"loop": loop}).of_schema(schema) == value


def test_a_given_example_is_taken() -> None:
    """What the document shows of a body is sent; what it shows of a path may be somebody's, and is not."""
    specimens = Specimens({"components": {"examples": {"one": {"value": {"x": 1}}}}})
    assert specimens.of_media({"example": {"y": 2}}) == {"y": 2}
    assert specimens.of_media({"examples": {"first": {"$ref": "#/components/examples/one"}}}) == {"x": 1}
    assert specimens.of_parameter({"in": "path", "example": "alice", "schema": {"type": "string"}}) == "gonogo-nothing"
    assert specimens.of_parameter({"in": "query", "example": "q", "schema": {"type": "string"}}) == "q"
