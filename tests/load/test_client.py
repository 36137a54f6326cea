"""The client against a server that knows the truth."""

import json
import time
from collections.abc import Callable

import gevent
import pytest

from gonogo.dialect import read_event
from gonogo.eventstream import Event, Parser
from gonogo.policy import Goodput
from load.broken import Broken
from load.client import Answer, Client, Place
from load.dialected import Dialected, decoded
from load.stream import SECOND_NS, Reading
from load.wire import Unreachable
from tests.load.truth import DIALECT, FAULTS

NewClient = Callable[..., Client]
DIALECTED = Dialected(DIALECT)
CLOCKS_NS = 1_000_000  # by which the wall clock may be moved while we look


def ask(client: Client, query: str = "", stop_after: int | None = None) -> tuple[Answer, Reading]:
    """Have an answer streamed."""
    reading = Reading(DIALECTED, stop_after)
    return client.send(f"GET /stream?{query} HTTP/1.1\r\nHost: t\r\n\r\n".encode(), reading), reading


def test_a_whole_answer(new_client: NewClient) -> None:
    """A whole answer is not broken, and every one of its tokens is counted."""
    answer, reading = ask(new_client(), "tokens=7&gap_ms=2")

    assert reading.judge(answer) is None
    assert (reading.tokens, reading.ended, answer.complete) == (7, True, True)
    assert len(reading.gaps) + reading.together == 6


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named(new_client: NewClient, fault: Broken) -> None:
    """Each way in which an answer can be broken is recognised by its name."""
    idle_s = 0.2 if fault is Broken.STALLED else 10.0
    answer, reading = ask(new_client(idle_s=idle_s), f"tokens=6&gap_ms=1&fault={fault}")

    assert reading.judge(answer) is fault


