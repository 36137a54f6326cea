"""The event-stream parser, against the WHATWG rules."""

import itertools
import random
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gonogo.eventstream import MOST_PROBLEMS, Event, Parser

PIECES = [b"data", b"event", b"id", b"retry", b"other", b":", b": ", b" ", b"x", b"7", b"\n", b"\r", b"\r\n", b"\n\n"]
PIECES += [b"\0", b"\xef\xbb\xbf", b"\xef\xbb", "é".encode(), b"\xff", b"\xf0\x9f\x98", "😀".encode()]
MALFORMED = [
    b"data: half a sen\ntence\n\n",
    b"data: one\ndata: two, and no blank line",
    b"data: one\nevent: end\n",
    b"data\n\ndata\ndata\n\ndata:",
    b"data: a\r\ndata: b\ndata: c\rdata: d\r\n\r\n",
    b"data: a\n\rdata: b\r\n\n",
    b"data: a\r\r\ndata: b\n\r\n",
    b"\xef\xbb\xbfdata: a\n\n",
    b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n",
    b"data: a\n\xef\xbb\xbfdata: b\n\n",
    b"\xef\xbbdata: a\n\n",
    b"id: 1\0\ndata: a\n\n",
    b"id: 1\ndata: a\n\nid\ndata: b\n\nid: 2\n\ndata: c\n\n",
    b"retry: soon\nretry: 1.5\nretry: -1\nretry:\nretry: 12 \ndata: a\n\n",
    "retry: \u0661\u0662\ndata: a\n\n".encode(),
    b"retry: 1500\nretry: 0x10\n\n",
    b"DATA: a\nData: b\n data: c\ndata : d\n\n",
    b": a comment\n:another: data: x\n:\ndata: a\n\n",
    b"event: one\nevent: two\n\nevent: three\ndata: a\n\n",
    b"event:\ndata: a\n\nevent: \tx\ndata:\tb\n\n",
    b"data:a\ndata:  b\ndata:::c\n\n",
    b"data: \xff\xfe\ndata: \xf0\x9f\x98\ndata: \xed\xa0\x80\n\n",
    "data: 😀é\u2028\x0b\x85\n\n".encode(),
    b"data: nul\0nul\nda\0ta: x\n\n",
    b"<html><title>502</title></html>\n",
    b'{"detail":"not a stream"}',
    b"data: a\\n\\ndata: b\n\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\r\n\r\n",
    b"7\r\ndata: a\r\n\r\n0\r\n\r\n",
    b"\x1f\x8b\x08\x00data: a\n\n",
    b"\n\r\n\r\r\n\n",
    b"",
]
streams = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


def read(stream: bytes) -> tuple[list[Event], list[str]]:
    """Parse a stream that comes in one piece."""
    parser = Parser()
    events = parser.feed(stream)
    return events, [problem.text for problem in parser.finish()]


def seen(stream: bytes) -> list[tuple[str, str, str]]:
    """What a page would see of a stream: type, data and last event id."""
    return [(event.type, event.data, event.id) for event in read(stream)[0]]


def by_the_book(stream: bytes) -> list[tuple[str, str, str]]:
    """Read a whole stream as the standard words it: decode first, then line by line."""
    text = stream.decode(errors="replace").removeprefix("\ufeff")
    lines = re.split("\r\n|\n|\r", text)[:-1]
    events, data, kind, last_id = [], "", "", ""
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line and data:
            events.append((kind or "message", data.removesuffix("\n"), last_id))
        if not line:
            data, kind = "", ""
        elif name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value
        elif name == "id" and "\0" not in value:
            last_id = value
    return events


def retry_by_the_book(stream: bytes) -> int | None:
    """The last reconnection time of ASCII digits alone, in the same way; one that no browser could wait is none."""
    text = stream.decode(errors="replace").removeprefix("\ufeff")
    fields = [line.partition(":") for line in re.split("\r\n|\n|\r", text)[:-1]]
    values = [value.removeprefix(" ") for name, _, value in fields if name == "retry"]
    return next((int(value) for value in reversed(values) if re.fullmatch("[0-9]{1,18}", value)), None)


@given(stream=streams, cuts=st.lists(st.integers(0, 80), max_size=12))
def test_chunks_do_not_matter(stream: bytes, cuts: list[int]) -> None:
    """However a stream is cut, its events, problems, last id and retry are the same."""
    whole, parts = Parser(), Parser()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    events = [event for start, end in itertools.pairwise(edges) for event in parts.feed(stream[start:end])]
    assert events == whole.feed(stream)
    assert parts.finish() == whole.finish()
    assert (parts.last_event_id, parts.retry) == (whole.last_event_id, whole.retry)


