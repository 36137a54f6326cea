"""Each fault of framing, resuming, lists, quotas and the cache misbehaves as it says, and only where it says."""

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

import target_app.faults  # noqa: F401  they register themselves
from target_app.billing import quota
from target_app.chat import cache, history, messages, routes
from target_app.chat.desk import Desk
from target_app.chat.live import Live
from target_app.chat.scripted import ScriptedModel
from target_app.chat.slots import Slots
from target_app.fault import REGISTRY, choose, install
from target_app.settings import Environment, Settings

REPLACED: list[tuple[Any, str]] = [
    (history, "keep_answer"),
    *[(messages, name) for name in ("after", "key_of")],
    (routes, "holds"),
    (Slots, "stop"),
    (Live, "leave"),
    (Desk, "answer"),
    *[(quota, name) for name in ("spend", "require_model")],
    *[(cache, name) for name in ("_exact_key", "_place_key", "_digest")],
]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, with few messages, and a cache."""
    changes = {
        "environment": Environment.TEST,
        "message_quotas": "@example.org=3",
        "cache_ttl_s": 60,
        "model_token_interval_s": 0.01,
    }
    return Settings.model_validate({**settings.model_dump(), **changes})


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    for place, name in REPLACED:
        monkeypatch.setattr(place, name, getattr(place, name))
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


def with_faults(*faults: tuple[str | None, Any]) -> pytest.MarkDecorator:
    """Run a test once without a fault, and with each of some, beside what it then shows."""
    return pytest.mark.parametrize(("app", "shown"), faults, indirect=["app"])


async def start(member: httpx.AsyncClient, title: str = "Chat") -> str:
    """Start a conversation; its path."""
    return f"/conversations/{(await member.post('/conversations', json={'title': title})).json()['id']}"


async def ask(member: httpx.AsyncClient, path: str, content: str = "Echo: a", **more: Any) -> httpx.Response:  # noqa: ANN401  whatever a message holds
    """Send a message and hear the answer out."""
    return await member.post(f"{path}/messages", json={"content": content, **more})


async def titles(member: httpx.AsyncClient, query: str = "") -> list[str]:
    """The titles in the list."""
    return [one["title"] for one in (await member.get(f"/conversations{query}")).json()["items"]]


@with_faults(
    (None, lambda body: b"\r" not in body and body.startswith(b"id:")),
    ("stream.bom", lambda body: body.startswith(b"\xef\xbb\xbfid:")),
    ("stream.mixed-line-ends", lambda body: b"event: usage\r\n" in body and b"event: token\n" in body),
    ("stream.raw-newline", lambda body: b'{"index":0,"text":"\xc3\xa9\n' in body),
    ("stream.cut-event", lambda body: b"event: end\n" in body and not body.endswith(b"\n\n")),
    ("stream.torn-letters", lambda body: "\ufffd" in body.decode() and "é" not in body.decode()),
    ("stream.twice-escaped", lambda body: rb"\\\"" in body),
    ("stream.field-gone", lambda body: b'"position":0' in body),
    ("stream.number-as-text", lambda body: b'"prompt_tokens":"' in body),
)
async def test_framing(alice: httpx.AsyncClient, shown: Any) -> None:  # noqa: ANN401  a predicate
    """Each fault of the bytes is to be seen in them, and the stream still tells its start and its end."""
    answer = await ask(alice, await start(alice), 'Echo: é\n"quoted"')
    assert shown(answer.content)
    assert [b"event: start" in answer.content, b"event: end" in answer.content] == [True, True]


async def test_cut_connection() -> None:
    """The first blocks are sent, and it is never said that the body is over; other answers are whole."""
    sent: list[Message] = []

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(6):
            await send({"type": "http.response.body", "body": b"%d" % number, "more_body": number < 5})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    cut = REGISTRY["stream.cut-connection"].unit(answer, 2)
    await cut({"type": "http", "method": "POST", "path": "/conversations/c/messages"}, receive, send)
    assert [one.get("body") for one in sent] == [None, b"0", b"1"]
    sent.clear()
    await cut({"type": "http", "method": "GET", "path": "/conversations/c/messages"}, receive, send)
    assert not sent[-1]["more_body"]


@with_faults((None, ["é", "é"]), ("chat.kept-as-ascii", ["é", "?"]))
async def test_kept_as_ascii(alice: httpx.AsyncClient, shown: list[str]) -> None:
    """The answer is told as it is, and kept without what ASCII lacks."""
    path = await start(alice)
    told = await ask(alice, path, "Echo: é")
    kept = (await alice.get(f"{path}/messages")).json()["items"][-1]["content"]
    assert [re.findall(r'"text":"(.*)"', told.text)[0], kept] == shown


@with_faults((None, True), ("chat.crossed-histories", False))
async def test_crossed_histories(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch, *, shown: bool
) -> None:
    """Of four answers at the same time the first is kept with the fourth's words; what is told is each one's own."""
    _ = app
    everybody = ((alice, "a b c d"), (alice, "e f g h"), (bob, "i j k l"), (bob, "m n o p"))
    asked = [(member, await start(member), words) for member, words in everybody]
    all_there, begin = asyncio.Barrier(len(asked)), ScriptedModel._begin

    async def together(model: ScriptedModel, prompt: str) -> None:
        await all_there.wait()
        await begin(model, prompt)

    monkeypatch.setattr(ScriptedModel, "_begin", together)
    told = await asyncio.gather(*(ask(member, path, f"Echo: {words}") for member, path, words in asked))
    texts = ["".join(re.findall(r'"text":"(.*?)"', one.text)) for one in told]
    kept = [(await member.get(f"{path}/messages")).json()["items"][-1]["content"] for member, path, _ in asked]
    assert texts == [words for _, _, words in asked]
    assert (kept == texts) is shown


@with_faults(
    (None, [1, 2]),
    ("chat.resume-loses", [2]),
    ("chat.resume-repeats", [0, 1, 2]),
    ("chat.resume-anew", [None, 0, 1, 2]),
)
async def test_resume(alice: httpx.AsyncClient, shown: list[int | None]) -> None:
    """After the first token come the others; or not all of them, or some again."""
    path = await start(alice)
    told = await ask(alice, path, "Count to 3")
    ids = re.findall(r"^id: (.*)$", told.text, re.MULTILINE)
    message = ids[0].partition(":")[0]
    rest = await alice.get(f"{path}/messages/{message}/stream", headers={"Last-Event-ID": ids[1]})
    data = [json.loads(one) for one in re.findall(r"^data: (.*)$", rest.text, re.MULTILINE)]
    assert [one.get("index") for one in data][:-2] == shown


@with_faults((None, 404), ("chat.foreign-resumable", 200))
async def test_foreign_resumable(alice: httpx.AsyncClient, bob: httpx.AsyncClient, shown: int) -> None:
    """Bob hears Alice's answer, and still cannot read her history."""
    path = await start(alice)
    told = await ask(alice, path)
    message = re.findall(r"^id: (\w+)", told.text, re.MULTILINE)[0]
    assert (await bob.get(f"{path}/messages/{message}/stream")).status_code == shown
    assert (await bob.get(f"{path}/messages")).status_code == 404


