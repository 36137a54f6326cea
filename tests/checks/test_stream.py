"""Each check of an event stream is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from checks import stream
from gonogo.check import Bound, Check
from gonogo.exchange import Headers, Request, StreamedExchange, StreamEvent
from gonogo.trouble import NotEvaluable

TYPE = (("Content-Type", "text/event-stream; charset=utf-8"),)
END = StreamEvent(type="end", data="{}", terminal=True)
ERROR = StreamEvent(type="error", data="{}", error="overloaded")


def token(text: str = "a", arrived: float = 0.1, data: str = '{"text": "a"}') -> StreamEvent:
    """An event that carries text."""
    return StreamEvent(type="token", data=data, delta=text, arrived=arrived)


def reply(*events: StreamEvent, headers: tuple[tuple[str, str], ...] = TYPE, body: bytes = b"") -> StreamedExchange:
    """A stream of these events."""
    request = Request(operation="send_message", method="POST", url="https://chat.example.com/", streams=True)
    return StreamedExchange(
        id="1", person="ada", request=request, status=200, headers=Headers(headers), body=body, events=events
    )


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


@pytest.mark.parametrize(
    ("headers", "complaints"),
    [
        (TYPE, []),
        ((("content-type", "TEXT/EVENT-STREAM"),), []),
        ((("Content-Type", "application/json"),), ["Content-Type is application/json, text/event-stream expected"]),
        ((), ["Content-Type is missing, text/event-stream expected"]),
        ((*TYPE, ("Content-Length", "7")), ["a stream with Content-Length: 7"]),
    ],
)
def test_content_type(headers: tuple[tuple[str, str], ...], complaints: list[str]) -> None:
    """A stream says that it is one, and no length."""
    assert said(stream.content_type_is_event_stream, reply(headers=headers)) == complaints


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ([token(), END], None),
        ([token(), token()], "the stream stopped after 2 events without a terminal event"),
        ([], "the stream stopped after 0 events without a terminal event"),
        ([token(), END, token()], "1 terminal events, and 1 events after it"),
        ([END, token(), END], "2 terminal events, and 2 events after it"),
    ],
)
def test_terminal_event(events: list[StreamEvent], complaint: str | None) -> None:
    """A stream has one end, which is its last event."""
    assert said(stream.ends_with_terminal_event, reply(*events)) == ([complaint] if complaint else [])


@pytest.mark.parametrize(
    ("arrivals", "complaint"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5], None),
        ([0.1, 0.104, 0.108, 0.112, 0.116], None),
        ([0.5] * 5, "5 tokens arrived at 1 moment(s), at 0.50 s after the request"),
        ([0.5, 0.501, 0.502, 0.503, 0.504], "5 tokens arrived at 1 moment(s), at 0.50 s after the request"),
        ([0.1, 0.5, 0.5, 0.5, 0.5], "5 tokens arrived at 2 moment(s), at 0.10 s after the request"),
    ],
)
def test_incremental(arrivals: list[float], complaint: str | None) -> None:
    """Tokens that come one by one are fine, however quickly; tokens that come at once were held back."""
    shown = reply(*(token(arrived=arrived) for arrived in arrivals), END)
    expected = [complaint] if complaint else []
    assert said(stream.arrives_bit_by_bit, shown) == expected
    assert said(stream.arrives_bit_by_bit_compressed, shown) == expected


@pytest.mark.parametrize("arrivals", [[0.1] * 5, [0.001, 0.002, 0.003, 0.09, 0.0901]])
def test_a_very_fast_model(arrivals: list[float]) -> None:
    """A whole answer within a tenth of a second proves no holding back; later than that it does."""
    with pytest.raises(NotEvaluable, match="too fast to tell"):
        said(stream.arrives_bit_by_bit, reply(*(token(arrived=arrived) for arrived in arrivals), END))
    assert len(said(stream.arrives_bit_by_bit, reply(*[token(arrived=0.11)] * 5, END))) == 1


def test_too_few_tokens() -> None:
    """A handful of tokens cannot tell; events without text are none."""
    empty = StreamEvent(type="token", data="{}", delta="")
    with pytest.raises(NotEvaluable, match="4 tokens are too few"):
        said(stream.arrives_bit_by_bit, reply(*[token()] * 4, empty, END))


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ([token(arrived=0.5)], None),
        ([token("", arrived=0.1), token(arrived=0.62)], "first token after 0.62 s, promised within 0.50 s"),
        ([END], "no token at all, promised within 0.50 s"),
    ],
)
def test_first_token(events: list[StreamEvent], complaint: str | None) -> None:
    """The first token with text comes in time."""
    assert said(stream.first_token_within(0.5), reply(*events)) == ([complaint] if complaint else [])


def test_no_promise_for_the_first_token() -> None:
    """Without a promise nothing can be said."""
    with pytest.raises(NotEvaluable, match="promises no time"):
        said(stream.first_token_within(None), reply(token()))


def test_well_formed() -> None:
    """Bytes that follow the format are fine; what a browser only forgives is told; an empty stream is nothing."""
    assert said(stream.is_well_formed, reply(body=b"data: {}\n\n")) == []
    assert len(said(stream.is_well_formed, reply(body=b"bogus line\n\ndata: {}\n\ndata: cut"))) >= 2
    with pytest.raises(NotEvaluable, match="empty"):
        said(stream.is_well_formed, reply())


@pytest.mark.parametrize(
    ("data", "complaints"),
    [
        (['{"text": "a"}', "[1]"], []),
        (["hello", "1", "true"], []),
        (['{"text": "a"}', '{"text": '], ["the data of event 2 (token) is no JSON: '{\"text\": '"]),
        (['{"text": ', '{"text": "a"}'], ["the data of event 1 (token) is no JSON: '{\"text\": '"]),
        (["{}", "[" * 100_000], [f"the data of event 2 (token) is no JSON: '{'[' * 60}'"]),
    ],
)
def test_payloads(data: list[str], complaints: list[str]) -> None:
    """Where one event of a kind is a JSON document, all of that kind are; plain text is no JSON, and need not be."""
    done = StreamEvent(type="token", data="[DONE]", terminal=True)
    assert said(stream.payloads_are_readable, reply(*(token(data=one) for one in data), done)) == complaints


def test_no_payloads() -> None:
    """A stream that only ends has nothing to read."""
    with pytest.raises(NotEvaluable, match="no event but its end"):
        said(stream.payloads_are_readable, reply(END))


MARK = StreamEvent(type="message", data="[DONE]", terminal=True)


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ([token(), ERROR], None),
        ([token()], "the model failed, and the stream ended after 1 events without an error event"),
        ([token(), END], "the model failed, and the stream ended after 2 events without an error event"),
        ([token(), ERROR, END], "the stream has an error event, and then ends as if all were well"),
        ([token(), ERROR, MARK], None),
        ([token(), MARK, ERROR], "the stream has an error event, and then ends as if all were well"),
    ],
)
def test_reports_failure(events: list[StreamEvent], complaint: str | None) -> None:
    """A failure is told in the stream, and is its end, but for a bare mark that closes every stream."""
    assert said(stream.reports_failure, reply(*events)) == ([complaint] if complaint else [])


SHAPES: dict[str, Any] = {"token": {"/text": "string", "/index": "integer"}}


@pytest.mark.parametrize(
    ("data", "complaints"),
    [
        ('{"text": "a", "index": 0}', []),
        ('{"text": "a"}', ["event 1 (token) has nothing at /index"]),
        ('{"text": "a", "index": "0"}', ["event 1 (token) has str '0' at /index, integer expected"]),
        ('{"text": "a", "index": true}', ["event 1 (token) has bool 'True' at /index, integer expected"]),
        ('{"text": "a"', []),
    ],
)
def test_event_shapes(data: str, complaints: list[str]) -> None:
    """Each event holds what is promised of its type, of the promised kind; what is no JSON is another check's."""
    assert said(stream.events_hold_what_is_promised(SHAPES), reply(token(data=data), END)) == complaints


