"""
Where a value is found in an answer, as one line of a profile says it.

    json:/pointer            a JSON pointer (RFC 6901); [field=value] in it is the first item of an array that says so
    header:Name              a header field
    header:Name ~ regex      the group of a regular expression in a header field
    cookie:name              a cookie that the answer sets
    html:name                the value of a form field, or the content of a meta element
    regex:pattern            the group of a regular expression in the body
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.exchange import Exchange

POINTER = re.compile(r"(/([^/~]|~[01])*)*")
CHOICE = re.compile(r"\[([^=\]]+)=(.*)\]")
HEADER = re.compile(r"(?P<name>[^\s~]+)(\s+~\s+(?P<pattern>.+))?")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source that was read: its kind, what it looks up, and a pattern with one group, if any."""

    kind: str
    key: str
    pattern: re.Pattern[str] | None = None


@cache
def parse_source(text: str) -> Source:
    """Read a source. Raises ValueError with a sentence when it is none."""
    kind, separator, rest = text.partition(":")
    if not separator or kind not in READERS or (not rest and kind != "json"):
        raise ValueError(f"{text!r} is no source; write {', '.join(f'{known}:…' for known in READERS)}")
    if kind == "json" and not POINTER.fullmatch(rest):
        raise ValueError(f"{rest!r} is no JSON pointer; it starts with '/'")
    if kind == "regex":
        return Source(kind=kind, key="", pattern=one_group(rest))
    if kind == "header":
        return parse_header(rest)
    return Source(kind=kind, key=rest)


def parse_header(rest: str) -> Source:
    """Read what follows `header:`."""
    found = HEADER.fullmatch(rest)
    if not found:
        raise ValueError(f"{rest!r} is no header; write header:Name or header:Name ~ pattern")
    pattern = one_group(found["pattern"]) if found["pattern"] else None
    return Source(kind="header", key=found["name"], pattern=pattern)


def one_group(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that has exactly one group."""
    compiled = compile_pattern(pattern)
    if compiled.groups != 1:
        raise ValueError(f"the pattern {pattern!r} has {compiled.groups} groups; exactly one is read")
    return compiled


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern. Raises ValueError with a sentence."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error


def read_source(source: str, exchange: Exchange) -> str | None:
    """Return what a source finds in an answer as text; None when it is not there."""
    parsed = parse_source(source)
    found = READERS[parsed.kind](parsed.key, exchange)
    if parsed.pattern is None or found is None:
        return found
    match = parsed.pattern.search(found)
    return match[1] if match else None


def read_json(pointer: str, exchange: Exchange) -> str | None:
    """Read a value of the body; a number or a list is given as JSON."""
    try:
        found = resolve(pointer, json.loads(exchange.body))
    except (ValueError, LookupError, RecursionError):  # the body is hostile input: it may be nested without end
        return None
    if found is None or isinstance(found, str):
        return found
    return json.dumps(found, ensure_ascii=False)


def resolve(pointer: str, document: Any) -> Any:  # noqa: ANN401  JSON has no narrower type
    """Follow a JSON pointer. Raises LookupError when it leads nowhere."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        document = document[key] if isinstance(document, dict) else item_of(document, key)
    return document


def item_of(document: Any, key: str) -> Any:  # noqa: ANN401  JSON has no narrower type
    """
    Return an array's item; its index has no leading zero. Raises LookupError when there is none.

    `[field=value]` is the first item whose field has this value, as text or as JSON: an array's order is not promised.
    """
    choice = CHOICE.fullmatch(key)
    if choice and isinstance(document, list):
        document, key = [one for one in document if said_of(one, choice[1]) == choice[2]][:1], "0"
    if not (isinstance(document, list) and re.fullmatch(r"0|[1-9][0-9]*", key)):
        raise LookupError(f"{key!r} leads nowhere")
    return document[int(key)]  # an IndexError is a LookupError


def said_of(item: Any, name: str) -> str | None:  # noqa: ANN401  the same
    """What an item says in a field, as text or as JSON; None where it is no object, or lacks the field."""
    if not isinstance(item, dict) or name not in item:
        return None
    value = item[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_header(name: str, exchange: Exchange) -> str | None:
    """Read a header field's first value."""
    return next(iter(exchange.headers.all(name)), None)


def read_cookie(name: str, exchange: Exchange) -> str | None:
    """Read the last cookie of that name; a later one replaces an earlier."""
    return next((cookie.value for cookie in reversed(exchange.cookies) if cookie.name == name), None)


def read_body(_key: str, exchange: Exchange) -> str | None:
    """Read the whole body as text."""
    return exchange.text


class Fields(HTMLParser):
    """The first value of each form field and the content of each meta element, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an input's value or a meta element's content."""
        sent = dict(attrs)
        value = sent.get({"input": "value", "meta": "content"}.get(tag, ""))
        if value is not None and sent.get("name"):
            self.found.setdefault(sent["name"] or "", value)


def read_html(name: str, exchange: Exchange) -> str | None:
    """Read a form field or a meta element of a page."""
    fields = Fields()
    with suppress(AssertionError):  # how the parser ends on a declaration that it does not know
        fields.feed(exchange.text)
        fields.close()
    return fields.found.get(name)


READERS: dict[str, Callable[[str, Exchange], str | None]] = {
    "json": read_json,
    "header": read_header,
    "cookie": read_cookie,
    "html": read_html,
    "regex": read_body,
}
