"""
Reads one streamed answer as it arrives: when its tokens came, and whether it is whole.

The events are the dialect's; what `gonogo.dialect.read_event` says of an event is said here too, without making a
record of each, because a worker reads tens of thousands a second.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gonogo.dialect import ARRAY_INDEX, at_pointer, is_end
from gonogo.eventstream import Parser
from load.broken import Broken
from load.client import Answer, Cut, Silent, Unreachable

if TYPE_CHECKING:
    from gonogo.dialect import Dialect
    from gonogo.eventstream import Event
    from gonogo.policy import Goodput

OK = 200
SECOND_NS = 1_000_000_000
NO_UTF8 = "bytes that are not UTF-8"  # how the parser's problem begins
TOO_MANY = 429
UNAUTHORIZED = 401
SERVER_ERROR = 500
DECODER = json.JSONDecoder()
SCAN, DECODE = vars(DECODER)["scan_once"], DECODER.decode  # what json.loads does, without looking at its arguments


class Dialected:
    """A dialect, taken apart once for all the streams that are read by it."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.ignored = frozenset(dialect.ignore)
        self.delta_type = dialect.delta.event
        self.delta_key = plain_key(dialect.delta.pointer)
        self.index_key = plain_key(dialect.delta.index) if dialect.delta.index else None
        self.end_data = dialect.end.data
        self.error = dialect.error
        self.error_type = dialect.error.event if dialect.error else None
        others = {dialect.end.event, self.error_type} if dialect.error else {dialect.end.event}
        self.apart = self.delta_type is not None and not others & {None, self.delta_type, *dialect.ignore}
        self.apart = self.apart and self.delta_type not in dialect.ignore
        """Whether the type of an event alone says that it is a token, and neither the end nor a failure."""

    def must_be_json(self, event: Event) -> bool:
        """Whether an event of this type carries JSON by what the dialect says of it."""
        if event.data == self.end_data:
            return False
        by_pointer = {self.delta_type}
        if self.error and self.error.pointer is not None:
            by_pointer.add(self.error_type)
        if self.dialect.end.pointer is not None:
            by_pointer.add(self.dialect.end.event)
        return None in by_pointer or event.type in by_pointer

    def failed(self, event: Event, document: Any) -> bool:  # noqa: ANN401  JSON has no narrower type
        """Whether an event reports a failure."""
        if self.error is None or (self.error_type is not None and event.type != self.error_type):
            return False
        if self.error_type is not None:
            return True
        return bool(at_pointer(document, self.error.pointer or ""))

    def text(self, event: Event, document: Any) -> str | None:  # noqa: ANN401  the same
        """The text that an event carries, None if it carries none."""
        if self.delta_type is not None and event.type != self.delta_type:
            return None
        found = found_at(document, self.delta_key, self.dialect.delta.pointer)
        return found if isinstance(found, str) else None

    def index(self, document: Any) -> int | None:  # noqa: ANN401  the same
        """The number that counts a token, None where the dialect names none or the event has none."""
        pointer = self.dialect.delta.index
        found = None if pointer is None else found_at(document, self.index_key, pointer)
        return found if isinstance(found, int) and not isinstance(found, bool) else None


def decoded(text: str) -> Any:  # noqa: ANN401  JSON has no narrower type
    """The JSON in a text. Raises ValueError and RecursionError as json.loads does."""
    try:
        document, end = SCAN(text, 0)
    except StopIteration:  # it begins with white space, or is none
        return DECODE(text)
    return document if end == len(text) else DECODE(text)


def plain_key(pointer: str) -> str | None:
    """The one key of a pointer that needs no walk, which is how most dialects are."""
    key = pointer[1:]
    return key if key and not set(key) & {"/", "~"} and not ARRAY_INDEX.fullmatch(key) else None


def found_at(document: Any, key: str | None, pointer: str) -> Any:  # noqa: ANN401  the same
    """What is at a pointer, by its one key where it has just one."""
    if key is None:
        return at_pointer(document, pointer)
    return document.get(key) if isinstance(document, dict) else None


