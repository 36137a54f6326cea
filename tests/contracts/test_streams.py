"""Every malformed stream is called what it is, and a good one nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.streamed import RULES, held_streams, walked_streams
from contracts.streams import EVENTS, FORM, ORDER, Streams, told_in, told_in_file
from gonogo.contracted import Asked
from gonogo.exchange import Exchange, Headers, Request
from gonogo.trouble import NotEvaluable
from target_app.app import build_app
from target_app.fault import REGISTRY
from target_app.faults.contract_streams import ChangedStream
from target_app.settings import Environment, Settings
from tests.contracts.small import route

DATA = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]}
CLOSED = {**DATA, "additionalProperties": False}
MEDIA: dict[str, Any] = {
    "x-events": {
        "start": {"$ref": "#/components/schemas/Data"},
        "token": CLOSED,
        "usage": DATA,
        "end": {},
        "error": {},
    },
    "x-order": {"first": ["start"], "last": ["end", "error"], "once": ["usage"]},
}


def document(**media: Any) -> dict[str, Any]:  # noqa: ANN401  what stands beside a media type
    """A document with one stream."""
    answers = {"200": {"content": {"text/event-stream; charset=utf-8": {**MEDIA, **media}}}, "404": {}}
    return {
        "components": {"schemas": {"Data": DATA}},
        "servers": [{"url": "https://elsewhere.example.com/v1"}],
        "paths": {"/chats/{id}": {"summary": "-", "post": {"responses": answers}, "get": {"responses": {"200": {}}}}},
    }


CONTRACT = told_in(document()).contracts["POST", "/v1/chats/{}"]


def event(name: str, data: str = '{"n": 1}') -> bytes:
    """One event."""
    return f"event: {name}\ndata: {data}\n\n".encode()


START, TOKEN, USAGE, END, ERROR = map(event, ("start", "token", "usage", "end", "error"))
WELL = START + TOKEN + USAGE + END

GOOD = {
    "whole": WELL,
    "failed": START + TOKEN + ERROR,
    "failed-at-once": START + ERROR,
    "comments": b": hello\n\n" + WELL + b": bye\n\n",
    "carriage-returns": WELL.replace(b"\n", b"\r\n"),
    "data-in-lines": START + b'event: token\ndata: {"n":\ndata: 1}\n\n' + END,
    "no-space": WELL.replace(b": ", b":"),
    "retry": b"retry: 100\n\n" + WELL,
    "ids": WELL.replace(b"event: token", b"id: 7\nevent: token"),
    "more-than-asked": START + event("usage", '{"n": 0, "more": "words"}') + END,
    "other-scripts": START + event("usage", '{"n": 0, "more": "\N{SNOWMAN}"}') + END,
}

MALFORMED: dict[str, tuple[bytes, set[str]]] = {
    # the form
    "within-a-line": (WELL + b"event: to", {FORM}),
    "without-blank-line": (WELL[:-1], {FORM, ORDER}),
    "not-utf-8": (START + b'event: end\ndata: "\xff"\n\n', {FORM}),
    "half-a-letter": (START + b'event: end\ndata: "\xc3"\n\n', {FORM}),
    "surrogate": (START + b'event: end\ndata: "\xed\xa0\x80"\n\n', {FORM}),
    "latin-1": (START + 'event: end\ndata: "é"\n\n'.encode("latin-1"), {FORM}),
    "mark-first": (b"\xef\xbb\xbf" + WELL, {FORM}),
    "mark-in-the-middle": (START + b"\xef\xbb\xbf" + TOKEN + END, {FORM, EVENTS}),
    "mixed-line-ends": (START + TOKEN.replace(b"\n", b"\r\n") + END, {FORM}),
    "stray-line": (START + b"DEBUG flushed\n" + END, {FORM}),
    "traceback": (START + b"Traceback (most recent call last):\n" + END, {FORM}),
    "unknown-field": (START + b"colour: red\n" + END, {FORM}),
    "capital-field": (START + b"Event: token\ndata: {}\n\n" + END, {FORM, EVENTS}),
    "space-before-field": (START + b' data: {"n": 1}\n' + END, {FORM}),
    "nul-in-id": (START + b"id: a\0b\n" + END, {FORM}),
    "retry-in-words": (b"retry: soon\n\n" + WELL, {FORM}),
    "retry-below-zero": (b"retry: -1\n\n" + WELL, {FORM}),
    "event-without-data": (START + b"event: token\n\n" + END, {FORM}),
    "page": (b"<!doctype html>\n<title>Bad Gateway</title>\n", {FORM, ORDER}),
    "problem": (b'{"title": "Bad Gateway", "status": 502}', {FORM, ORDER}),
    "lines-of-json": (b'{"n": 1}\n{"n": 2}\n', {FORM, ORDER}),
    "chunk-sizes": (b"1a\r\n" + START.replace(b"\n", b"\r\n") + b"0\r\n", {FORM, ORDER}),
    # the events
    "unknown-event": (START + event("trace") + END, {EVENTS}),
    "unnamed-event": (START + b'data: {"n": 1}\n\n' + END, {EVENTS}),
    "capital-name": (START + event("Token") + END, {EVENTS}),
    "space-after-name": (START + event("token ") + END, {EVENTS}),
    "done-mark": (START + TOKEN + END + b"data: [DONE]\n\n", {EVENTS, ORDER}),
    "no-json": (START + event("token", "hello") + END, {EVENTS}),
    "half-json": (START + event("token", '{"n": ') + END, {EVENTS}),
    "empty-data": (START + event("token", "") + END, {EVENTS}),
    "nan": (START + event("token", '{"n": NaN}') + END, {EVENTS}),
    "infinity": (START + event("token", '{"n": Infinity}') + END, {EVENTS}),
    "python-words": (START + event("token", "{'n': None}") + END, {EVENTS}),
    "two-values": (START + event("token", '{"n": 1}{"n": 2}') + END, {EVENTS}),
    "name-twice": (START + event("token", '{"n": 1, "n": 2}') + END, {EVENTS}),
    "very-deep": (START + event("token", "[" * 100_000) + END, {EVENTS}),
    "field-missing": (START + event("token", "{}") + END, {EVENTS}),
    "field-of-another-type": (START + event("token", '{"n": "1"}') + END, {EVENTS}),
    "field-is-null": (START + event("token", '{"n": null}') + END, {EVENTS}),
    "field-out-of-bounds": (START + event("token", '{"n": -1}') + END, {EVENTS}),
    "field-undeclared": (START + event("token", '{"n": 1, "password": "x"}') + END, {EVENTS}),
    "list-for-object": (START + event("token", "[]") + END, {EVENTS}),
    "text-for-object": (START + event("token", '"{}"') + END, {EVENTS}),
    "shared-schema-broken": (event("start", "{}") + END, {EVENTS}),
    # the order
    "nothing": (b"", {ORDER}),
    "comments-alone": (b": ping\n\n: ping\n\n", {ORDER}),
    "no-start": (TOKEN + END, {ORDER}),
    "late-start": (TOKEN + START + END, {ORDER}),
    "second-start": (START + TOKEN + START + END, {ORDER}),
    "no-end": (START + TOKEN, {ORDER}),
    "start-alone": (START, {ORDER}),
    "end-alone": (END, {ORDER}),
    "second-end": (START + END + END, {ORDER}),
    "end-and-error": (START + END + ERROR, {ORDER}),
    "after-the-end": (START + END + TOKEN, {ORDER}),
    "second-usage": (START + USAGE + USAGE + END, {ORDER}),
    "two-streams": (WELL + WELL, {ORDER}),
}


def kinds(body: bytes, **words: bool) -> set[str]:
    """What kinds of flaws a stream has."""
    return {one.kind for one in CONTRACT.flaws(body, **words)}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_stream_has_no_flaw(name: str) -> None:
    """Whatever the standard and the contract allow is allowed."""
    assert not list(CONTRACT.flaws(GOOD[name]))


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_stream_is_called_what_it_is(name: str) -> None:
    """The flaws of each are of just the kinds that they are."""
    body, expected = MALFORMED[name]
    assert kinds(body) == expected, list(CONTRACT.flaws(body))


def test_the_battery_is_large() -> None:
    """Forty malformed streams and more, of every kind."""
    assert len(MALFORMED) >= 40
    assert set.union(*(found for _, found in MALFORMED.values())) == set(RULES)


def test_a_resumed_stream_starts_in_the_middle() -> None:
    """What is resumed may start with anything, and have nothing left; it still comes to its end."""
    assert not kinds(TOKEN + END, resumed=True)
    assert not kinds(b"", resumed=True)
    assert kinds(TOKEN, resumed=True) == {ORDER}


def test_a_cut_stream_is_not_asked_for_its_end() -> None:
    """Where we left a stream, its end and its last line are not held against it, and what came is."""
    assert not kinds(START + TOKEN[:-3], cut=True)
    assert not kinds(b"", cut=True)
    assert kinds(TOKEN, cut=True) == {ORDER}


@pytest.mark.parametrize(
    "media",
    [
        {"x-events": {}},
        {"x-events": ["end"]},
        {"x-order": {"frist": ["start"]}},
        {"x-order": {"first": ["begin"]}},
        {"x-events": {"start": {"type": "nothing"}}, "x-order": {}},
    ],
)
def test_a_contract_without_sense_holds_nothing(media: dict[str, Any]) -> None:
    """A contract that cannot be meant is not evaluable."""
    with pytest.raises(NotEvaluable, match="contract of a stream"):
        told_in(document(**media))


def test_a_file_tells_what_a_document_does() -> None:
    """The contract can stand in a file, by method and path; a file that is none is not evaluable."""
    streams = told_in_file(json.dumps({"components": document()["components"], "streams": {"post /chats/{x}": MEDIA}}))
    contract = streams.of("POST", "/chats/{id}")
    assert contract is not None
    assert not list(contract.flaws(WELL))
    assert list(contract.flaws(event("start", "{}") + END))
    for text in ("", "[]", "{}", '{"streams": {"/chats": {}}}'):
        with pytest.raises(NotEvaluable):
            told_in_file(text)


def asked(body: bytes, status: int = 200, kind: str = "text/event-stream; charset=utf-8", sent: str = "") -> Asked:
    """A stream that was asked for."""
    fields = Headers((("Last-Event-ID", sent),)) if sent else Headers()
    request = Request(operation="send", method="POST", url="https://x/v1/chats/1", headers=fields)
    headers = Headers((("Content-Type", kind),))
    exchange = Exchange(id="1", person="ann", request=request, status=status, headers=headers, body=body)
    return Asked(operation="POST /v1/chats/{id}", phase="fuzzing", exchange=exchange)


def test_each_rule_is_held_against_every_stream() -> None:
    """Streams that answer well are looked at; each operation's breach is told once, with what shows it."""
    met = [
        asked(WELL),
        asked(START),
        asked(START),
        asked(TOKEN + END, sent="7"),
        asked(b"", status=404),
        asked(b"{}", kind="application/json"),
    ]
    held = {check.id: one for check, one in held_streams(told_in(document()), met)}
    assert {name: (one.looks, len(one.breaches)) for name, one in held.items()} == {
        "contract.stream-form": (4, 0),
        "contract.stream-events": (4, 0),
        "contract.stream-order": (4, 1),
    }
    assert held["contract.stream-order"].trail == (met[1].exchange,)


