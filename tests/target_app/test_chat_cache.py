"""Answers that need no model: when they are given, to whom, and what that saves."""

import json

import httpx
import pytest
from fastapi import FastAPI

from target_app.chat.likeness import alike, embed, similarity
from target_app.store import StoreDown


async def ask(member: httpx.AsyncClient, content: str, *, path: str = "", **headers: str) -> httpx.Response:
    """Ask in a conversation, or in a new one."""
    path = path or await start(member)
    answer = await member.post(path, json={"content": content}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def start(member: httpx.AsyncClient) -> str:
    """Start a conversation; the path of its messages."""
    return f"/conversations/{(await member.post('/conversations', json={'title': 'Chat'})).json()['id']}/messages"


def cached(answer: httpx.Response) -> list[str | None]:
    """What start and usage say of the cache."""
    blocks = [block.split("\n") for block in answer.text.removesuffix("\n\n").split("\n\n")]
    told = {name: json.loads(data.removeprefix("data: ")) for _, name, data in blocks}
    return [told[f"event: {name}"].get("cached") for name in ("start", "usage")]


def names(answer: httpx.Response) -> list[str]:
    """The names of events."""
    return [line for line in answer.text.splitlines() if line.startswith("event: ")]


async def test_the_same_question_is_answered_from_the_cache(
    alice: httpx.AsyncClient, operator: httpx.AsyncClient, app: FastAPI
) -> None:
    """It streams the same events, says where it comes from, asks no model, is kept, and is counted with its saving."""
    first = await ask(alice, "Count to 5")
    path = await start(alice)
    second = await ask(alice, "Count to 5", path=path)
    usage = (await operator.get("/metrics/usage")).json()
    assert (cached(first), cached(second)) == ([None, None], ["exact", "exact"])
    assert names(second) == names(first)
    assert [one["content"] for one in (await alice.get(path)).json()["items"]] == ["Count to 5", "1 2 3 4 5"]
    assert app.state.metrics.figures().total("chat_provider_calls") == 1
    assert usage["cache"] | {"saved_usd": 0} == {"exact_hits": 1, "semantic_hits": 0, "misses": 1, "saved_usd": 0}
    assert usage["cache"]["saved_usd"] == pytest.approx(usage["cost_usd"])
    assert usage["cost_usd"] > 0


async def test_a_question_that_asks_the_same(alice: httpx.AsyncClient, operator: httpx.AsyncClient) -> None:
    """Other words for the same question get its answer, and say that it is not to the letter."""
    await ask(alice, "What is the capital of France?")
    again = await ask(alice, "Please tell me the capital of France")
    assert cached(again) == ["semantic", "semantic"]
    assert (await operator.get("/metrics/usage")).json()["cache"]["semantic_hits"] == 1


@pytest.mark.parametrize("content", ["Count to 5", "What is the capital of France?"])
async def test_nobody_gets_anothers_answer(alice: httpx.AsyncClient, bob: httpx.AsyncClient, content: str) -> None:
    """What one member was told answers no other member."""
    await ask(alice, content)
    assert cached(await ask(bob, content)) == [None, None]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Echo: A b", "Echo: a b"),
        ("Echo: a  b", "Echo: a b"),
        ("Count to 5", "Count to 50"),
        ("What happened in 2024", "What happened in 2025"),
        ("Is it safe to mix them", "Is it not safe to mix them"),
        ("What is the capital of France", "What is the capital of Spain"),
    ],
)
async def test_another_question_is_another(alice: httpx.AsyncClient, before: str, after: str) -> None:
    """What differs in a letter that matters is asked of the model."""
    await ask(alice, before)
    assert cached(await ask(alice, after)) == [None, None]


async def test_the_conversation_is_part_of_the_question(alice: httpx.AsyncClient) -> None:
    """The same words after something else was said are another question, and so with another model."""
    path = await start(alice)
    await ask(alice, "Count to 5", path=path)
    assert cached(await ask(alice, "Count to 5", path=path)) == [None, None]
    other = await alice.post(await start(alice), json={"content": "Count to 5", "model": "scripted-nano"})
    assert cached(other) == [None, None]


async def test_who_wants_a_fresh_answer_gets_one(alice: httpx.AsyncClient) -> None:
    """With `Cache-Control: no-cache` the model is asked."""
    await ask(alice, "Count to 5")
    assert cached(await ask(alice, "Count to 5", **{"Cache-Control": "no-cache"})) == [None, None]


@pytest.mark.parametrize("content", ["/fail-midway", "/other"])
async def test_failures_and_commands_are_not_kept(app: FastAPI, alice: httpx.AsyncClient, content: str) -> None:
    """A command is asked each time, and a failure is never told as an answer."""
    await ask(alice, content)
    await ask(alice, content)
    assert app.state.metrics.figures().total("chat_provider_calls") == 2


async def test_time_ends_it(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """Without a life no answer is kept."""
    app.state.settings = app.state.settings.model_copy(update={"cache_ttl_s": 0})
    await ask(alice, "Count to 5")
    assert cached(await ask(alice, "Count to 5")) == [None, None]


async def test_an_upgrade_of_likeness(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """The threshold decides: with 1 only the same words in any spelling are alike."""
    app.state.settings = app.state.settings.model_copy(update={"cache_similarity": 1.0})
    await ask(alice, "What is the capital of France?")
    assert cached(await ask(alice, "Please tell me the capital of France")) == [None, None]


async def test_a_store_that_fails_breaks_no_answer(
    app: FastAPI, alice: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the store cannot be read or written for the cache, the model answers."""
    path, get, put = await start(alice), app.state.store.get, app.state.store.put

    async def no_get(key: str) -> bytes | None:
        if key.startswith(("cache:", "asked:")):
            raise StoreDown
        found: bytes | None = await get(key)
        return found

    async def no_put(key: str, value: bytes, *, ttl_s: float) -> None:
        if key.startswith(("cache:", "asked:")):
            raise StoreDown
        await put(key, value, ttl_s=ttl_s)

    with monkeypatch.context() as patched:
        patched.setattr(app.state.store, "get", no_get)
        patched.setattr(app.state.store, "put", no_put)
        assert "event: end" in (await ask(alice, "Count to 5", path=path)).text


def test_an_embedding_has_length_one_and_is_the_same_each_time() -> None:
    """A text is like itself, less like another, and nothing like a strange one."""
    one = embed("What is the capital of France?")
    assert similarity(one, embed("What is the capital of France?")) == pytest.approx(1)
    assert similarity(one, embed("what's the capital of FRANCE")) > 0.9
    assert similarity(one, embed("zzz yyy")) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("How do I bake bread?", "How can I bake bread", True),
        ("Explain the theory of relativity", "the theory of relativity please", True),
        ("Translate this: cat", "Translate this: cat!", False),
        ("", "", False),
        ("?", "!", False),
    ],
)
def test_alike(one: str, other: str, *, same: bool) -> None:
    """Two prompts are alike if what matters in them is the same, and neither hands over a text."""
    assert alike(one, other, 0.6) is same
