"""Each check of conversations is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks import chat
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Refusal, Request, StreamedExchange, StreamEvent
from gonogo.trouble import NotEvaluable


def answer(status: int, person: str = "ada", body: object = None) -> Exchange:
    """An answer to somebody."""
    request = Request(operation="history", method="GET", url="https://chat.example.com/")
    return Exchange(
        id="1", person=person, request=request, status=status, body=json.dumps(body).encode(), expected=(200,)
    )


def reply(*words: str, person: str = "ada", body: bytes = b"") -> StreamedExchange:
    """A stream that says these words, one an event."""
    request = Request(operation="send_message", method="POST", url="https://chat.example.com/", streams=True)
    events = tuple(StreamEvent(type="token", data="{}", delta=word) for word in words)
    return StreamedExchange(id="1", person=person, request=request, status=200, events=events, body=body)


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


def test_answers() -> None:
    """The words that were asked for are in the answer, in any case; else both are told."""
    assert said(chat.says("all ready"), reply("Well: ", "All ", "Ready", ".")) == []
    assert said(chat.says("all ready"), reply("Hello")) == ["asked for the words 'all ready', it said 'Hello'"]
    assert said(chat.says("all ready"), reply()) == ["asked for the words 'all ready', it said ''"]


def test_remembers() -> None:
    """What was said before is in the answer; else both are told."""
    assert said(chat.remembers("red fox"), reply("You said: ", "Red fox")) == []
    assert said(chat.remembers("red fox"), reply("Hello")) == [
        "asked what was said just before, which was 'red fox', it said 'Hello'"
    ]


@pytest.mark.parametrize(
    ("words", "complaints"),
    [
        (("One ", "two ", "three ", "four"), []),
        (("one ", "two"), ["the answer stops after 2 of 4 words"]),
        (("one ", "three ", "four"), ["the answer lacks 1 of 4 words, the first of them number 2"]),
        (
            ("one ", "twoone ", "two ", "three ", "four"),
            ["the answer begins twice: its first words come again before the rest"],
        ),
        (("Well: ", "one ", "two ", "three ", "four"), []),
        ((), ["the answer lacks 4 of 4 words, the first of them number 1"]),
    ],
)
def test_a_whole_answer(words: tuple[str, ...], complaints: list[str]) -> None:
    """Where an answer stops is told, and how many words it lacks."""
    assert said(chat.says_all("one two three four"), reply(*words)) == complaints


@pytest.mark.parametrize(
    ("stored", "complaints"),
    [
        (["hi", "hello there"], []),
        (["hi"], ["the answer stands 0 times in the history, once expected: 'hello there'"]),
        (["hello there"], ["the question stands 0 times in the history, once expected: 'hi'"]),
        (["hi", "hi", "hello there"], ["the question stands 2 times in the history, once expected: 'hi'"]),
        (["hi", "hello"], ["the answer stands 0 times in the history, once expected: 'hello there'"]),
    ],
)
def test_saved_once(stored: list[str], complaints: list[str]) -> None:
    """Both sides are stored word for word, once each, wherever in the document they stand."""
    history = answer(200, body={"items": [{"content": {"parts": [text]}, "n": 1} for text in stored]})
    assert said(chat.keeps_both_sides("hi", reply("hello ", "there")), history) == complaints


def test_a_title_is_no_second_message() -> None:
    """A conversation that is named after its question, and shows it as a preview, holds it once; doubled is doubled."""
    messages = [{"content": "hi"}, {"content": "hello there"}]
    named = answer(200, body={"title": "hi", "preview": "hello there", "messages": messages})
    assert said(chat.keeps_both_sides("hi", reply("hello ", "there")), named) == []
    doubled = answer(200, body={"title": "hi", "messages": [*messages, messages[0]]})
    assert said(chat.keeps_both_sides("hi", reply("hello ", "there")), doubled) == [
        "the question stands 2 times in the history, once expected: 'hi'"
    ]


def test_a_history_that_cannot_be_read() -> None:
    """A page in place of the history says nothing."""
    page = Exchange(id="1", person="ada", request=answer(200).request, status=200, body=b"<html>")
    with pytest.raises(NotEvaluable, match="no JSON body"):
        said(chat.keeps_both_sides("hi", reply("hello")), page)


def look(status: int, by: str, of: str, twin: int = 200) -> Refusal:
    """Somebody's look at what another member owns, between that member's own two."""
    return Refusal(refused=answer(status, by), before=answer(twin, of), after=answer(twin, of))


@pytest.mark.parametrize("status", [401, 403, 404])
def test_isolation_holds(status: int) -> None:
    """Members who can read their own and nobody else's are apart."""
    assert said(chat.others_cannot_read, [look(status, "bob", "ada"), look(status, "ada", "bob")]) == []