@given(stream=streams)
def test_reads_as_the_standard_says(stream: bytes) -> None:
    """The parser gives what a slow reading of the standard's words gives."""
    assert seen(stream) == by_the_book(stream)


@given(stream=st.binary(max_size=200))
def test_any_bytes_are_read(stream: bytes) -> None:
    """No bytes whatever make the parser raise, and the offsets point into the stream."""
    parser = Parser()
    events = parser.feed(stream)
    assert all(0 <= event.offset < len(stream) for event in events)
    assert all(0 <= problem.offset <= len(stream) for problem in parser.finish())


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"data: a\n\n", [("message", "a", "")], id="one event"),
        pytest.param(b"data:a\n\n", [("message", "a", "")], id="no space after the colon"),
        pytest.param(b"data:  a \n\n", [("message", " a ", "")], id="one leading space is removed, no more"),
        pytest.param(b"data:\ta\n\n", [("message", "\ta", "")], id="a tab is no space"),
        pytest.param(b"data: a\ndata: b\n\n", [("message", "a\nb", "")], id="lines of data are joined by LF"),
        pytest.param(b"data\n\n", [("message", "", "")], id="a field without a colon is empty"),
        pytest.param(b"data:\n\n", [("message", "", "")], id="empty data is still an event"),
        pytest.param(b"data\ndata\n\n", [("message", "\n", "")], id="two empty lines of data make one LF"),
        pytest.param(b"data: a:b: c\n\n", [("message", "a:b: c", "")], id="the first colon splits"),
        pytest.param(b"event: end\ndata: a\n\n", [("end", "a", "")], id="a type"),
        pytest.param(b"event: a\nevent: b\ndata: c\n\n", [("b", "c", "")], id="the last type counts"),
        pytest.param(b"event: a\nevent\ndata: c\n\n", [("message", "c", "")], id="an empty type is message"),
        pytest.param(b"event: a\n\ndata: b\n\n", [("message", "b", "")], id="a blank line forgets the type"),
        pytest.param(b"Data: a\n data: b\ndata : c\n\n", [], id="names are exact"),
        pytest.param(b": note\ndata: a\n:\n\n", [("message", "a", "")], id="comments are skipped"),
        pytest.param(b"data: a\r\rdata: b\r\n\r\n", [("message", "a", ""), ("message", "b", "")], id="CR and CRLF"),
        pytest.param(b"\n\n\r\ndata: a\n\n\n\n", [("message", "a", "")], id="blank lines alone are nothing"),
        pytest.param(b"data: a\n", [], id="the blank line is missing"),
        pytest.param(b"data: a\n\ndata: b", [("message", "a", "")], id="the last line is cut"),
        pytest.param(
            b"id: 1\ndata: a\n\ndata: b\n\n", [("message", "a", "1"), ("message", "b", "1")], id="an id lasts"
        ),
        pytest.param(b"id: 1\n\nid\ndata: a\n\n", [("message", "a", "")], id="an empty id resets"),
        pytest.param(b"id: 1\n\ndata: a\n\n", [("message", "a", "1")], id="an id without data lasts too"),
        pytest.param(b"id: 1\nid: 2\0\ndata: a\n\n", [("message", "a", "1")], id="an id with NUL is ignored"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", [("message", "a", "")], id="one BOM is stripped"),
        pytest.param(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", [], id="a second BOM is part of the name"),
        pytest.param(b"data: a\xff\n\n", [("message", "a\ufffd", "")], id="what is not UTF-8 is replaced"),
        pytest.param(b"data: a\x0b\x0c\x85\n\n", [("message", "a\x0b\x0c\ufffd", "")], id="only CR and LF end lines"),
        pytest.param("data: a\u2028b\n\n".encode(), [("message", "a\u2028b", "")], id="a line separator ends nothing"),
        pytest.param(b"data: a\0b\n\n", [("message", "a\0b", "")], id="NUL may stand in data"),
    ],
)
def test_format(stream: bytes, expected: list[tuple[str, str, str]]) -> None:
    """Each rule of the format holds."""
    assert seen(stream) == expected


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        (b"data: \xff\n\n", r"bytes that are not UTF-8: '\ufffd'"),
        (b": \xff\n\n", r"bytes that are not UTF-8: '\ufffd'"),
        (b"data: a\n", "the stream stops before the blank line of its last event, which is dropped"),
        (b"data: a\n\ndata: b", "the stream stops within a line: 'data: b'"),
        (b"data: a\nhello\n\n", "a line that is neither a field nor a comment: 'hello'"),
        (b"data: a\nname: b\n\n", "unknown field 'name'"),
        (b"data: a\r\n\n", "line ends are mixed: CRLF, then LF"),
        (b"data: a\n\r", "line ends are mixed: LF, then CR"),
        (b"\xef\xbb\xbfdata: a\n\n", "the stream starts with a byte order mark"),
        (b"\xef\xbb\xbf", "the stream starts with a byte order mark"),
        (b"id: a\0\n\n", "an id with a NUL, which is ignored"),
        (b"retry: soon\n\n", "a retry that is no number of milliseconds: 'soon'"),
        (b"retry: " + b"9" * 5000 + b"\n\n", "a retry that is no number of milliseconds: '" + "9" * 40 + "'..."),
        (b"event: end\n\n", "an event of type 'end' without data, which no client gets to see"),
    ],
)
def test_problem(stream: bytes, problem: str) -> None:
    """What a browser forgives is told in a sentence, once."""
    assert read(stream)[1] == [problem]


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"data: a\n\n",
        b"data: a\r\n\r\n",
        b"data: a\r\r",
        b"retry: 3000\n\n",
        b"id: 1\n\n",
        b": keep-alive\n",
        b"data\n\n",
        "data: é😀\n\n".encode(),
    ],
)
def test_no_problem(stream: bytes) -> None:
    """A well-formed stream has no problems, whichever line end it uses."""
    assert read(stream)[1] == []


