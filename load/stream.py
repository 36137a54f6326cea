"""
Reads one streamed answer as it arrives: when its tokens came, and whether it is whole.

The events are the dialect's, of which `load.dialected` knows the shortest way to a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gonogo.dialect import is_end
from gonogo.eventstream import Parser
from load.broken import Broken
from load.dialected import decoded
from load.whole import is_framed, of_status, of_trouble

if TYPE_CHECKING:
    from gonogo.eventstream import Event
    from gonogo.policy import Goodput
    from load.client import Answer
    from load.dialected import Dialected

OK = 200
SECOND_NS = 1_000_000_000
NO_UTF8 = "bytes that are not UTF-8"  # how the parser's problem begins


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
        parser, dialect = self.parser, self.dialect
        alike = parser.kind_before == dialect.token_type and not self.ended
        content = parser.data_alike(data) if alike else None
        if content is not None:
            self._read_token(content, at_ns)
        else:
            for event in parser.feed(data):
                self._read(event, at_ns)
        return self.stop_after is None or self.tokens < self.stop_after

    def _read(self, event: Event, at_ns: int) -> None:
        if not self.first_event_ns:
            self.first_event_ns = at_ns
        if self.ended:
            self._break(Broken.AFTER_END)
        elif event.type == self.dialect.token_type:
            self._read_token(event.data, at_ns)
        elif event.type not in self.dialect.ignored:
            self._read_any(event, at_ns)

    def _read_token(self, data: str, at_ns: int) -> None:
        """Read an event that can be nothing but a token."""
        try:
            document = decoded(data)
        except (ValueError, RecursionError):
            if data != self.dialect.end_data:
                self._break(Broken.BAD_JSON)
        else:
            self._token(document, at_ns)

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
        elif dialect.delta_type in {None, event.type}:
            self._token(document, at_ns)
        if is_end(dialect.dialect.end, event, document):
            self.ended = True

    def _token(self, document: Any, at_ns: int) -> None:  # noqa: ANN401  JSON has no narrower type
        dialect = self.dialect
        text = dialect.text(document)
        if not text:
            return
        if dialect.cumulative:
            if len(text) <= self.said:
                return
            self.said = len(text)
        if dialect.counts:
            self._count(document)
        self.tokens += 1
        last, self.last_token_ns = self.last_token_ns, at_ns
        if not last:
            self.first_token_ns = at_ns
        elif at_ns == last:
            self.together += 1
        else:
            self.gaps.append(at_ns - last)

    def _count(self, document: Any) -> None:  # noqa: ANN401  the same
        index = self.dialect.index(document)
        if index is None:
            return
        if index != self.next_index and (self.next_index is not None or index not in {0, 1}):
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