def test_without_a_contract_nothing_is_held() -> None:
    """Where no contract is told, no stream was looked at: that is no pass."""
    assert {one.looks for _, one in held_streams(Streams(), [asked(WELL)])} == {0}


def test_streams_of_the_walk_are_held_too() -> None:
    """Of the walk's answers those that are streams count."""
    one = asked(WELL).exchange
    page = asked(WELL, kind="text/html").exchange
    found = list(walked_streams([(route("POST", "/v1/chats/{id}"), one), (route(), page)]))
    assert [(each.operation, each.exchange) for each in found] == [("POST /v1/chats/{id}", one)]


WHOLE = b"".join(
    f"id: m:{number}\nevent: {name}\ndata: {data}\n\n".encode()
    for number, (name, data) in enumerate(
        [
            ("start", '{"message_id": "m", "conversation_id": "c", "model": "x"}'),
            ("token", '{"index": 0, "text": "a"}'),
            ("usage", '{"prompt_tokens": 1, "completion_tokens": 1}'),
            ("end", '{"message_id": "m", "finish_reason": "stop"}'),
        ]
    )
)


def test_the_reference_service_tells_the_contract_of_its_streams() -> None:
    """A stream as the service writes it is good by its document, and each fault of streams breaks what it names."""
    streams = told_in(build_app(Settings(environment=Environment.TEST)).openapi())
    contract = streams.of("POST", "/conversations/{conversation_id}/messages")
    assert contract is not None
    assert not list(contract.flaws(WHOLE))
    faults = {
        name: one for name, one in REGISTRY.items() if isinstance(one.unit, type) and ChangedStream in one.unit.__mro__
    }
    assert len(faults) == 5
    for name, one in faults.items():
        made: Any = one.unit(None)
        found = {f"contract.stream-{flaw.kind}" for flaw in contract.flaws(made.edit(WHOLE))}
        assert found == one.detected_by, name
