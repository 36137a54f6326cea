"""
Reads an event stream as a browser does: the rules of the WHATWG HTML standard, section 9.2.

Bytes go in as they arrive, events come out as soon as their blank line is there. Nothing is read or
waited for here. What a browser forgives but a careful server would not send is kept in `problems`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"
LINE_ENDS = {b"\n": "LF", b"\r": "CR", b"\r\n": "CRLF"}
USUAL = re.compile(
    rb"(?:event: ?([^\r\n]*)\n)?(?:id: ?([^\0\r\n]*)\n)?(?:event: ?([^\r\n]*)\n)?data: ?([^\r\n]*)\n\n", re.DOTALL
)
"""An event as most servers send it, whole: a type and an id if it has them, and one line of data."""
ID = b"id: "
MOST_PROBLEMS = 100  # a stream that is wrong throughout must not fill the memory
MOST_DIGITS = 18
SHOWN = 40


class Event(NamedTuple):
    """
    One event. A tuple because thousands are made each second under load.

    `offset` counts the bytes of the stream before the event's first field.
    """

    type: str
    data: str
    id: str
    offset: int


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that a browser forgives, and where it is, in bytes from the start of the stream."""

    offset: int
    text: str

    def __str__(self) -> str:
        """As it is shown in a complaint."""
        return f"{self.text} (at byte {self.offset})"