def test_none_missed_and_none_false(new_client: NewClient) -> None:
    """Among many answers of which every third is broken, exactly those are found, each by its name."""
    wanted: list[Broken | None] = []
    found: list[Broken | None] = []

    def one(number: int) -> None:
        fault = FAULTS[number // 3 % len(FAULTS)] if number % 3 == 0 else None
        answer, reading = ask(new_client(idle_s=3.0), f"tokens=6&gap_ms=1&fault={fault or ''}")
        wanted.append(fault)
        found.append(reading.judge(answer))

    for begin in range(0, 240, 60):
        gevent.joinall([gevent.spawn(one, number) for number in range(begin, begin + 60)], raise_error=True)

    assert found == wanted
    assert len(found) == 240


def test_the_connection_is_kept(new_client: NewClient) -> None:
    """Answers that end well share a connection; after a broken one there is a new one."""
    client = new_client()
    for _ in range(3):
        ask(client, "tokens=2")
    assert client.opened == 1

    ask(client, "tokens=6&fault=cut")
    answer, reading = ask(client, "tokens=2")

    assert client.opened == 2
    assert reading.judge(answer) is None


def test_who_leaves_is_not_told_that_it_is_broken(new_client: NewClient) -> None:
    """An answer that we leave after a few tokens is not broken, and its connection is not used again."""
    client = new_client()
    answer, reading = ask(client, "tokens=50&gap_ms=5", stop_after=3)

    assert answer.left
    assert reading.tokens == 3
    assert reading.judge(answer) is None
    assert client.wire is None


class Kept(Reading):
    """A reading that keeps when each token arrived, and what it says."""

    def __init__(self) -> None:
        super().__init__(DIALECTED)
        self.kept: list[tuple[int, dict[str, int]]] = []

    def _token(self, document: dict[str, int], at_ns: int) -> None:
        super()._token(document, at_ns)
        if "at" in document:
            self.kept.append((at_ns, document))


def test_times_are_the_truth(new_client: NewClient) -> None:
    """No token arrives before it was sent, and the time to the first is no less than the server says that it was."""
    reading = Kept()
    answer = new_client().send(b"GET /stream?ttft_ms=30&gap_ms=5&tokens=5 HTTP/1.1\r\nHost: t\r\n\r\n", reading)
    first = reading.kept[0][1]

    assert len(reading.kept) == 5
    assert all(arrived >= token["at"] - CLOCKS_NS for arrived, token in reading.kept)
    assert reading.first_token_ns - answer.sent_ns >= first["at"] - first["asked"] - CLOCKS_NS
    assert answer.headers_ns <= reading.first_event_ns <= reading.first_token_ns


def test_tokens_that_come_together_are_counted(new_client: NewClient) -> None:
    """Tokens that arrive in one read have no gap between them, and are counted apart."""
    client = new_client()
    reading = Reading(DIALECTED)
    reading.feed(b'event: token\ndata: {"index":0,"text":"a"}\n\nevent: token\ndata: {"index":1,"text":"b"}\n\n', 1000)
    reading.feed(b'event: token\ndata: {"index":2,"text":"c"}\n\nevent: end\ndata: {}\n\n', 3000)

    assert (reading.tokens, reading.together, reading.gaps) == (3, 1, [2000])
    assert client.opened == 0


def test_nobody_there() -> None:
    """Where nobody listens, the answer says so in a sentence."""
    client = Client(Place("127.0.0.1", 1, "127.0.0.1", None, None))
    answer, reading = ask(client)

    assert isinstance(answer.trouble, Unreachable)
    assert "no connection to 127.0.0.1:1" in str(answer.trouble)
    assert reading.judge(answer) is Broken.UNREACHABLE


def test_plain_answers(new_client: NewClient) -> None:
    """A plain answer comes with its status, its body, and the moment of its end."""
    began = time.monotonic_ns()
    answer = new_client().send(b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")

    assert (answer.status, bytes(answer.body), answer.complete) == (200, b'{"items":[1,2,3]}', True)
    assert began <= answer.sent_ns <= answer.ended_ns <= time.monotonic_ns()


@pytest.mark.parametrize(
    "event",
    [
        Event("token", '{"text":"a","index":0}', "", 0),
        Event("token", '{"text":""}', "", 0),
        Event("token", "[1]", "", 0),
        Event("end", "{}", "", 0),
        Event("error", '{"title":"x"}', "", 0),
        Event("ping", "{}", "", 0),
        Event("other", '{"text":"a"}', "", 0),
        Event("message", "nonsense", "", 0),
    ],
)
def test_reads_as_the_dialect_does(event: Event) -> None:
    """What a stream's reading makes of an event is what the dialect makes of it."""
    slow = read_event(DIALECT, event, 0.0, "")
    data = f"event: {event.type}\ndata: {event.data}\n\n".encode()
    assert Parser().feed(data)[0][:2] == event[:2]
    for before in (0, 3):
        reading = Reading(DIALECTED)
        for _ in range(before):
            reading.feed(b'event: token\ndata: {"text":"a"}\n\n', 1)
        reading.feed(data, 2)

        assert reading.tokens == before + bool(slow.delta)
        assert reading.ended == slow.terminal
        assert (reading.broken is Broken.REPORTED) == (slow.error is not None)


@pytest.mark.parametrize(
    ("data", "broken"),
    [
        (b'event: token\ndata: {"text":\n\n', Broken.BAD_JSON),
        (b'event: token\ndata: {"text":"a","index":4}\n\n', Broken.OUT_OF_ORDER),
        (b'event: token\ndata: {"text":"a","index":2}\n\n', Broken.OUT_OF_ORDER),
        (b'event: token\ndata: {"text":"a","index":3}\n\n', None),
    ],
)
def test_what_comes_like_the_token_before(data: bytes, broken: Broken | None) -> None:
    """A token that begins like the one before is looked at as closely as the first."""
    reading = Reading(DIALECTED)
    for number in range(3):
        reading.feed(b'event: token\ndata: {"text":"a","index":%d}\n\n' % number, number)
    reading.feed(data, 9)
    assert reading.broken is broken


def test_a_token_after_the_end() -> None:
    """Also a token that is like the ones before is one too many after the end."""
    reading = Reading(DIALECTED)
    token = b'event: token\ndata: {"text":"a"}\n\n'
    for data in (token, token, b"event: end\ndata: {}\n\n", token, token):
        reading.feed(data, 1)
    assert (reading.tokens, reading.broken) == (2, Broken.AFTER_END)


@pytest.mark.parametrize("text", ['{"a":1}', ' {"a":[]} ', "7", '"x"', "", " ", "{}x", "[", "nonsense", "[" * 100_000])
def test_decodes_as_json_does(text: str) -> None:
    """A text is the same document, or none, to the load as to everybody."""
    try:
        wanted: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        with pytest.raises(type(error)):
            decoded(text)
    else:
        assert decoded(text) == wanted


@pytest.mark.parametrize(
    ("promised", "in_time"),
    [
        (None, True),
        (Goodput(share=0.9, ttft_s=0.3), True),
        (Goodput(share=0.9, ttft_s=0.1), False),
        (Goodput(share=0.9, ttft_s=0.3, gap_s=0.5), True),
        (Goodput(share=0.9, ttft_s=0.3, gap_s=0.3), False),
    ],
)
def test_an_answer_in_time(promised: Goodput | None, *, in_time: bool) -> None:
    """The first token counts from when it was meant, and the longest gap by itself."""
    reading = Reading(DIALECTED)
    for number, moment in enumerate((1.2, 1.3, 1.7)):
        reading.feed(b'event: token\ndata: {"index":%d,"text":"a"}\n\n' % number, int(moment * SECOND_NS))
    assert reading.is_in_time(SECOND_NS, promised) is in_time