@with_faults((None, 2), ("chat.key-ignored", 4))
async def test_key_ignored(alice: httpx.AsyncClient, shown: int) -> None:
    """A message that is sent again with its key is kept again."""
    path = await start(alice)
    for _ in range(2):
        await ask(alice, path, idempotency_key="k1")
    assert len((await alice.get(f"{path}/messages")).json()["items"]) == shown


async def stopped_at_once(member: httpx.AsyncClient) -> tuple[str, list[str]]:
    """Have a long answer stopped; what came of the stream, and what was kept."""
    path = await start(member)
    asked = asyncio.create_task(ask(member, path, "Count to 60"))
    while not (await member.post(f"{path}/stop")).json()["stopping"]:
        pass
    told = (await asked).text
    items = (await member.get(f"{path}/messages")).json()["items"]
    return told, [one["role"] for one in items if one["content"] or one["role"] == "assistant"]


@with_faults(
    (None, ("stopped", "end", 2)),
    ("chat.stop-ignored", ("stop", "end", 2)),
    ("chat.stop-forgets", ("stopped", "end", 1)),
    ("chat.stop-silent", ("", "usage", 2)),
)
async def test_stop(alice: httpx.AsyncClient, shown: tuple[str, str, int]) -> None:
    """A stopped answer says so and is kept; or it goes on, is forgotten, or just breaks off."""
    told, kept = await stopped_at_once(alice)
    reason = "".join(re.findall(r'"finish_reason":"(\w+)"', told))
    assert (reason, re.findall(r"^event: (.*)$", told, re.MULTILINE)[-1], len(kept)) == shown


