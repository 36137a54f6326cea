"""How events are read in a target's dialect."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gonogo.dialect import Dialect, at_pointer, read_event
from gonogo.eventstream import Event
from gonogo.exchange import StreamEvent

NAMED = Dialect.model_validate(
    {
        "delta": {"event": "token", "pointer": "/text"},
        "end": {"event": "end"},
        "error": {"event": "error"},
        "ignore": ["ping"],
    }
)
DATA_ONLY = Dialect.model_validate(
    {
        "delta": {"pointer": "/choices/0/delta/content"},
        "end": {"data": "[DONE]"},
        "error": {"pointer": "/error"},
    }
)
CUMULATIVE = Dialect.model_validate(
    {"delta": {"pointer": "/message"}, "cumulative": True, "end": {"pointer": "/done"}, "error": None}
)


def event(data: Any, kind: str = "message") -> Event:  # noqa: ANN401  JSON has no narrower type
    """An event with this data, as JSON unless it is text already."""
    return Event(kind, data if isinstance(data, str) else json.dumps(data), "", 0)


def read(dialect: Dialect, data: Any, kind: str = "message", said: str = "") -> StreamEvent:  # noqa: ANN401  the same
    """Read one event."""
    return read_event(dialect, event(data, kind), 0.25, said)


def test_what_came_is_kept() -> None:
    """Type, data, id and arrival are passed on as they are."""
    read = read_event(NAMED, Event("token", '{"text": "Hi "}', "m:1", 9), 0.25, "")
    assert read == StreamEvent(type="token", data='{"text": "Hi "}', id="m:1", arrived=0.25, delta="Hi ")


@pytest.mark.parametrize(
    ("dialect", "kind", "data", "delta"),
    [
        (NAMED, "token", {"text": "Hi"}, "Hi"),
        (NAMED, "token", {"text": ""}, ""),
        (NAMED, "token", {"text": 7}, None),
        (NAMED, "token", {"other": "Hi"}, None),
        (NAMED, "token", "no JSON", None),
        (NAMED, "token", "[" * 100_000, None),
        (NAMED, "token", {"text": "\ud83d\ude00"}, "😀"),
        (NAMED, "token", {"text": "\ud83d"}, "\ufffd"),
        (NAMED, "start", {"text": "Hi"}, None),
        (NAMED, "ping", {"text": "Hi"}, None),
        (DATA_ONLY, "message", {"choices": [{"delta": {"content": "Hi"}}]}, "Hi"),
        (DATA_ONLY, "message", {"choices": []}, None),
        (DATA_ONLY, "message", "[DONE]", None),
        (DATA_ONLY, "message", {"error": "no", "choices": [{"delta": {"content": "Hi"}}]}, None),
    ],
)
def test_delta(dialect: Dialect, kind: str, data: Any, delta: str | None) -> None:  # noqa: ANN401  the same
    """Only text at the delta's pointer, in an event of the delta's type, is part of the answer."""
    assert read(dialect, data, kind).delta == delta


@pytest.mark.parametrize(
    ("said", "message", "delta"),
    [("", "Hi", "Hi"), ("Hi", "Hi there", " there"), ("Hi", "Hi", ""), ("Hi", "Hello", "Hello")],
)
def test_cumulative_delta(said: str, message: str, delta: str) -> None:
    """Of cumulative text only what is new is a delta; text that was taken back counts again as a whole."""
    assert read(CUMULATIVE, {"message": message}, said=said).delta == delta


@pytest.mark.parametrize(
    ("dialect", "kind", "data", "terminal"),
    [
        (NAMED, "end", {}, True),
        (NAMED, "end", "no JSON", True),
        (NAMED, "token", {"text": "end"}, False),
        (DATA_ONLY, "message", "[DONE]", True),
        (DATA_ONLY, "message", " [DONE]", False),
        (CUMULATIVE, "message", {"done": True}, True),
        (CUMULATIVE, "message", {"done": "stop"}, True),
        (CUMULATIVE, "message", {"done": False}, False),
        (CUMULATIVE, "message", {"done": None}, False),
        (CUMULATIVE, "message", {}, False),
    ],
)
def test_end(dialect: Dialect, kind: str, data: Any, terminal: bool) -> None:  # noqa: ANN401, FBT001  a table's column
    """The end is known by its type, its data, or a value that is there at last."""
    assert read(dialect, data, kind).terminal is terminal


def test_every_sign_of_the_end_must_hold() -> None:
    """An end that names a type and a pointer needs both."""
    both = NAMED.model_copy(update={"end": NAMED.end.model_copy(update={"pointer": "/done"})})
    assert read(both, {"done": True}, "end").terminal
    assert not read(both, {"done": False}, "end").terminal
    assert not read(both, {"done": True}, "token").terminal


@pytest.mark.parametrize(
    ("dialect", "kind", "data", "error"),
    [
        (NAMED, "error", {"title": "Overloaded"}, '{"title": "Overloaded"}'),
        (NAMED, "error", "gone", "gone"),
        (NAMED, "token", {"error": "no"}, None),
        (DATA_ONLY, "message", {"error": "gone"}, "gone"),
        (DATA_ONLY, "message", {"error": {"code": 7}}, '{"code": 7}'),
        (DATA_ONLY, "message", {"error": None}, None),
        (DATA_ONLY, "message", {}, None),
        (CUMULATIVE, "message", {"error": "gone"}, None),
    ],
)
def test_error(dialect: Dialect, kind: str, data: Any, error: str | None) -> None:  # noqa: ANN401  the same
    """An error is known by its type or by a value at its pointer, and says what it says."""
    assert read(dialect, data, kind).error == error


def test_an_error_event_without_its_words_is_still_an_error() -> None:
    """Where the type tells an error, a pointer that finds nothing does not hide it."""
    dialect = Dialect.model_validate(
        {"delta": {"pointer": ""}, "end": {"event": "end"}, "error": {"event": "error", "pointer": "/detail"}}
    )
    assert read(dialect, {"detail": "Overloaded"}, "error").error == "Overloaded"
    assert read(dialect, {"code": 7}, "error").error == '{"code": 7}'


@pytest.mark.parametrize(
    "section",
    [
        {"delta": {"pointer": "text"}, "end": {"event": "end"}},
        {"delta": {"pointer": "/text"}, "end": {}},
        {"delta": {"pointer": "/text"}, "end": {"event": "end"}, "error": {}},
        {"delta": {"pointer": "/text"}, "end": {"event": "end"}, "unknown": 1},
        {"delta": {"pointer": "/text"}},
    ],
)
def test_a_section_that_says_too_little_is_refused(section: dict[str, Any]) -> None:
    """A dialect that would take every event for the end, or none for text, is no dialect."""
    with pytest.raises(ValidationError):
        Dialect.model_validate(section)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", {"a/b": [{"~": 1}, None]}),
        ("/a~1b/0/~0", 1),
        ("/a~1b/1", None),
        ("/a~1b/2", None),
        ("/a~1b/-1", None),
        ("/a~1b/00", None),
        ("/a~1b/-", None),
        ("/a~1b/" + "9" * 5000, None),
        ("/a~1b/0/~0/deeper", None),
    ],
)
def test_pointer(pointer: str, found: Any) -> None:  # noqa: ANN401  the same
    """A pointer finds what RFC 6901 says, and nothing where it leads nowhere."""
    assert at_pointer({"a/b": [{"~": 1}, None]}, pointer) == found


@given(kind=st.sampled_from(["token", "end", "error", "ping", "message"]), data=st.text(), said=st.text())
def test_anything_can_be_read(kind: str, data: str, said: str) -> None:
    """Whatever a target sends, reading it does not raise."""
    for dialect in (NAMED, DATA_ONLY, CUMULATIVE):
        assert read(dialect, data, kind, said).data == data
