"""Two documents differ, and each difference is called what it is to whoever uses the older one."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.drift import drift
from contracts.release import gone_since, held_to_release, held_to_routes, read_released, says_so
from gonogo.exchange import Exchange, Request
from gonogo.trouble import NotEvaluable
from target_app.app import build_app
from target_app.fault import REGISTRY
from target_app.faults.contract_drift import ChangedDocument
from target_app.settings import Environment, Settings
from tests.contracts.small import document, route

if TYPE_CHECKING:
    from collections.abc import Callable

RELEASED = Path(__file__).parents[2] / "target_app" / "released" / "openapi.json"
OLD: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1.2.0"},
    "paths": {
        "/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "post": {
                "operationId": "make",
                "summary": "Make",
                "security": [],
                "parameters": [{"name": "q", "in": "query", "schema": {"type": "integer", "maximum": 9, "default": 3}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}}},
                "responses": {
                    "200": {
                        "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
                        "content": {
                            "application/json": {"schema": {"items": {"$ref": "#/components/schemas/Out"}}},
                            "text/event-stream": {"x-events": {"end": {"$ref": "#/components/schemas/Out"}}},
                        },
                    },
                    "404": {"description": "-"},
                },
            },
        },
    },
    "components": {
        "schemas": {
            "In": {
                "type": "object",
                "required": ["x"],
                "additionalProperties": True,
                "properties": {"x": {"enum": ["a", "b"]}, "y": {"type": "string", "maxLength": 5}},
            },
            "Out": {
                "type": "object",
                "required": ["n"],
                "properties": {
                    "n": {"type": ["integer", "null"]},
                    "t": {"enum": ["u"]},
                    "self": {"$ref": "#/components/schemas/Out"},
                    "one": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/In"}]},
                },
            },
        }
    },
}


def at(found: Any, *steps: str) -> Any:  # noqa: ANN401  a document's parts
    """What stands somewhere in a document."""
    for step in steps:
        found = found[step]
    return found


def operation(new: Any) -> Any:  # noqa: ANN401  the same
    """The one operation."""
    return at(new, "paths", "/a/{id}", "post")


def schema(new: Any, name: str) -> Any:  # noqa: ANN401  the same
    """A schema that others refer to."""
    return at(new, "components", "schemas", name)


def out(new: Any, name: str) -> Any:  # noqa: ANN401  the same
    """A field that is answered."""
    return schema(new, "Out")["properties"][name]


CASES: list[tuple[str, str, Callable[[Any], Any]]] = [
    ("the operation is gone", "breaking", lambda new: new["paths"]["/a/{id}"].pop("post")),
    ("the operation is new", "compatible", lambda new: new["paths"].update({"/b": {"get": {}}})),
    ("operationId was make", "breaking", lambda new: operation(new).update(operationId="build")),
    ("summary is another one", "cosmetic", lambda new: operation(new).update(summary="Build")),
    ("it will be gone one day", "compatible", lambda new: operation(new).update(deprecated=True)),
    ("it needs other credentials", "breaking", lambda new: operation(new).update(security=[{"key": []}])),
    ("the parameter is gone", "breaking", lambda new: operation(new)["parameters"].clear()),
    (
        "the parameter is new, and required",
        "breaking",
        lambda new: operation(new)["parameters"].append({"name": "r", "in": "query", "required": True}),
    ),
    (
        "the parameter is new",
        "compatible",
        lambda new: operation(new)["parameters"].append({"name": "r", "in": "query"}),
    ),
    ("it is required now", "breaking", lambda new: operation(new)["parameters"][0].update(required=True)),
    ("it is written in another way", "breaking", lambda new: operation(new)["parameters"][0].update(explode=False)),
    ("maximum was 9", "breaking", lambda new: operation(new)["parameters"][0]["schema"].update(maximum=5)),
    ("maximum was 9", "compatible", lambda new: operation(new)["parameters"][0]["schema"].update(maximum=10)),
    ("who leaves it out gets 4", "breaking", lambda new: operation(new)["parameters"][0]["schema"].update(default=4)),
    ("it is required now", "breaking", lambda new: operation(new)["requestBody"].update(required=True)),
    (
        "application/json is not taken any more",
        "breaking",
        lambda new: operation(new)["requestBody"]["content"].pop("application/json"),
    ),
    (
        "application/xml is taken too",
        "compatible",
        lambda new: operation(new)["requestBody"]["content"].update({"application/xml": {}}),
    ),
    ("the answer is gone", "breaking", lambda new: operation(new)["responses"].pop("200")),
    ("the answer is gone", "compatible", lambda new: operation(new)["responses"].pop("404")),
    ("the answer is new", "compatible", lambda new: operation(new)["responses"].update({"409": {}})),
    (
        "it is not application/json any more",
        "breaking",
        lambda new: operation(new)["responses"]["200"]["content"].pop("application/json"),
    ),
    ("the header field is gone", "breaking", lambda new: operation(new)["responses"]["200"]["headers"].clear()),
    (
        "the header field is not always there",
        "breaking",
        lambda new: operation(new)["responses"]["200"]["headers"]["Location"].update(required=False),
    ),
    (
        "the event is gone",
        "breaking",
        lambda new: operation(new)["responses"]["200"]["content"]["text/event-stream"]["x-events"].clear(),
    ),
    ("'b' is not among its values", "breaking", lambda new: schema(new, "In")["properties"]["x"]["enum"].remove("b")),
    ("'c' is among its values now", "compatible", lambda new: schema(new, "In")["properties"]["x"]["enum"].append("c")),
    ("the field is required now", "breaking", lambda new: schema(new, "In")["required"].append("y")),
    ("the field is not required", "compatible", lambda new: schema(new, "In")["required"].remove("x")),
    ("maxLength was 5, and is 4", "breaking", lambda new: schema(new, "In")["properties"]["y"].update(maxLength=4)),
    ("pattern was nothing", "breaking", lambda new: schema(new, "In")["properties"]["y"].update(pattern="^a")),
    ("the field is gone; who knows it sends", "breaking", lambda new: schema(new, "In")["properties"].pop("y")),
    ("the field is new", "compatible", lambda new: schema(new, "In")["properties"].update(z={})),
    ("other fields are refused now", "breaking", lambda new: schema(new, "In").update(additionalProperties=False)),
    ("not known what that means", "breaking", lambda new: schema(new, "In").update({"not": {}})),
    ("x-more is another one", "cosmetic", lambda new: schema(new, "In").update({"x-more": 1})),
    ("description is another one", "cosmetic", lambda new: schema(new, "Out").update(description="Words.")),
    ("the field is gone; who knows it misses", "breaking", lambda new: schema(new, "Out")["properties"].pop("t")),
    ("the field is not required", "breaking", lambda new: schema(new, "Out")["required"].remove("n")),
    ("it may be string now", "breaking", lambda new: out(new, "n").update(type=["integer", "null", "string"])),
    ("it is no null any more", "compatible", lambda new: out(new, "n").update(type="integer")),
    ("'v' is among its values now", "breaking", lambda new: out(new, "t")["enum"].append("v")),
    ("there is another alternative", "breaking", lambda new: out(new, "one")["anyOf"].append({"type": "boolean"})),
    ("an alternative is gone", "compatible", lambda new: out(new, "one")["anyOf"].pop(0)),
    ("it need not be object any more", "breaking", lambda new: schema(new, "Out").pop("type")),
]


@pytest.mark.parametrize(("says", "grade", "edit"), CASES, ids=[f"{one[1]}-{one[0]}" for one in CASES])
def test_each_difference_is_called_what_it_is(says: str, grade: str, edit: Callable[[Any], Any]) -> None:
    """A change of the document is told with its grade, and a reason."""
    new = deepcopy(OLD)
    edit(new)

    found = list(drift(OLD, new))

    assert [one for one in found if says in one.reason and one.grade == grade], list(map(str, found))
    assert all(one.path and one.reason for one in found)


def test_a_document_is_no_other_than_itself() -> None:
    """Neither the same document nor one that calls a place in a path otherwise differs."""
    assert not list(drift(OLD, deepcopy(OLD)))
    renamed = deepcopy(OLD)
    item = renamed["paths"].pop("/a/{id}")
    item["parameters"][0]["name"] = "key"
    renamed["paths"]["/a/{key}"] = item
    assert not list(drift(OLD, renamed))


def test_null_is_null_however_it_is_written() -> None:
    """A type that may be null is the same in the form of each version of OpenAPI."""
    ways: list[dict[str, Any]] = [
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "string", "nullable": True},
    ]
    for one in ways:
        for other in ways:
            old, new = deepcopy(OLD), deepcopy(OLD)
            schema(old, "Out")["properties"]["t"] = one
            schema(new, "Out")["properties"]["t"] = other
            assert not list(drift(old, new)), (one, other)


@pytest.mark.parametrize(
    ("before", "after", "excused"),
    [
        ("1.2.0", "2.0.0", True),
        ("1.2.0", "1.3.0", False),
        ("0.1.0", "0.2.0", True),
        ("0.1.0", "0.1.1", False),
        ("2.0.0", "1.9.9", False),
        ("1.2.0", "", False),
        ("v1.2.0", "v2.0.0-rc.1", True),
        ("2026-01", "2027-01", False),
    ],
)
def test_only_the_version_excuses_a_break(before: str, after: str, *, excused: bool) -> None:
    """A break is excused by another major version, or minor one below 1.0.0, and by nothing that is no SemVer."""
    old, new = deepcopy(OLD), deepcopy(OLD)
    old["info"]["version"], new["info"]["version"] = before, after
    new["paths"] = {"/b": {"get": {}}}

    assert says_so(before, after) is excused
    held = held_to_release(old, new)
    assert (held.looks, bool(held.breaches)) == (1, not excused)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"paths": {}}', None])
def test_a_released_document_that_is_none_is_no_release(tmp_path: Path, text: str | None) -> None:
    """A file that is missing, no JSON, or without paths is not evaluable; nothing was held against nothing."""
    place = tmp_path / "released.json"
    if text is not None:
        place.write_text(text, encoding="utf-8")
    with pytest.raises(NotEvaluable, match=r"released\.json"):
        read_released(place)


def test_the_reference_service_keeps_its_release() -> None:
    """What the service says of itself takes back nothing of what was released."""
    now = build_app(Settings(environment=Environment.TEST)).openapi()
    held = held_to_release(read_released(RELEASED), now)
    assert held.looks > 40
    assert not [str(one) for one in held.breaches]


def exchange(method: str, path: str, status: int | None, origin: str = "http://x") -> Exchange:
    """An answer."""
    request = Request(operation=path, method=method, url=f"{origin}{path}")
    return Exchange(id="1", person="ann", request=request, status=status)


def test_what_answers_and_is_not_told_of_is_found() -> None:
    """A route of the document is known by its form; what is unknown to the target, or of another host, is nobody's."""
    every = {one.label: one for one in (route(), route("GET", "/items"))}
    met = [
        exchange("GET", "/items/5", 200),
        exchange("HEAD", "/items", 200),
        exchange("GET", "/old", 404),
        exchange("GET", "/lost", None),
        exchange("GET", "/strange", 200, "http://y"),
        exchange("GET", "/hidden", 403),
        exchange("POST", "/items", 201),
    ]
    held = held_to_routes(every, "http://x", met)
    assert held.looks == 5
    assert [(one.operation, one.says) for one in held.breaches] == [
        ("GET /hidden", "it answers 403"),
        ("POST /items", "it answers 201"),
    ]


def test_what_was_released_and_is_gone_is_asked_for() -> None:
    """Only what could be read, and is not in the document under any name of its places, is asked for again."""
    released = document()
    released["paths"]["/gone"] = {"get": {}, "post": {}}
    released["paths"]["/made"] = {"post": {}}
    assert list(gone_since(released, {"x": route("GET", "/items/{other}")})) == ["/gone"]


def test_each_fault_of_the_document_takes_something_back() -> None:
    """Whatever the faults make of the document breaks the release, which the document itself does not."""
    released = read_released(RELEASED)
    faults = {
        name: one.unit
        for name, one in REGISTRY.items()
        if isinstance(one.unit, type) and ChangedDocument in one.unit.__mro__
    }
    assert len(faults) == 5
    for name, unit in faults.items():
        now = build_app(Settings(environment=Environment.TEST)).openapi()
        made: Any = unit(None)
        made.edit(now["paths"], now["components"]["schemas"])
        assert held_to_release(released, now).breaches, name