def test_a_lone_carriage_return_completes_an_event_at_once() -> None:
    """An event is handed out at its CR, and the LF that may follow adds nothing."""
    parser = Parser()
    assert [event.data for event in parser.feed(b"data: a\r\n\r")] == ["a"]
    assert parser.feed(b"\n") == []
    assert [event.data for event in parser.feed(b"data: b\r\n\r\n")] == ["b"]
    assert parser.finish() == []


def test_offsets_count_raw_bytes() -> None:
    """An event's offset is where its first field starts, with the BOM, CRs and cut line ends counted."""
    stream = b"\xef\xbb\xbf: hi\r\n\r\ndata: a\r\n\r\n\r\nid: 1\r\ndata: b\r\n\r\n"
    parser = Parser()
    offsets = [event.offset for at in range(len(stream)) for event in parser.feed(stream[at : at + 1])]
    assert offsets == [stream.index(b"data: a"), stream.index(b"id: 1")]


def test_the_last_event_id_and_retry_are_kept() -> None:
    """A client knows what to resume from and how long to wait; an id counts from its blank line on."""
    parser = Parser()
    parser.feed(b"retry: 1500\nid: 7\ndata: a\n\nid: 8\n")
    assert (parser.last_event_id, parser.retry) == ("7", 1500)
    parser.feed(b"\n")
    assert parser.last_event_id == "8"


def test_problems_are_bounded() -> None:
    """A stream that is wrong throughout does not fill the memory with complaints."""
    parser = Parser()
    parser.feed(b"nonsense\n" * 10_000)
    assert len(parser.finish()) == MOST_PROBLEMS


def test_a_problem_says_where() -> None:
    """A problem names its place in the stream."""
    parser = Parser()
    parser.feed(b"data: a\n\nname: b\n\n")
    assert [str(problem) for problem in parser.finish()] == ["unknown field 'name' (at byte 9)"]


def test_a_long_line_in_small_chunks_takes_linear_work() -> None:
    """A line of 8 MiB that comes in 1 KiB pieces is joined once."""
    parser = Parser()
    events = [event for _ in range(8192) for event in parser.feed(b"x" * 1024)]
    assert events == []
    assert len(parser._held) == 8192
    assert parser.feed(b"\n\n") == []