class Parser:
    """
    Turns the bytes of one stream into events, however they are cut into chunks.

    `last_event_id` is what a client would send to resume, `retry` the reconnection time in
    milliseconds if the stream named one.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.last_event_id = ""
        self.retry: int | None = None
        self._readers = {
            b"data": self._read_data,
            b"event": self._read_type,
            b"id": self._read_id,
            b"retry": self._read_retry,
            b"": self._read_comment,
        }
        self._held: list[bytes] = []  # the pieces of a line whose end has not come
        self._offset = 0  # of the first byte in hand
        self._after_cr = False  # the last chunk ended in CR: an LF now belongs to it
        self._line_end = b""  # the kind of the first line's end, which the others should share
        self._mixed = False
        self._data: list[str] = []
        self._type = ""
        self._id = ""
        self._began: int | None = None
        self._head = b""  # how the lines of the last event began, without its id; if all of it was usual
        self.kind_before = ""  # its type

    def data_alike(self, data: bytes) -> str | None:
        """
        The data of a whole event that begins as the one before it, and is all that is given; else None, and unread.

        Its type is `kind_before`. Who reads tens of thousands of tokens a second asks this first, and feeds the rest.
        """
        start, named = 0, b""
        if data.startswith(ID):
            start = data.find(b"\n") + 1
            named = data[len(ID) : start - 1]
        head = self._head
        begins = start + len(head)
        if not data.startswith(head, start) or data.find(b"\n", begins) != len(data) - 2 or data[-1:] != b"\n":
            return None
        if not head or b"\r" in data or b"\0" in named:
            return None
        try:
            content = data[begins:-2].decode()
            if start:
                self._id = self.last_event_id = named.decode()
        except UnicodeDecodeError:
            return None
        self._offset += len(data)
        return content

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes and return the events that they complete."""
        if self._line_end == b"\n" and not self._held and self._began is None and not self._after_cr:
            events = self._read_usual(data)
            if events is not None:
                return events
        self._head = b""
        data = self._join_line_end(data)
        if b"\n" not in data and b"\r" not in data:
            if data:
                self._held.append(data)
            return []
        lines = b"".join((*self._held, data)).splitlines(keepends=True)
        self._held = [] if lines[-1].endswith((b"\n", b"\r")) else [lines.pop()]
        if self._offset == 0:
            lines[0] = self._without_bom(lines[0])
        self._after_cr = not self._held and lines[-1].endswith(b"\r")
        alike = self._mixed or (self._line_end == b"\n" and b"\r" not in data)
        return self._read(lines, compared=0 if alike else len(lines) - self._after_cr)

    def _read_usual(self, data: bytes) -> list[Event] | None:
        """Read whole events of the usual form, which is cheap; for anything else read nothing, and return None."""
        events, place, last, head, size = [], 0, self._id, b"", len(data)
        while place < size and (found := USUAL.match(data, place)):
            first, named, second, content = found.groups()
            if first is not None and second is not None:
                return None
            try:
                last = last if named is None else named.decode()
                kind = (first or second or b"").decode()
                events.append(Event(kind or "message", content.decode(), last, self._offset + place))
            except UnicodeDecodeError:
                return None
            head = data[place if named is None else found.end(2) + 1 : found.start(4)]
            if first is not None and named is not None:  # what stands before the id is no part of this
                head = b""
            place = found.end()
        if place != size:
            return None
        if events:
            self._head = head if head.endswith(b"data: ") else b""
            self.kind_before = events[-1].type
        self._id = self.last_event_id = last
        self._offset += place
        return events

    def finish(self) -> list[Problem]:
        """Say that the stream is over and return all its problems; an event without its blank line is dropped."""
        if self._after_cr:
            self._compare(b"\r", self._offset - 1)
            self._after_cr = False
        rest = b"".join(self._held)
        if self._offset == 0:
            rest = self._without_bom(rest)
        if rest:
            self._complain(self._offset, f"the stream stops within a line: {shown(rest)}")
        elif self._began is not None:
            self._complain(self._began, "the stream stops before the blank line of its last event, which is dropped")
        self._held, self._began = [], None
        return self.problems

    def _join_line_end(self, data: bytes) -> bytes:
        """Drop the LF of a CRLF that was cut in two, and settle which line end that was."""
        if not self._after_cr or not data:
            return data
        self._after_cr = False
        if not data.startswith(b"\n"):
            self._compare(b"\r", self._offset - 1)
            return data
        self._compare(b"\r\n", self._offset - 1)
        self._offset += 1
        return data[1:]

    def _without_bom(self, line: bytes) -> bytes:
        """Drop the one mark that may stand before the first line."""
        if not line.startswith(BOM):
            return line
        self._complain(0, "the stream starts with a byte order mark")
        self._offset = len(BOM)
        return line[len(BOM) :]

    def _compare(self, end: bytes, offset: int) -> None:
        """Complain, once, of a line end that is not like the first."""
        self._line_end = self._line_end or end
        if end != self._line_end and not self._mixed:
            self._mixed = True
            self._complain(offset, f"line ends are mixed: {LINE_ENDS[self._line_end]}, then {LINE_ENDS[end]}")

    def _read(self, lines: list[bytes], compared: int) -> list[Event]:
        """Read whole lines, compare the ends of the first few, and return the events that blank lines complete."""
        events = []
        for number, line in enumerate(lines):
            content = line.rstrip(b"\r\n")
            if content:
                self._read_line(content)
            elif self._began is not None and (event := self._dispatch(self._began)):
                events.append(event)
            self._offset += len(line)
            if number < compared:
                end = line[len(content) :]
                self._compare(end, self._offset - len(end))
        return events

    def _read_line(self, line: bytes) -> None:
        """Read one field or comment."""
        name, colon, value = line.partition(b":")
        reader = self._readers.get(name)
        if reader is not None:
            if name and self._began is None:
                self._began = self._offset
            reader(value[1:] if value.startswith(b" ") else value)
        elif colon:
            self._complain(self._offset, f"unknown field {shown(name)}")
        else:
            self._complain(self._offset, f"a line that is neither a field nor a comment: {shown(name)}")

    def _dispatch(self, began: int) -> Event | None:
        """Hand out what the fields since the last blank line make up; without data that is nothing."""
        self.last_event_id = self._id
        event = None
        if self._data:
            event = Event(self._type or "message", "\n".join(self._data), self._id, began)
            self._data = []
        elif self._type:
            self._complain(began, f"an event of type {shown(self._type)} without data, which no client gets to see")
        self._type = ""
        self._began = None
        return event

    def _read_data(self, value: bytes) -> None:
        self._data.append(self._decode(value))

    def _read_type(self, value: bytes) -> None:
        self._type = self._decode(value)

    def _read_id(self, value: bytes) -> None:
        if b"\0" in value:
            self._complain(self._offset, "an id with a NUL, which is ignored")
        else:
            self._id = self._decode(value)

    def _read_retry(self, value: bytes) -> None:
        if value.isdigit() and len(value) <= MOST_DIGITS:
            self.retry = int(value)
        else:
            self._complain(self._offset, f"a retry that is no number of milliseconds: {shown(value)}")

    def _read_comment(self, value: bytes) -> None:
        self._decode(value)

    def _decode(self, value: bytes) -> str:
        """Decode UTF-8; what is none becomes a replacement character and a problem."""
        try:
            return value.decode()
        except UnicodeDecodeError:
            self._complain(self._offset, f"bytes that are not UTF-8: {shown(value)}")
            return value.decode(errors="replace")

    def _complain(self, offset: int, text: str) -> None:
        """Keep a problem."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(offset=offset, text=text))


def shown(text: bytes | str) -> str:
    """Show the start of what a stream said in a form that is safe to print."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    return ascii(text) if len(text) <= SHOWN else ascii(text[:SHOWN]) + "..."
