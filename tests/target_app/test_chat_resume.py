"""A stream that was cut: nothing of its answer is lost, nothing is told twice, on one worker or on two."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from target_app.app import build_app
from target_app.chat import slots, stream
from target_app.chat.answer import answer_id
from target_app.settings import Settings

Blocks = list[str]


def blocks_of(answer: httpx.Response) -> Blocks:
    """The events of a stream, without comments."""
    assert answer.status_code == 200, answer.text
    return [block for block in answer.text.split("\n\n") if block.startswith("id: ")]


def ids_of(blocks: Blocks) -> list[int]:
    """The numbers of events."""
    return [int(block.partition("\n")[0].rpartition(":")[2]) for block in blocks]


def text_of(blocks: Blocks) -> str:
    """What the tokens say together."""
    return "".join(re.findall(r'"text":"(.*?)"}', "\n".join(blocks)))


@pytest.fixture
async def path(alice: httpx.AsyncClient) -> str:
    """The messages of a conversation of Alice's."""
    return f"/conversations/{(await alice.post('/conversations', json={'title': 'Chat'})).json()['id']}/messages"


@pytest.fixture
def slow(app: FastAPI) -> None:
    """A model that takes its time."""
    object.__setattr__(app.state.providers.lines[0].provider, "token_interval_s", 0.01)


async def resume(member: httpx.AsyncClient, path: str, message_id: str, last: int | None) -> httpx.Response:
    """Ask for the rest of an answer."""
    headers = {} if last is None else {"Last-Event-ID": f"{message_id}:{last}"}
    return await member.get(f"{path}/{message_id}/stream", headers=headers)


async def test_the_rest_of_a_kept_answer(alice: httpx.AsyncClient, path: str) -> None:
    """From each event on the rest is told to the letter; after the last one there is nothing, and 204 says so."""
    whole = blocks_of(await alice.post(path, json={"content": "Count to 3"}))
    message_id = whole[0].partition(":")[2].strip().partition(":")[0]
    for last in range(len(whole) - 1):
        assert blocks_of(await resume(alice, path, message_id, last)) == whole[last + 1 :]
    assert blocks_of(await resume(alice, path, message_id, None)) == whole
    assert (await resume(alice, path, message_id, len(whole) - 1)).status_code == 204


async def test_a_failure_is_told_again(alice: httpx.AsyncClient, path: str) -> None:
    """A failed answer is told again with its tokens and its error, to the letter."""
    whole = blocks_of(await alice.post(path, json={"content": "/fail-midway"}))
    message_id = whole[0].partition(":")[2].strip().partition(":")[0]
    assert "event: error" in whole[-1]
    assert blocks_of(await resume(alice, path, message_id, 1)) == whole[2:]


async def test_a_repeated_message_goes_on(alice: httpx.AsyncClient, path: str) -> None:
    """The same message with the same key and Last-Event-ID tells the rest; nothing is kept or counted twice."""
    body, key = {"content": "Count to 3"}, {"Idempotency-Key": "k1"}
    whole = blocks_of(await alice.post(path, json=body, headers=key))
    last = whole[1].partition("\n")[0].removeprefix("id: ")
    rest = blocks_of(await alice.post(path, json=body, headers={**key, "Last-Event-ID": last}))
    assert rest == whole[2:]
    assert len((await alice.get(path)).json()["items"]) == 2
    assert (await alice.get("/billing/plan")).json()["used_messages"] == 1


@pytest.mark.parametrize("last", ["x", "other:1", "{id}:x", "{id}:-1", "{id}"])
async def test_an_event_of_another_message_is_refused(alice: httpx.AsyncClient, path: str, last: str) -> None:
    """An id that is none of this answer's is refused, not guessed."""
    whole = blocks_of(await alice.post(path, json={"content": "Count to 3"}))
    message_id = whole[0].partition(":")[2].strip().partition(":")[0]
    headers = {"Last-Event-ID": last.replace("{id}", message_id)}
    assert (await alice.get(f"{path}/{message_id}/stream", headers=headers)).status_code == 422