@with_faults(("chat.leaving-goes-on", (0, True)), ("chat.leaving-holds", (1, False)))
async def test_leaving(app: FastAPI, monkeypatch: pytest.MonkeyPatch, shown: tuple[int, bool]) -> None:
    """Who leaves makes the answer go on to its end, or is taken for a listener for ever."""
    _ = app
    went_on: list[bool] = []
    live = object.__new__(Live)
    live.listeners = 1
    monkeypatch.setattr(live, "go_on", lambda: went_on.append(True))
    await live.leave()
    assert (live.listeners, bool(went_on)) == shown


@with_faults((None, "after"), ("chat.rename-forgotten", "before"))
async def test_rename(alice: httpx.AsyncClient, shown: str) -> None:
    """The new title is answered, and then the old one is listed."""
    path = await start(alice, "before")
    assert (await alice.patch(path, json={"title": "after"})).json()["title"] == "after"
    assert await titles(alice) == [shown]


@with_faults((None, (404, [])), ("chat.delete-forgotten", (200, ["Chat"])), ("chat.list-stale", (404, ["Chat"])))
async def test_delete(alice: httpx.AsyncClient, shown: tuple[int, list[str]]) -> None:
    """What is deleted is still there, or in the list alone."""
    path = await start(alice)
    await titles(alice)
    assert (await alice.delete(path)).status_code == 204
    assert ((await alice.get(path)).status_code, await titles(alice)) == shown


@with_faults((None, ["one"]), ("chat.search-ignored", ["two", "one"]), ("chat.search-blind", []))
async def test_search(alice: httpx.AsyncClient, shown: list[str]) -> None:
    """A search gives everything, or nothing; the list itself is as it was."""
    for title in ("one", "two"):
        await start(alice, title)
    assert await titles(alice, "?q=one") == shown
    assert await titles(alice) == ["two", "one"]


@with_faults(
    (None, ["three", "two", "one"]),
    ("chat.page-loses", ["three", "one"]),
    ("chat.page-repeats", ["three", "two", "two", "one"]),
)
async def test_pages(alice: httpx.AsyncClient, shown: list[str]) -> None:
    """Two pages lack what stands between them, or both have it."""
    for title in ("one", "two", "three"):
        await start(alice, title)
    first = (await alice.get("/conversations?limit=2")).json()
    second = await titles(alice, f"?limit=2&cursor={first['next_cursor']}")
    assert [one["title"] for one in first["items"]] + second == shown


@with_faults(
    (None, ([200, 200, 200, 403, 403], True)),
    ("quota.unlimited", ([200, 200, 200, 200, 200], False)),
    ("quota.raced", ([200, 200, 200, 200, 200], False)),
    ("quota.counted-twice", ([200, 403, 403, 403, 403], True)),
    ("quota.dead-end", ([200, 200, 200, 403, 403], False)),
)
async def test_quota(alice: httpx.AsyncClient, shown: tuple[list[int], bool]) -> None:
    """Of five messages at the same time three are allowed, and the refusal tells how to go on."""
    paths = [await start(alice) for _ in range(5)]
    answers = await asyncio.gather(*(ask(alice, path) for path in paths))
    assert sorted(one.status_code for one in answers) == shown[0]
    assert any("upgrade_to" in one.text for one in answers) is shown[1]


@with_faults((None, (200, 403)), ("quota.model-open", (200, 200)), ("quota.model-shut", (503, 403)))
async def test_models(alice: httpx.AsyncClient, shown: tuple[int, int]) -> None:
    """A model of the plan is refused, or one outside of it is not."""
    asked = [await ask(alice, await start(alice), model=name) for name in ("scripted-plain", "scripted-max")]
    assert tuple(one.status_code for one in asked) == shown


@with_faults((None, True), ("quota.model-hidden", False))
async def test_model_hidden(alice: httpx.AsyncClient, *, shown: bool) -> None:
    """The list lacks a model."""
    assert ("scripted-plain" in (await alice.get("/models")).text) is shown


@with_faults((None, (False, False)), ("cache.shared", (True, False)), ("cache.without-context", (False, True)))
async def test_cache(alice: httpx.AsyncClient, bob: httpx.AsyncClient, shown: tuple[bool, bool]) -> None:
    """The same words are answered from the cache to another member, or in another conversation."""
    other = await start(alice)
    for path, content in ((await start(alice), "Echo: the same"), (other, "Echo: before")):
        await ask(alice, path, content)
    told = [await ask(bob, await start(bob), "Echo: the same"), await ask(alice, other, "Echo: the same")]
    assert tuple('"cached"' in one.text for one in told) == shown
