"""What an answer holds instead of what a profile looks for, in words that help to correct it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from gonogo.dialect import document_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gonogo.exchange import Exchange, StreamEvent
    from gonogo.mailbox import Mail

MOST = 12
POLICY = re.compile(r";\s*q=(\d+)(?:.*?;\s*w=(\d+))?")
URL = re.compile(r"https?://[^\s\"'<>]+")
VALUE = re.compile(r"(?<==)[^&#]{4,}")
LONG = re.compile(r"(?<=/)[\w-]{16,}")


def pointers(document: Any, base: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  JSON has no narrower type
    """Every JSON pointer that leads to a plain value, with the value."""
    if isinstance(document, dict | list):
        for key, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield from pointers(value, f"{base}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif base:
        yield base, document


def found_in(exchange: Exchange) -> str:
    """Where values stand in an answer; the values are not told."""
    places = [f"json:{pointer}" for pointer, _ in pointers(document_of(exchange.text))]
    places += [f"cookie:{cookie.name}" for cookie in exchange.cookies]
    places += [f"header:{name}" for name in ("Location",) if name in exchange.headers]
    more = f" and {len(places) - MOST} more" if len(places) > MOST else ""
    kind = exchange.content_type or "no type"
    return f"there are {', '.join(places[:MOST])}{more}" if places else f"it is {kind}, without JSON or a cookie"


def link_like(mail: Mail) -> str:
    """The links of a mail without what may be secret in them."""
    links = [LONG.sub("…", VALUE.sub("…", link)) for link in URL.findall(mail.text)]
    return f"it holds {' and '.join(dict.fromkeys(links[:3]))}" if links else "it holds no link at all"


def promised_numbers(exchange: Exchange) -> tuple[int, int | None] | None:
    """How many requests an answer says are let through, and in how many seconds if it says so."""
    policy = POLICY.search(exchange.headers.get("ratelimit-policy"))
    if policy:
        return int(policy[1]), int(policy[2]) if policy[2] else None
    limit = exchange.headers.get("x-ratelimit-limit").strip()
    return (int(limit), None) if limit.isascii() and limit.isdigit() else None


def texts_of(events: Sequence[StreamEvent]) -> Counter[tuple[str, str]]:
    """How often each kind of event has a text at each pointer."""
    return Counter(
        (event.type, pointer)
        for event in events
        for pointer, value in pointers(document_of(event.data))
        if isinstance(value, str)
    )


def described_events(events: Sequence[StreamEvent]) -> str:
    """Each kind of event that came, how often, and where it has values."""
    kinds: dict[str, list[str]] = {}
    for event in events:
        kinds.setdefault(event.type, []).extend(pointer for pointer, _ in pointers(document_of(event.data)))
    times = Counter(event.type for event in events)
    told = [f"{times[kind]} {kind} with {', '.join(dict.fromkeys(at)) or 'no JSON'}" for kind, at in kinds.items()]
    return "seen: " + "; ".join(told[:MOST])


def proposed_delta(events: Sequence[StreamEvent]) -> str:
    """What `stream.delta` might be: the text that comes most often."""
    common = texts_of(events).most_common(1)
    if not common:
        return "no event holds a text in JSON"
    (kind, pointer), _ = common[0]
    name = "" if kind == "message" else f"event: {kind}, "
    return f"write delta: {{{name}pointer: {pointer}}}"


def proposed_end(events: Sequence[StreamEvent]) -> str:
    """What `stream.end` might be: the last event, by its type or its data."""
    last = events[-1]
    if last.type != "message":
        return f"write end: {{event: {last.type}}}"
    if document_of(last.data) is None:
        return f'write end: {{data: "{last.data[:40]}"}}'
    places = [pointer for pointer, value in pointers(document_of(last.data)) if value]
    return f"write end: {{pointer: {places[-1]}}}" if places else "the last event tells nothing"