def test_isolation_breaks() -> None:
    """Whoever reads another member's conversation is named."""
    complaints = said(chat.others_cannot_read, [look(404, "bob", "ada"), look(200, "ada", "bob")])
    assert complaints == [
        "ada's look at another member's conversation was answered with 200, 401 or 403 or 404 expected"
    ]


def test_writing_breaks_isolation_too() -> None:
    """Whoever speaks in another member's conversation is named."""
    assert said(chat.others_cannot_write, [look(404, "bob", "ada"), look(403, "ada", "bob")]) == []
    complaints = said(chat.others_cannot_write, [look(200, "bob", "ada"), look(404, "ada", "bob")])
    assert complaints == [
        "bob's message in another member's conversation was answered with 200, 401 or 403 or 404 expected"
    ]


def test_a_dead_session_proves_no_isolation() -> None:
    """A member who is shown to read nothing at all, or a twin that fails, makes a refusal worthless."""
    with pytest.raises(NotEvaluable, match="nothing shows that bob's session is alive"):
        said(chat.others_cannot_read, [look(401, "bob", "ada")])
    with pytest.raises(NotEvaluable, match="twin"):
        said(chat.others_cannot_read, [look(404, "bob", "ada", twin=500), look(404, "ada", "bob")])


@pytest.mark.parametrize(
    ("told", "complaints"),
    [
        ([reply("one ", "two"), reply("three four", person="bob")], []),
        ([reply("one"), reply("three four", person="bob")], ["ada's stream lacks its own words 'one two'"]),
        (
            [reply("one ", "two ", "four"), reply("three four", person="bob")],
            ["ada's stream holds the words 'four' of another one"],
        ),
        (
            [reply("one two", body=b": three four"), reply("three four", person="bob")],
            ["ada's stream holds the words 'three four' of another one"],
        ),
    ],
)
def test_separate(told: list[StreamedExchange], complaints: list[str]) -> None:
    """A stream has all of its own words and none of another's, be they in several events or outside of any."""
    shown = list(zip(told, ("one two", "three four"), strict=True))
    assert said(chat.streams_do_not_mix, shown) == complaints


def test_histories_are_apart() -> None:
    """A history has the words that were said there, and none that were said at the same time elsewhere."""
    hers, his = answer(200, body=["one two"]), answer(200, "bob", ["three four"])
    assert said(chat.histories_do_not_mix, [(hers, "one two"), (his, "three four")]) == []
    assert said(chat.histories_do_not_mix, [(hers, "one two"), (answer(200, "bob", ["one two"]), "three four")]) == [
        "bob's history holds the words 'one two' of another conversation",
        "bob's history lacks its own words 'three four'",
    ]


def test_blank() -> None:
    """A blank message is refused as invalid beside one that is taken."""
    assert said(chat.blank_is_refused, Refusal(refused=answer(422), before=answer(200))) == []
    assert said(chat.blank_is_refused, Refusal(refused=answer(200), before=answer(200))) == [
        "a blank message was answered with 200, 400 or 413 or 415 or 422 expected"
    ]
    with pytest.raises(NotEvaluable):
        said(chat.blank_is_refused, Refusal(refused=answer(422), before=answer(500)))