def test_no_event_of_a_promised_type() -> None:
    """A stream that has none of the promised events shows nothing."""
    with pytest.raises(NotEvaluable, match="no event of the types token"):
        said(stream.events_hold_what_is_promised(SHAPES), reply(END))


@pytest.mark.parametrize(
    ("got", "complaint"),
    [
        ("añ\n", None),
        ("a\ufffd\n", r"from letter 2 on it said '\ufffd\n', '\xf1\n' expected"),
        ("añ", r"from letter 3 on it said '', '\n' expected"),
        ("añ\n!", r"from letter 4 on it said '!', '' expected"),
    ],
)
def test_text_intact(got: str, complaint: str | None) -> None:
    """Text comes through to the letter, or the first letter that does not is shown."""
    assert said(stream.text_is_intact("añ\n"), reply(token(got), END)) == ([complaint] if complaint else [])


@pytest.mark.parametrize(
    ("data", "complaints"),
    [
        ('{"usage": {"tokens": 3}}', []),
        ('{"usage": {"tokens": 0}}', ["0 tokens at /usage/tokens, for an answer of 3 words"]),
        ('{"usage": null}', ["none of 3 events has a number at /usage/tokens"]),
        ('{"usage": {"tokens": 36}}', ["36 tokens at /usage/tokens: as many as the answer has letters"]),
        ('{"usage": {"tokens": 900}}', []),
        ('{"usage": {"tokens": true}}', ["none of 3 events has a number at /usage/tokens"]),
    ],
)
def test_usage(data: str, complaints: list[str]) -> None:
    """A number that is not nought stands in some event."""
    usage = StreamEvent(type="message", data=data)
    words = StreamEvent(type="token", data="{}", delta="responsibility understandably enough")
    assert said(stream.tells_what_it_cost("/usage/tokens"), reply(words, usage, END)) == complaints


def test_usage_of_nothing() -> None:
    """An answer without text has no tokens to tell of."""
    with pytest.raises(NotEvaluable, match="no text"):
        said(stream.tells_what_it_cost("/usage/tokens"), reply(END))