async def test_answers_are_for_their_owner(alice: httpx.AsyncClient, bob: httpx.AsyncClient, path: str) -> None:
    """Nobody resumes another member's answer, by her conversation or by their own; a question is no answer."""
    whole = blocks_of(await alice.post(path, json={"content": "Count to 3"}))
    message_id = whole[0].partition(":")[2].strip().partition(":")[0]
    his = (await bob.post("/conversations", json={"title": "his"})).json()["id"]
    question = (await alice.get(path)).json()["items"][0]["id"]
    answers = [
        await resume(bob, path, message_id, None),
        await resume(bob, f"/conversations/{his}/messages", message_id, None),
        await resume(alice, path, question, None),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


async def writing(app: FastAPI, conversation_path: str) -> str:
    """Wait until an answer is being written in a conversation; its id."""
    conversation = conversation_path.split("/")[2]
    async with asyncio.timeout(10):
        while True:
            if found := await app.state.slots.being_written(conversation):
                return str(found)
            await asyncio.sleep(0)


async def test_two_hear_one_answer(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """Who sends the same key meanwhile hears the same answer from its start; it is written once."""
    body = {"content": "Count to 50", "idempotency_key": "k"}
    first, second = await asyncio.gather(alice.post(path, json=body), alice.post(path, json=body))
    assert blocks_of(first) == blocks_of(second)
    assert text_of(blocks_of(first)).split()[-1] == "50"
    assert len((await alice.get(path)).json()["items"]) == 2
    assert (await alice.get("/billing/plan")).json()["used_messages"] == 1
    assert app.state.metrics.figures().total("chat_provider_calls") == 1


@pytest.fixture
async def twin(app: FastAPI, settings: Settings) -> AsyncIterator[Callable[[httpx.AsyncClient], httpx.AsyncClient]]:
    """A second worker on the same database and store; makes a browser there with the session of one here."""
    other = build_app(settings.model_copy(update={"secret_key": app.state.settings.secret_key}))
    await other.state.store.close()
    other.state.store = app.state.store
    other.state.slots = slots.Slots(app.state.store)
    async with other.router.lifespan_context(other), AsyncExitStack() as browsers:

        def move(browser: httpx.AsyncClient) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(other, raise_app_exceptions=False)
            moved = httpx.AsyncClient(
                transport=transport, base_url=browser.base_url, cookies=browser.cookies, headers=browser.headers
            )
            browsers.push_async_callback(moved.aclose)
            return moved

        yield move


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers look at each other's wishes more often."""
    monkeypatch.setattr(slots, "BEAT_S", 0.02)
    monkeypatch.setattr(stream, "POLL_S", 0.02)


@pytest.mark.usefixtures("quick", "slow")
async def test_another_worker_tells_the_rest(
    app: FastAPI,
    alice: httpx.AsyncClient,
    path: str,
    twin: Callable[[httpx.AsyncClient], httpx.AsyncClient],
) -> None:
    """An answer that one worker writes is told by another from the start, once each, while it is written."""
    there = twin(alice)
    sending = asyncio.ensure_future(alice.post(path, json={"content": "Count to 60"}))
    message_id = await writing(app, path)
    told = blocks_of(await resume(there, path, message_id, None))
    assert told == blocks_of(await sending)
    assert ids_of(told) == list(range(len(told)))
    assert text_of(told).split()[-1] == "60"


@pytest.mark.usefixtures("quick", "slow")
async def test_another_worker_stops_and_refuses(
    app: FastAPI,
    alice: httpx.AsyncClient,
    path: str,
    twin: Callable[[httpx.AsyncClient], httpx.AsyncClient],
) -> None:
    """One answer at a time, and stop, hold over both workers."""
    there = twin(alice)
    sending = asyncio.ensure_future(alice.post(path, json={"content": "Count to 1000"}))
    await writing(app, path)
    assert (await there.post(path, json={"content": "Hi"})).status_code == 409
    assert (await there.post(path.replace("/messages", "/stop"))).json() == {"stopping": True}
    assert '"finish_reason":"stopped"' in (await sending).text
    assert (await there.post(path, json={"content": "Hi"})).status_code == 200


async def test_a_crashed_answer_is_written_again(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """A question whose worker crashed is answered when it is sent again with its key, and counted once."""
    body = {"content": "Count to 3", "idempotency_key": "k"}
    await alice.post(path, json=body)
    async with app.state.database.sessions.begin() as db:
        await (await db.connection()).exec_driver_sql("DELETE FROM messages WHERE role = 'assistant'")
    again = blocks_of(await alice.post(path, json=body))
    items = (await alice.get(path)).json()["items"]
    assert text_of(again) == "1 2 3"
    assert [one["role"] for one in items] == ["user", "assistant"]
    assert items[1]["id"] == answer_id(items[0]["id"])
    assert (await alice.get("/billing/plan")).json()["used_messages"] == 1


async def test_a_lost_answer_says_so(
    app: FastAPI, alice: httpx.AsyncClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the other worker dies meanwhile, who waits for its answer is told that it was lost."""
    conversation = path.split("/")[2]
    lost = "0" * 32
    store = app.state.store
    await store.claim(f"answering:{conversation}", lost.encode(), ttl_s=60)
    put = store.put

    async def put_and_lose(key: str, value: bytes, *, ttl_s: float) -> None:
        await put(key, value, ttl_s=ttl_s)
        await store.drop(f"answering:{conversation}")

    monkeypatch.setattr(store, "put", put_and_lose)
    answer = await resume(alice, path, lost, None)
    (error,) = blocks_of(answer)
    assert "event: error" in error
    assert '"status":502' in error


async def test_keys_in_header_and_body_must_agree(alice: httpx.AsyncClient, path: str) -> None:
    """Two different keys for one message are refused; another model under the same key is another message."""
    two = await alice.post(path, json={"content": "Hi", "idempotency_key": "a"}, headers={"Idempotency-Key": "b"})
    await alice.post(path, json={"content": "Hi"}, headers={"Idempotency-Key": "a"})
    other = await alice.post(path, json={"content": "Hi", "model": "scripted-nano"}, headers={"Idempotency-Key": "a"})
    assert (two.status_code, other.status_code) == (422, 409)
    assert len((await alice.get(path)).json()["items"]) == 2