def test_ten_thousand_chunkings() -> None:
    """However ten thousand streams are cut, each reads as it does whole, and as a slow reading of the standard."""
    dice = random.Random(0)  # noqa: S311  no secret is made of it
    for _ in range(10_000):
        stream = b"".join(dice.choices(PIECES + MALFORMED, k=dice.randint(1, 12)))
        cuts = sorted(dice.choices(range(len(stream) + 1), k=dice.randint(0, 8)))
        whole, parts = Parser(), Parser()
        expected = whole.feed(stream)
        edges = itertools.pairwise([0, *cuts, len(stream)])
        assert [event for start, end in edges for event in parts.feed(stream[start:end])] == expected, (stream, cuts)
        assert parts.finish() == whole.finish(), (stream, cuts)
        assert (parts.last_event_id, parts.retry) == (whole.last_event_id, whole.retry), (stream, cuts)
        assert [(event.type, event.data, event.id) for event in expected] == by_the_book(stream), stream
        assert whole.retry == retry_by_the_book(stream), stream


USUAL = [
    b"data: a\n\n",
    b"data:\n\n",
    'event: token\ndata: {"text": "é 😀"}\n\n'.encode(),
    b"id: 7\nevent:\ndata:  a\n\n",
    b"event: token\nid:8\ndata: a: b\n\n",
    b"id:\ndata: a\n\n",
    b"event: a\nid: 1\nevent: b\ndata: twice\n\n",
    b"id: n\0l\ndata: a\n\n",
    b"data: \xff\n\n",
    b"event: \xff\ndata: a\n\n",
    b"id: \xff\ndata: a\n\n",
    b"event: dropped\n\n",
    b"data: one\ndata: two\n\n",
    b"data: a\r\n\r\n",
    b": ping\n\n",
    b"retry: 5\n\n",
    b"data: half",
    b" a line\n\n",
]


@given(pieces=st.lists(st.lists(st.sampled_from(USUAL), min_size=1, max_size=3).map(b"".join), max_size=12))
def test_events_that_come_whole_read_as_byte_by_byte(pieces: list[bytes]) -> None:
    """What is read faster, since it comes as most servers send it, is read alike: events, offsets, ids and problems."""
    whole, slow = Parser(), Parser()
    fast = [event for piece in pieces for event in whole.feed(piece)]
    assert fast == [event for byte in b"".join(pieces) for event in slow.feed(bytes([byte]))]
    assert whole.last_event_id == slow.last_event_id
    assert whole.finish() == slow.finish()


@example(pieces=[b"data: a\n\n", b"event: token\nid:8\ndata: a: b\n\n", b"data: a\n\n"])
@given(pieces=st.lists(st.lists(st.sampled_from(USUAL), min_size=1, max_size=2).map(b"".join), max_size=12))
def test_events_like_the_one_before_read_alike(pieces: list[bytes]) -> None:
    """Whoever asks first for the data of an event that is like the one before reads what everybody reads."""
    quick, slow = Parser(), Parser()
    found = []
    for piece in pieces:
        data = quick.data_alike(piece)
        events = quick.feed(piece) if data is None else [Event(quick.kind_before, data, "", 0)]
        found += [event[:2] for event in events]
    assert found == [event[:2] for byte in b"".join(pieces) for event in slow.feed(bytes([byte]))]
    assert quick.last_event_id == slow.last_event_id
    assert quick.finish() == slow.finish()


@pytest.mark.parametrize(("mark", "last"), [("", ""), ("id: {}\n", "3")])
def test_what_is_like_the_event_before(mark: str, last: str) -> None:
    """After two whole events the next one's data is had at once, whatever its id; what is not like them is not."""
    parser = Parser()
    events = [f"{mark.format(number)}event: token\ndata: é {number}\n\n".encode() for number in range(4)]
    assert [parser.data_alike(event) or parser.feed(event)[0].data for event in events] == ["é 0", "é 1", "é 2", "é 3"]
    assert (parser.data_alike(events[3]), parser.kind_before, parser.last_event_id) == ("é 3", "token", last)
    for other in (
        b"\nx\n\n",
        b"id: 4",
        b"",
        b"event: end\ndata: 4\n\n",
        events[3] * 2,
        events[3][:-1],
        events[3] + b"\n",
    ):
        assert parser.data_alike(other) is None


@pytest.mark.parametrize("stream", MALFORMED)
def test_malformed_cut_everywhere(stream: bytes) -> None:
    """Each malformed form reads the same when it comes byte by byte, and when it is cut at any one place."""
    stream += b"\n\ndata: after\n\n"
    expected, problems = read(stream)
    for cut in range(1, len(stream)):
        for pieces in ([stream[:cut], stream[cut:]], [stream[at : at + 1] for at in range(len(stream))]):
            parser = Parser()
            assert [event for piece in pieces for event in parser.feed(piece)] == expected
            assert [problem.text for problem in parser.finish()] == problems
    assert seen(stream) == by_the_book(stream)
