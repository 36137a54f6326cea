"""Each fault of the chat misbehaves as it says, and only where it says."""

import json
import re
from time import perf_counter

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.chat import history
from target_app.fault import REGISTRY, choose, install
from target_app.faults import chat as family

COUNT = "Count to 5"


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    monkeypatch.setattr(history, "keep_answer", history.keep_answer)
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


@pytest.fixture
async def path(alice: httpx.AsyncClient) -> str:
    """A conversation of Alice's."""
    return f"/conversations/{(await alice.post('/conversations', json={'title': 'Chat'})).json()['id']}"


async def send(member: httpx.AsyncClient, path: str, content: str = COUNT) -> httpx.Response:
    """Send a message and hear the answer out."""
    answer = await member.post(f"{path}/messages", json={"content": content})
    assert answer.status_code == 200, answer.text
    return answer


def names(answer: httpx.Response) -> list[str]:
    """Name the events of a stream in order."""
    return re.findall(r"^event: (.*)$", answer.text, re.MULTILINE)


async def said(member: httpx.AsyncClient, path: str) -> list[tuple[str, str]]:
    """Read who said what."""
    items = (await member.get(f"{path}/messages")).json()["items"]
    return [(one["role"], one["content"]) for one in items]


WHOLE = ["start", *["token"] * 5, "usage", "end"]
KEPT = [("user", COUNT), ("assistant", "1 2 3 4 5")]


async def test_without_a_fault_all_is_well(alice: httpx.AsyncClient, bob: httpx.AsyncClient, path: str) -> None:
    """The twin of every test below: switched off, nothing of it happens."""
    answer = await send(alice, path)
    data = [json.loads(text) for text in re.findall(r"^data: (.*)$", answer.text, re.MULTILINE)]
    assert names(answer) == WHOLE
    assert len(data) == len(WHOLE)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert await said(alice, path) == KEPT
    assert (await bob.get(f"{path}/messages")).status_code == 404
    assert names(await send(alice, path, "/fail-midway"))[-1] == "error"


@with_fault("stream.no-end")
async def test_no_end(alice: httpx.AsyncClient, path: str) -> None:
    """The terminal event is missing, and nothing else: a failure is still told."""
    assert names(await send(alice, path)) == WHOLE[:-1]
    assert names(await send(alice, path, "/fail-midway"))[-1] == "error"
    assert (await said(alice, path))[:2] == KEPT


@with_fault("stream.swallowed-error")
async def test_swallowed_error(alice: httpx.AsyncClient, path: str) -> None:
    """A failure is not told; an answer without one is as it was."""
    assert names(await send(alice, path, "/fail-midway")) == ["start", *["token"] * 3]
    assert names(await send(alice, path)) == WHOLE


@with_fault("stream.broken-json")
async def test_broken_json(alice: httpx.AsyncClient, path: str) -> None:
    """The first token cannot be read; all the others can."""
    answer = await send(alice, path)
    data = re.findall(r"^data: (.*)$", answer.text, re.MULTILINE)
    with pytest.raises(json.JSONDecodeError):
        json.loads(data.pop(1))
    assert [json.loads(text)["index"] for text in data[1:5]] == [1, 2, 3, 4]
    assert names(answer) == WHOLE


@with_fault("stream.usage-zero")
async def test_usage_zero(alice: httpx.AsyncClient, path: str) -> None:
    """No words were written, the usage says; those of the question are counted, and the stream is whole."""
    answer = await send(alice, path)
    usage = json.loads(re.findall(r"^event: usage\ndata: (.*)$", answer.text, re.MULTILINE)[0])
    assert usage["completion_tokens"] == 0
    assert usage["prompt_tokens"] > 0
    assert names(answer) == WHOLE


@with_fault("stream.wrong-type")
async def test_wrong_type(alice: httpx.AsyncClient, path: str) -> None:
    """The stream has another type and the same events; other answers keep theirs."""
    answer = await send(alice, path)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert names(answer) == WHOLE
    assert (await alice.get(f"{path}/messages")).headers["content-type"] == "application/json"


@with_fault("stream.slow-start=0.2")
async def test_slow_start(alice: httpx.AsyncClient, path: str) -> None:
    """The answer waits for the time given, and is whole."""
    began = perf_counter()
    answer = await send(alice, path)
    assert perf_counter() - began >= 0.2
    assert names(answer) == WHOLE


@pytest.fixture
def bodies(app: FastAPI) -> list[bytes]:
    """Every block of a body that leaves the service, in order."""
    heard: list[bytes] = []

    class Tap:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def note(message: Message) -> None:
                heard.append(message.get("body", b""))
                await send(message)

            await self.app(scope, receive, note)

    app.add_middleware(Tap)
    return heard


@pytest.mark.parametrize(("app", "blocks"), [("stream.buffered", 1), (None, len(WHOLE))], indirect=["app"])
async def test_buffered(bodies: list[bytes], alice: httpx.AsyncClient, path: str, blocks: int) -> None:
    """With the fault the whole answer leaves as one block, without it one an event; it is the same answer."""
    bodies.clear()
    answer = await send(alice, path)
    assert len([block for block in bodies if block]) == blocks
    assert names(answer) == WHOLE


@with_fault("chat.not-saved")
async def test_not_saved(alice: httpx.AsyncClient, path: str) -> None:
    """The answer is told whole and is not in the history; the question is."""
    assert names(await send(alice, path)) == WHOLE
    assert await said(alice, path) == KEPT[:1]


@with_fault("chat.saved-twice")
async def test_saved_twice(alice: httpx.AsyncClient, path: str) -> None:
    """The answer is told once and is in the history two times."""
    assert names(await send(alice, path)) == WHOLE
    assert await said(alice, path) == [*KEPT, KEPT[1]]


@with_fault("chat.foreign-readable")
async def test_foreign_readable(alice: httpx.AsyncClient, bob: httpx.AsyncClient, path: str) -> None:
    """Another member reads the history, and still cannot do anything else there."""
    await send(alice, path)
    assert await said(bob, path) == KEPT
    others = [
        await bob.get(path),
        await bob.delete(path),
        await bob.post(f"{path}/messages", json={"content": "Hi"}),
        await bob.get("/conversations/unknown/messages"),
    ]
    assert {answer.status_code for answer in others} == {404}


def test_every_fault_is_here() -> None:
    """Each registered fault of the chat has a test in this file."""
    registered = {name for name, fault in REGISTRY.items() if fault.unit.__module__ == family.__name__}
    tested = {f"test_{name.partition('.')[2].replace('-', '_')}" for name in registered}
    assert len(registered) == 10
    assert tested <= globals().keys()
