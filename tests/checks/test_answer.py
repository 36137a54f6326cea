"""Each check of cut, stopped, left and repeated answers is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from checks import answer
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Refusal, Request, StreamedExchange, StreamEvent
from gonogo.talking import Left, Resumed, Retried, Stopped
from gonogo.trouble import NotEvaluable

END = StreamEvent(type="end", data="{}", id="9", terminal=True)
WORDS = "one two three"


def plain(status: int = 200, body: object = None, person: str = "ada") -> Exchange:
    """An answer that is no stream."""
    request = Request(operation="history", method="GET", url="https://chat.example.com/")
    content = json.dumps(body).encode()
    return Exchange(id="1", person=person, request=request, status=status, body=content, expected=(200, 204))


def told(*words: str, first: int = 0, end: bool = True, status: int = 200) -> StreamedExchange:
    """A stream that says these words, one an event, numbered from the first on."""
    events = tuple(StreamEvent(type="token", data="{}", id=str(first + n), delta=word) for n, word in enumerate(words))
    return StreamedExchange(
        id="1",
        person="ada",
        request=Request(operation="send_message", method="POST", url="https://chat.example.com/", streams=True),
        status=status,
        expected=(200,),
        events=(*events, END) if end else events,
    )


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


CUT = told("one ", end=False)


@pytest.mark.parametrize(
    ("rest", "complaints"),
    [
        (told("two ", "three", first=1), []),
        (told("three", first=2), ["1 of 3 words were lost when the client came back: two"]),
        (told("one ", "two ", "three"), ["1 words and 1 events came twice when the client came back"]),
        (told("two ", "three", first=1, end=False), ["the rest has no terminal event among its 2"]),
        (plain(404), ["who came back for the rest was answered with 404"]),
        (
            plain(204),
            [
                "2 of 3 words were lost when the client came back: two three",
                "the rest has no terminal event among its 0",
            ],
        ),
    ],
)
def test_resumed(rest: Exchange, complaints: list[str]) -> None:
    """The rest goes on where the answer was cut: nothing is lost, nothing comes twice, and it ends."""
    assert said(answer.resumed_whole(WORDS), Resumed(cut=CUT, rest=rest)) == complaints


def test_an_answer_that_was_never_cut() -> None:
    """An answer that was over before its client was cut off shows nothing of resuming, nor of leaving."""
    with pytest.raises(NotEvaluable, match="was over"):
        said(answer.resumed_whole(WORDS), Resumed(cut=told("one two three"), rest=told()))
    with pytest.raises(NotEvaluable, match="was over"):
        said(answer.unheard_answer_ends("?", WORDS), Left(cut=told(WORDS), history=plain(), next=None))


def test_resuming_anothers_answer() -> None:
    """Whoever hears the rest of another member's answer is named."""
    refusals = [
        Refusal(refused=plain(200, person="bob"), before=plain(), after=plain()),
        Refusal(refused=plain(404), before=plain(person="bob"), after=plain(person="bob")),
    ]
    assert said(answer.others_cannot_resume, refusals) == [
        "bob's resuming in another member's conversation was answered with 200, 401 or 403 or 404 expected"
    ]


@pytest.mark.parametrize(
    ("reply", "went_on_s", "complaints"),
    [
        (told("one "), 0.1, []),
        (told(WORDS), 2.5, ["the answer went on for 2.5 s after its stop, within 2.0 s expected"]),
    ],
)
def test_stopped(reply: StreamedExchange, went_on_s: float, complaints: list[str]) -> None:
    """A stopped answer ends soon, whatever it had said."""
    shown = Stopped(reply=reply, stop=plain(202), went_on_s=went_on_s)
    assert said(answer.stop_ends_the_answer(WORDS), shown) == complaints


def test_stopped_in_silence() -> None:
    """A stopped answer that has no terminal event just broke off."""
    whole, cut = told("one "), told("one ", end=False)
    assert said(answer.stop_is_told, Stopped(reply=whole, stop=plain(202), went_on_s=0.1)) == []
    assert said(answer.stop_is_told, Stopped(reply=cut, stop=plain(202), went_on_s=0.1)) == [
        "the stopped stream broke off after 1 events without a terminal event"
    ]


def test_stopped_too_late() -> None:
    """An answer that was whole when it was stopped, or had said nothing, shows nothing."""
    with pytest.raises(NotEvaluable, match="was over"):
        said(answer.stop_ends_the_answer(WORDS), Stopped(reply=told(WORDS), stop=plain(), went_on_s=0.1))
    with pytest.raises(NotEvaluable, match="said anything"):
        said(answer.stop_keeps_what_was_said(Stopped(reply=told(), stop=plain(), went_on_s=0.1)), plain())