class Reading:
    """
    One answer at its reading.

    Moments are monotonic nanoseconds. `gaps` are those between tokens that arrived in different reads, `together`
    counts the tokens that came with the one before, so that nobody knows the gap.
    """

    def __init__(self, dialect: Dialected, stop_after: int | None = None) -> None:
        """Read to the end, or leave after so many tokens."""
        self.dialect = dialect
        self.stop_after = stop_after
        self.parser = Parser()
        self.first_event_ns = 0
        self.first_token_ns = 0
        self.last_token_ns = 0
        self.tokens = 0
        self.together = 0
        self.gaps: list[int] = []
        self.ended = False
        self.broken: Broken | None = None
        self.said = 0
        self.next_index: int | None = None

    def feed(self, data: bytes, at_ns: int) -> bool:
        """Take a piece of the body; whether to go on."""
        for event in self.parser.feed(data):
            self._read(event, at_ns)
        return self.stop_after is None or self.tokens < self.stop_after

    def _read(self, event: Event, at_ns: int) -> None:
        if not self.first_event_ns:
            self.first_event_ns = at_ns
        if self.ended:
            self._break(Broken.AFTER_END)
            return
        dialect = self.dialect
        if dialect.apart and event.type == dialect.delta_type:
            self._read_token(event, at_ns)
        elif event.type not in dialect.ignored:
            self._read_any(event, at_ns)

    def _read_token(self, event: Event, at_ns: int) -> None:
        """Read an event that can be nothing but a token."""
        try:
            document = decoded(event.data)
        except (ValueError, RecursionError):
            if self.dialect.must_be_json(event):
                self._break(Broken.BAD_JSON)
        else:
            self._token(event, document, at_ns)

    def _read_any(self, event: Event, at_ns: int) -> None:
        dialect, document = self.dialect, None
        if event.data != dialect.end_data:
            try:
                document = decoded(event.data)
            except (ValueError, RecursionError):
                if dialect.must_be_json(event):
                    self._break(Broken.BAD_JSON)
        if dialect.failed(event, document):
            self._break(Broken.REPORTED)
        else:
            self._token(event, document, at_ns)
        if is_end(dialect.dialect.end, event, document):
            self.ended = True

    def _token(self, event: Event, document: Any, at_ns: int) -> None:  # noqa: ANN401  the same
        text = self.dialect.text(event, document)
        if not text:
            return
        if self.dialect.dialect.cumulative:
            if len(text) <= self.said:
                return
            self.said = len(text)
        self._count(document)
        self.tokens += 1
        if not self.first_token_ns:
            self.first_token_ns = at_ns
        elif at_ns == self.last_token_ns:
            self.together += 1
        else:
            self.gaps.append(at_ns - self.last_token_ns)
        self.last_token_ns = at_ns

    def _count(self, document: Any) -> None:  # noqa: ANN401  the same
        index = self.dialect.index(document)
        if index is None:
            return
        if index not in ({0, 1} if self.next_index is None else {self.next_index}):
            self._break(Broken.OUT_OF_ORDER)
        self.next_index = index + 1

    def _break(self, kind: Broken) -> None:
        self.broken = self.broken or kind

    def judge(self, answer: Answer, expected: tuple[int, ...] = (OK,)) -> Broken | None:
        """What is wrong with the answer, None if it is whole, or was left on purpose; the first that applies."""
        if answer.status and answer.status not in expected:
            return of_status(answer.status)
        if answer.headers_ns and not answer.header(b"content-type").lower().startswith(b"text/event-stream"):
            return Broken.NO_STREAM
        if any(problem.text.startswith(NO_UTF8) for problem in self.parser.problems):
            return Broken.BAD_UTF8
        trouble = of_trouble(answer, framed_by_close=not is_framed(answer))
        closed = trouble is Broken.UNENDED and self.ended
        if self.broken or (trouble and not closed):
            return self.broken or trouble
        return None if answer.left else self._lacking()

    def is_in_time(self, intended_ns: int, promised: Goodput | None) -> bool:
        """Whether the first token came in time, counted from when it was meant, and every later one too."""
        if promised is None:
            return True
        first_s = (self.first_token_ns - intended_ns) / SECOND_NS
        longest_s = max(self.gaps, default=0) / SECOND_NS
        return first_s <= promised.ttft_s and (promised.gap_s is None or longest_s <= promised.gap_s)

    def _lacking(self) -> Broken | None:
        """What an answer lacks whose connection did nothing wrong."""
        if not self.tokens:
            return Broken.EMPTY
        return None if self.ended else Broken.UNENDED


def is_framed(answer: Answer) -> bool:
    """Whether HTTP itself tells where the body ends."""
    return bool(answer.header(b"content-length") or answer.header(b"transfer-encoding"))


def of_status(status: int) -> Broken:
    """What an unexpected status means."""
    if status in {TOO_MANY, UNAUTHORIZED}:
        return Broken.LIMITED if status == TOO_MANY else Broken.SIGNED_OUT
    return Broken.SERVER_ERROR if status >= SERVER_ERROR else Broken.REFUSED


def of_trouble(answer: Answer, *, framed_by_close: bool) -> Broken | None:
    """What the network's trouble means; the end of a connection may be the end of the body where nothing else is."""
    trouble = answer.trouble
    if trouble is None:
        return None
    if isinstance(trouble, Unreachable):
        return Broken.UNREACHABLE
    if isinstance(trouble, Silent):
        return Broken.STALLED
    if isinstance(trouble, Cut) and trouble.reset:
        return Broken.RESET
    return Broken.UNENDED if framed_by_close and answer.headers_ns else Broken.CUT
