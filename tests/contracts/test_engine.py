"""The one module that knows Schemathesis: its engine does and says what we build on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import pytest

from contracts import engine
from contracts.depths import Depth
from contracts.findings import RULES
from gonogo.exchange import Exchange, Headers, Request
from gonogo.trouble import NotEvaluable
from tests.contracts.small import PlainWire, Shop, document, route

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.wire import Wire
    from tests.contracts.small import Served

pytestmark = pytest.mark.filterwarnings("default")
SMALL = Depth(examples=5, sequences=3, steps=4, methods=("patch",), requests=500, seconds=60, members=1)
ROUTES = {
    one.label: one
    for one in (route("POST", "/items"), route("GET", "/items/{item_id}"), route("DELETE", "/items/{item_id}"))
}


def run(
    url: str,
    seed: int = 7,
    depth: Depth = SMALL,
    **words: Any,  # noqa: ANN401  a telling's own fields
) -> tuple[list[engine.Said], engine.Went, PlainWire]:
    """Everything that was said, how it went, and what was sent."""
    wire, went = PlainWire(), engine.Went()
    settings = {"base-url": url, "seed": seed}
    telling = engine.Telling(
        **{
            "document": document(),
            "routes": ROUTES,
            "wire": cast("Wire", wire),
            "depth": depth,
            "settings": settings,
            **words,
        }
    )
    return list(engine.run(telling, went)), went, wire


def test_all_phases_end_and_every_rule_is_looked_at(serve: Callable[[Shop], Served]) -> None:
    """On a service that keeps to its document each phase ends, each check says something, and none complains."""
    said, went, wire = run(serve(Shop()).url)

    assert {name for name in engine.PHASES if name in went.ended} == set(engine.PHASES)
    assert went.stopped == "completed"
    assert not went.errors
    assert [one.fault for one in said if one.fault] == []
    assert set(RULES) <= {one.check for one in said}
    assert {call.phase for call in wire.sent} >= {"coverage", "fuzzing"}
    assert all(call.own for call in wire.sent)


def test_a_fault_is_told_with_its_operation_and_case(serve: Callable[[Shop], Served]) -> None:
    """A 500 at a bound is told of the operation that gave it, with the case that shows it."""
    said, _, wire = run(serve(Shop(fails_at_zero=True)).url)

    faults = [one for one in said if one.fault and one.check == "not_a_server_error"]
    assert {one.operation for one in faults} == {"POST /items"}
    assert {one.case for one in faults} <= {call.case for call in wire.sent}


def test_the_same_seed_sends_the_same(serve: Callable[[Shop], Served]) -> None:
    """Two runs from one seed send the same requests in the same order; another seed sends others."""
    heard = []
    for seed in (3, 3, 4):
        shop = Shop()
        run(serve(shop).url, seed)
        heard.append([(method, path, re.sub(rb"\s+", b"", body)) for method, path, body in shop.heard])

    assert heard[0] == heard[1]
    assert heard[0] != heard[2]


def test_a_spent_depth_ends_the_run(serve: Callable[[Shop], Served]) -> None:
    """When the requests of a depth are spent the engine stops, and says that it did not end by itself."""
    _, went, wire = run(
        serve(Shop()).url, depth=Depth(examples=50, sequences=3, steps=4, methods=(), requests=1, seconds=60, members=1)
    )

    assert went.stopped != "completed"
    assert len(wire.sent) < 60


@pytest.mark.parametrize("text", [{}, {"openapi": "3.1.0", "paths": 5}, {"swagger": "1.0"}])
def test_what_is_no_document_cannot_be_judged(text: dict[str, Any]) -> None:
    """A document that cannot be read is a sentence, not a crash."""
    with pytest.raises(NotEvaluable, match="cannot be read"):
        run("http://127.0.0.1:1", document=text)


def test_what_was_had_otherwise_is_held_against_the_document(serve: Callable[[Shop], Served]) -> None:
    """An answer to a member who walked is checked too: its body must be what the schema says."""
    request = Request(operation="read", method="GET", url="http://127.0.0.1/items/1")
    bad = Exchange(
        id="1",
        person="walker",
        request=request,
        status=200,
        headers=Headers((("Content-Type", "application/json"),)),
        body=b'{"id": "0000000000000001", "size": "big"}',
    )
    said, _, _ = run(serve(Shop()).url, walked=[(ROUTES["GET /items/{item_id}"], bad)])

    walked = [one for one in said if one.phase == "walk"]
    assert [(one.check, one.operation) for one in walked] == [("response_schema_conformance", "GET /items/{item_id}")]


def test_schemas_of_whole_streams_are_left_out() -> None:
    """A schema of a whole event stream is none of its events; one of each event stays."""
    media = {"text/event-stream": {"schema": {"type": "string"}}}
    events = {"text/event-stream": {"schema": {"type": "string"}, "itemSchema": {"type": "object"}}}
    paths = {
        "/a": {"get": {"responses": {"200": {"content": media}}}},
        "/b": {"get": {"responses": {"200": {"content": events}}}},
    }
    found = engine.without_stream_schemas({"paths": paths})["paths"]

    assert found["/a"]["get"]["responses"]["200"]["content"] == {"text/event-stream": {}}
    assert found["/b"]["get"]["responses"]["200"]["content"] == events
    assert "schema" in media["text/event-stream"]