@pytest.mark.parametrize(
    ("kept", "complaints"),
    [
        (["ask", "one two"], []),
        (["ask", "one two three"], []),
        (["ask"], ["the history lacks what was said before the stop: 'one two'"]),
    ],
)
def test_stop_kept(kept: list[str], complaints: list[str]) -> None:
    """What was heard before the stop is kept; a word that was on its way may be kept too."""
    shown = Stopped(reply=told("one ", "two "), stop=plain(), went_on_s=0.1)
    assert said(answer.stop_keeps_what_was_said(shown), plain(body=kept)) == complaints


HI = told("hi")
DOUBLED = [
    "after three messages with one key the question stands 2 times in the history, once expected",
    "after three messages with one key the answer stands 2 times in the history, once expected",
]


@pytest.mark.parametrize(
    ("together", "again", "kept", "complaints"),
    [
        ((HI, HI), HI, ["ask", "hi"], []),
        ((HI, plain(409)), HI, ["ask", "hi"], []),
        ((HI, plain(409)), HI, ["ask", "hi", "ask", "hi"], DOUBLED),
        ((HI, plain(500)), HI, ["ask", "hi"], ["one of two messages with the same key was answered with 500"]),
        ((HI, HI), plain(409), ["ask", "hi"], ["the message was sent again with its key, and answered with 409"]),
        ((HI, HI), told("ho"), ["ask", "hi"], ["the same key got different answers: 'hi' and 'ho'"]),
    ],
)
def test_retried(together: tuple[Exchange, ...], again: Exchange, kept: list[str], complaints: list[str]) -> None:
    """One key is one message with one answer; a twin that comes at the same time may be told to wait."""
    history = plain(body=[{"content": text} for text in kept])
    shown = Retried(together=together, again=again, history=history)
    assert said(answer.retry_adds_nothing("ask"), shown) == complaints


def test_a_message_that_nobody_answered() -> None:
    """Where neither of two twins was answered, a retry shows nothing."""
    shown = Retried(together=(plain(500), plain(500)), again=told("hi"), history=plain())
    with pytest.raises(NotEvaluable, match="not answered at all"):
        said(answer.retry_adds_nothing("ask"), shown)


@pytest.mark.parametrize(
    ("kept", "complaints"),
    [
        (["say one two three"], []),
        (["say one two three", "one"], []),
        (["say one two three", "one two three"], ["the client left at the first word, and all 3 were written"]),
    ],
)
def test_left(kept: list[str], complaints: list[str]) -> None:
    """Of an answer that nobody hears at most a part is written; the question holds all its words, and is none."""
    shown = Left(cut=CUT, history=plain(body=kept), next=None)
    assert said(answer.unheard_answer_ends("say one two three", WORDS), shown) == complaints


def test_left_without_a_sequel() -> None:
    """Without a history, or a next message, nothing can be said."""
    shown = Left(cut=CUT, history=None, next=None)
    with pytest.raises(NotEvaluable, match="no history"):
        said(answer.unheard_answer_ends("?", WORDS), shown)
    with pytest.raises(NotEvaluable, match="nothing was said"):
        said(answer.unheard_answer_makes_room(3.0), shown)


def test_the_next_message() -> None:
    """After an answer that was left the next message is answered."""
    assert said(answer.unheard_answer_makes_room(3.0), Left(cut=CUT, history=None, next=told("hi"))) == []
    assert said(answer.unheard_answer_makes_room(3.0), Left(cut=CUT, history=None, next=plain(409))) == [
        "3 s after a client left, the next message was answered with 409"
    ]
    cut = replace(told("hi"), failure="the connection was reset")
    with pytest.raises(NotEvaluable, match="broke off as well: the connection was reset"):
        said(answer.unheard_answer_makes_room(3.0), Left(cut=CUT, history=None, next=cut))


@pytest.mark.parametrize(
    ("said_of_it", "complaints"),
    [
        ("The model went away.", []),
        ("sk-proj-ZmF1bHQtb2YtYS1rZXk is no key", ["the error event shows a key of somebody's API"]),
        ("no route to http://llm.internal/v1", ["the error event shows a machine of its network"]),
    ],
)
def test_what_a_failure_tells(said_of_it: str, complaints: list[str]) -> None:
    """A failure is told in a sentence that shows nothing of the inside."""
    error = StreamEvent(type="error", data=json.dumps({"detail": said_of_it}), error=said_of_it)
    request = Request(operation="send_message", method="POST", url="https://chat.example.com/")
    reply = StreamedExchange(id="1", person="ada", request=request, status=200, events=(error,))
    assert list(answer.failure_tells_nothing().looks(reply)) == complaints
    with pytest.raises(NotEvaluable, match="reports no failure"):
        list(answer.failure_tells_nothing().looks(replace(reply, events=())))
