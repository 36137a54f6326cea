"""The scripted model, the event writer and the pacing between them: no service needed."""

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest

from target_app.chat.events import EventWriter
from target_app.chat.pace import until
from target_app.chat.provider import Ask, ToldToFail, Turn, ask_of
from target_app.chat.scripted import POLITE, ScriptedModel, script, tokens_of


async def collect(tokens: AsyncGenerator[object, None]) -> list[object]:
    """Listen to the end."""
    return [token async for token in tokens]


async def said(prompt: str) -> list[str]:
    """Collect the tokens of an answer."""
    return [token async for token in ScriptedModel(token_interval_s=0).stream(ask_of(prompt)) if isinstance(token, str)]


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Reply with exactly these words: all ready", "all ready"),
        ("Count to 5", "1 2 3 4 5"),
        ("Count to 0", POLITE),
        ("Echo: zwei  Wörter 🐙", "zwei  Wörter 🐙"),
        ("Echo: two\nlines", "two\nlines"),
        ("Echo:   ", POLITE),
        ("What is the time?", POLITE),
    ],
)
def test_says_what_it_is_told(prompt: str, answer: str) -> None:
    """The model's whole answer follows from the prompt alone."""
    assert script(prompt) == answer


@pytest.mark.parametrize("text", ["one two", "  indented\n\nlines  ", "é", "", "日本 語\t🐙", " "])
def test_tokens_join_to_the_text(text: str) -> None:
    """Joined, the tokens give back the text exactly."""
    assert "".join(tokens_of(text)) == text


async def test_streams_word_by_word() -> None:
    """Each token is a word with the blanks that follow it."""
    assert await said("Count to 3") == ["1 ", "2 ", "3"]


async def test_recalls_the_question_before() -> None:
    """What was asked before is said again; where nothing was, a polite sentence."""
    turns = [Turn(role="user", content="red fox"), Turn(role="assistant", content="Yes."), ask_of("/recall").turns[0]]
    ask = Ask(model="", turns=tuple(turns))
    answer = [token async for token in ScriptedModel(token_interval_s=0).stream(ask) if isinstance(token, str)]
    assert "".join(answer) == "red fox"
    assert "".join(await said("/recall")) == POLITE


async def test_fails_midway_when_told() -> None:
    """A few tokens come before the failure that the prompt asks for."""
    answer = ScriptedModel(token_interval_s=0).stream(ask_of("/fail-midway"))
    assert [await anext(answer) for _ in range(3)] == tokens_of(POLITE)[:3]
    with pytest.raises(ToldToFail):
        await anext(answer)


def test_writes_one_event_a_block() -> None:
    """An event has an id, a name and one line of data, also when the text has line feeds."""
    writer = EventWriter(message_id="m1")
    assert writer.write("start", {}) == b"id: m1:0\nevent: start\ndata: {}\n\n"
    block = writer.write("token", {"text": "a\r\nb\u2028é"}).decode()
    first, name, data, *rest = block.split("\n")
    assert (first, name, rest) == ("id: m1:1", "event: token", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == {"text": "a\r\nb\u2028é"}


async def _never() -> AsyncGenerator[str, None]:
    yield "first"
    await asyncio.Event().wait()


async def test_pace_ends_when_told_to_stop() -> None:
    """Once stop is set, the tokens end at once, though the model would go on for ever."""
    stop = asyncio.Event()
    heard = until(stop, _never())
    assert await anext(heard) == "first"
    asyncio.get_running_loop().call_soon(stop.set)
    assert await collect(heard) == []


async def test_pace_lets_others_cancel() -> None:
    """Who is cancelled while waiting for a token is cancelled, also when it is told to stop at the same time."""
    stop, heard = asyncio.Event(), asyncio.Event()

    async def hear() -> None:
        async for _ in until(stop, _never()):
            heard.set()

    for told in (False, True):
        stop.clear()
        heard.clear()
        hearing = asyncio.create_task(hear())
        await heard.wait()
        hearing.cancel()
        if told:
            stop.set()
        with pytest.raises(asyncio.CancelledError):
            await hearing


async def test_pace_closes_the_model_when_left() -> None:
    """Leaving early ends the generation: no model works for nobody."""
    closed = []

    async def endless() -> AsyncGenerator[str, None]:
        try:
            while True:
                yield "word "
        finally:
            closed.append(True)

    heard = until(asyncio.Event(), endless())
    await anext(heard)
    await heard.aclose()
    assert closed == [True]


async def test_pace_passes_the_failure_on() -> None:
    """A model that fails is heard to fail."""
    tokens = ScriptedModel(token_interval_s=0).stream(ask_of("/fail-midway"))
    with pytest.raises(ToldToFail):
        await collect(until(asyncio.Event(), tokens))
