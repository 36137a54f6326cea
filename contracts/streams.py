"""
The contract of an event stream, and what is wrong with a stream by it: its form, its events, their order. Pure.

The contract stands in the OpenAPI document beside the stream's media type, or in a file that the profile names:
`x-events` has the schema of each event's data by its name, `x-order` which come first, last, and only once.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from contracts.shapes import resolved
from gonogo.eventstream import Parser, shown
from gonogo.openapi import PLACE, base_path
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gonogo.eventstream import Event

STREAM = "text/event-stream"
FORM, EVENTS, ORDER = "form", "events", "order"
WORDS = frozenset({"first", "last", "once"})


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """One thing that is wrong with a stream, of a kind."""

    kind: str
    says: str


@dataclass(frozen=True, kw_only=True)
class StreamContract:
    """What a stream may hold: the schema of each event's data by its name, and what comes first, last and once."""

    schemas: Mapping[str, Draft202012Validator]
    first: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()

    def flaws(self, body: bytes, *, resumed: bool = False, cut: bool = False) -> Iterator[Flaw]:
        """
        Everything that is wrong with a stream.

        One that is `resumed` starts in the middle, and may have nothing left to tell; one that was `cut` has no end.
        """
        parser = Parser()
        events = parser.feed(body)
        problems = parser.problems if cut else parser.finish()
        yield from (Flaw(kind=FORM, says=str(one)) for one in problems)
        for one in events:
            yield from (Flaw(kind=EVENTS, says=says) for says in self.wrong_with(one))
        yield from (Flaw(kind=ORDER, says=says) for says in self.out_of_order(events, resumed=resumed, cut=cut))

    def wrong_with(self, event: Event) -> Iterator[str]:
        """What is wrong with one event by itself."""
        schema = self.schemas.get(event.type)
        if schema is None:
            yield f"no event is called {shown(event.type)}"
            return
        try:
            data = json.loads(event.data, parse_constant=refuse, object_pairs_hook=each_once)
        except (ValueError, RecursionError) as error:
            yield f"the data of {event.type} is no JSON: {shown(str(error))}"
            return
        for fault in schema.iter_errors(data):
            place = "/".join(map(str, fault.absolute_path))
            yield f"the data of {event.type} breaks its schema{f' at /{place}' if place else ''}: {fault.validator}"

    def out_of_order(self, events: Sequence[Event], *, resumed: bool, cut: bool) -> Iterator[str]:
        """What is wrong with the order of events."""
        names = [one.type for one in events]
        if not names:
            if not (resumed or cut):
                yield "the stream has no event"
            return
        if self.first and not resumed and names[0] not in self.first:
            yield f"it starts with {shown(names[0])}, and {listed(self.first)} was to come first"
        if self.first and any(name in self.first for name in names[1:]):
            yield f"{listed(self.first & set(names[1:]))} comes again, after the first event"
        if self.last and not cut and names[-1] not in self.last:
            yield f"it ends with {shown(names[-1])}, and {listed(self.last)} was to come last"
        early = [name for name in names[:-1] if name in self.last]
        if early:
            yield f"{early[0]} is not the last event"
        counts = Counter(names)
        for name in sorted(self.once - self.first - self.last):
            if counts[name] > 1:
                yield f"{name} comes {counts[name]} times"


@dataclass(frozen=True, kw_only=True)
class Streams:
    """The contracts of all streams of a target, by method and path without the names in it."""

    contracts: Mapping[tuple[str, str], StreamContract] = field(default_factory=dict)

    def of(self, method: str, path: str) -> StreamContract | None:
        """The contract of an operation's stream."""
        return self.contracts.get((method, PLACE.sub("{}", path)))


def told_in(document: Mapping[str, Any]) -> Streams:
    """The contracts that a document tells. Raises NotEvaluable for one that makes no sense."""
    prefix = base_path(dict(document))
    found = {}
    for path, item in document["paths"].items():
        for method, operation in (item if isinstance(item, dict) else {}).items():
            media = media_of(document, operation)
            if "x-events" in media:
                found[method.upper(), f"{prefix}{PLACE.sub('{}', path)}"] = contract_of(document, media)
    return Streams(contracts=found)


def media_of(document: Mapping[str, Any], operation: Any) -> Mapping[str, Any]:  # noqa: ANN401  of a path's summary too
    """What a document says of the stream that an operation answers with."""
    responses = operation.get("responses") if isinstance(operation, dict) else None
    for answer in (responses or {}).values():
        for kind, media in (resolved(document, answer).get("content") or {}).items():
            if kind.partition(";")[0].strip().lower() == STREAM and isinstance(media, dict):
                return media
    return {}


def told_in_file(text: str) -> Streams:
    """The contracts of a file: by 'METHOD /path', as a document has them beside the media type."""
    try:
        document = json.loads(text)
        every = [
            (method, path, media)
            for (method, path), media in ((name.split(" ", 1), media) for name, media in document["streams"].items())
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotEvaluable(f"the contract of the streams cannot be read: {type(error).__name__}") from error
    found = {(method.upper(), PLACE.sub("{}", path)): contract_of(document, media) for method, path, media in every}
    return Streams(contracts=found)


def contract_of(document: Mapping[str, Any], media: Mapping[str, Any]) -> StreamContract:
    """The contract of one stream. Raises NotEvaluable for one that makes no sense."""
    parts = {key: document[key] for key in ("components", "$defs") if key in document}
    order = media.get("x-order") or {}
    names = media["x-events"]
    if not isinstance(names, dict) or not names or set(order) - WORDS:
        raise NotEvaluable("the contract of a stream has no events, or knows another order than first, last and once")
    unknown = {name for one in order.values() for name in one} - set(names)
    if unknown:
        raise NotEvaluable(f"the contract of a stream orders what is no event of it: {listed(unknown)}")
    try:
        for schema in names.values():
            Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise NotEvaluable(f"the contract of a stream has a schema that is none: {error.message}") from error
    return StreamContract(
        schemas={name: Draft202012Validator({**schema, **parts}) for name, schema in names.items()},
        **{word: frozenset(order.get(word, ())) for word in sorted(WORDS)},
    )


def refuse(constant: str) -> None:
    """Refuse what JSON has no word for, such as NaN."""
    raise ValueError(f"{constant} is no value of JSON")


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different; readers do not agree which of two counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def listed(names: object) -> str:
    """Names in one sentence."""
    return " or ".join(sorted(map(str, names))) if isinstance(names, set | frozenset) else str(names)
