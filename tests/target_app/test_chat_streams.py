"""Streams while they run: spoken to as a server would, event by event."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from target_app.chat.circuit import Circuit
from target_app.chat.failover import Line, Providers
from target_app.chat.provider import Ask, Said
from target_app.chat.scripted import ScriptedModel
from target_app.settings import Settings

ENDLESS = "Count to 1000"


class Listener:
    """A client that hears a stream block by block, holds it up at the first token, and can leave."""

    def __init__(self) -> None:
        self.blocks: asyncio.Queue[bytes] = asyncio.Queue()
        self.status = 0
        self._going_on = asyncio.Event()
        self._left = asyncio.Event()
        self._asked: list[Message] = []
        self._held = b"event: token"

    def hold_at(self, event: bytes) -> None:
        """Hold the stream up at this event, not at the first token."""
        self._held = event

    def ask(self, content: str) -> None:
        """Set the body of the request."""
        body = json.dumps({"content": content}).encode()
        self._asked.append({"type": "http.request", "body": body, "more_body": False})

    def go_on(self) -> None:
        """Hear everything from now on."""
        self._going_on.set()

    def leave(self) -> None:
        """Hang up."""
        self._left.set()

    async def receive(self) -> Message:
        """Give the server the request, later the end of the connection."""
        if self._asked:
            return self._asked.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Hear the server; after the event where it is held up it must wait until it may go on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif block := message.get("body"):
            self.blocks.put_nowait(block)
            if self._held in block:
                await self._going_on.wait()

    async def hear(self, event: bytes) -> bytes:
        """Wait for the next event of this name."""
        async with asyncio.timeout(5):
            while event not in (block := await self.blocks.get()):
                pass
        return block


@asynccontextmanager
async def listening(app: FastAPI, member: httpx.AsyncClient, path: str, content: str) -> AsyncIterator[Listener]:
    """Send a message and listen until the block ends; the service is done with it then."""
    headers = member.build_request("POST", f"{path}/messages", headers={"Content-Type": "application/json"}).headers
    listener = Listener()
    listener.ask(content)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": f"{path}/messages",
        "raw_path": f"{path}/messages".encode(),
        "query_string": b"",
        "headers": [(name.lower(), value) for name, value in headers.raw if name.lower() != b"content-length"],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 443),
    }
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(app(scope, listener.receive, listener.send))
        yield listener
        listener.go_on()


@pytest.fixture
async def path(alice: httpx.AsyncClient) -> str:
    """A conversation of Alice's."""
    return f"/conversations/{(await alice.post('/conversations', json={'title': 'Chat'})).json()['id']}"


async def history(member: httpx.AsyncClient, path: str) -> list[tuple[str, str]]:
    """Read who said something and how it ended."""
    items = (await member.get(f"{path}/messages")).json()["items"]
    return [(one["role"], one["status"]) for one in items]


async def test_question_is_kept_before_the_answer_starts(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """While the first token is on its way, the question can be read, the answer not yet."""
    async with listening(app, alice, path, ENDLESS) as listener:
        await listener.hear(b"event: token")
        assert await history(alice, path) == [("user", "complete")]


async def test_events_leave_as_they_come(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """Each event is a block of its own, sent before the next token is made."""
    async with listening(app, alice, path, ENDLESS) as listener:
        start = await listener.hear(b"event: start")
        token = await listener.hear(b"event: token")
        assert (start.count(b"\n\n"), token.count(b"\n\n")) == (1, 1)
        assert listener.blocks.empty()


async def test_stops_when_told(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """Stop ends the answer early, says so, and keeps what was said."""
    async with listening(app, alice, path, ENDLESS) as listener:
        await listener.hear(b"event: token")
        stopped = await alice.post(f"{path}/stop")
        listener.go_on()
        end = await listener.hear(b"event: end")
    assert (stopped.status_code, stopped.json()) == (202, {"stopping": True})
    assert b'"finish_reason":"stopped"' in end
    kept = (await alice.get(f"{path}/messages")).json()["items"][1]
    assert kept["status"] == "stopped"
    assert 0 < len(kept["content"].split()) < 1000


async def test_stopping_nothing_is_fine(alice: httpx.AsyncClient, path: str) -> None:
    """Stop without an answer being written changes nothing, now or for the next answer."""
    stopped = await alice.post(f"{path}/stop")
    assert (stopped.status_code, stopped.json()) == (202, {"stopping": False})
    answer = await alice.post(f"{path}/messages", json={"content": "Hi"})
    assert '"finish_reason":"stop"}' in answer.text


async def test_one_answer_at_a_time(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """A second message meanwhile is refused, and is neither kept nor counted; afterwards it is taken."""
    async with listening(app, alice, path, ENDLESS) as listener:
        await listener.hear(b"event: token")
        refused = await alice.post(f"{path}/messages", json={"content": "Hi"})
        assert refused.status_code == 409
        assert (await alice.get("/billing/plan")).json()["used_messages"] == 1
    assert (await alice.post(f"{path}/messages", json={"content": "Hi"})).status_code == 200
    assert len(await history(alice, path)) == 4


async def test_the_next_question_may_come_at_the_end(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """Who hears the end can ask the next question at once, though the connection is not closed yet."""
    async with listening(app, alice, path, "Hi") as listener:
        listener.hold_at(b"event: end")
        await listener.hear(b"event: end")
        assert (await alice.post(f"{path}/messages", json={"content": "Hi"})).status_code == 200
    assert [status for _, status in await history(alice, path)] == ["complete"] * 4


async def test_leaving_ends_the_generation(
    app: FastAPI, alice: httpx.AsyncClient, operator: httpx.AsyncClient, path: str
) -> None:
    """When the client leaves, the model stops, what was said is kept, and the next message is answered."""
    app.state.settings = app.state.settings.model_copy(update={"resume_wait_s": 0})
    async with listening(app, alice, path, ENDLESS) as listener:
        await listener.hear(b"event: token")
        active = (await operator.get("/metrics/usage")).json()["active_streams"]
        listener.leave()
    usage = (await operator.get("/metrics/usage")).json()
    assert (active, usage["active_streams"]) == (1, 0)
    assert usage["tokens_total"] < 10
    assert await history(alice, path) == [("user", "complete"), ("assistant", "stopped")]
    assert (await alice.post(f"{path}/messages", json={"content": "Hi"})).status_code == 200


async def test_who_comes_back_in_time_hears_the_rest(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """An answer waits for a client that was cut off: what it hears then joins to the whole, each event once."""
    async with listening(app, alice, path, "Count to 30") as listener:
        start = json.loads((await listener.hear(b"event: start")).partition(b"data: ")[2])
        await listener.hear(b"event: token")
        listener.leave()
    message_id = start["message_id"]
    headers = {"Last-Event-ID": f"{message_id}:1"}
    rest = (await alice.get(f"{path}/messages/{message_id}/stream", headers=headers)).text
    numbers = [int(line.rpartition(":")[2]) for line in rest.splitlines() if line.startswith("id: ")]
    assert numbers == list(range(2, 33))
    assert '"finish_reason":"stop"' in rest
    assert await history(alice, path) == [("user", "complete"), ("assistant", "complete")]


async def test_who_does_not_come_back_is_not_waited_for(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """When the client stays away the answer ends as stopped, and the next message need not wait for that."""
    async with listening(app, alice, path, ENDLESS) as listener:
        await listener.hear(b"event: token")
        listener.leave()
    assert (await alice.post(f"{path}/messages", json={"content": "Hi"})).status_code == 200
    assert [status for _, status in await history(alice, path)] == ["complete", "stopped", "complete", "complete"]


async def test_a_client_that_stays_away_ends_the_answer(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """After the wait nothing is left: the answer is kept as stopped, and its slot is free."""
    app.state.settings = app.state.settings.model_copy(update={"resume_wait_s": 0.05})
    async with listening(app, alice, path, ENDLESS) as listener:
        await listener.hear(b"event: token")
        live = app.state.slots.live(await app.state.slots.being_written(path.rpartition("/")[2]))
        listener.leave()
    await asyncio.wait({live.task})
    assert await app.state.slots.being_written(path.rpartition("/")[2]) is None
    assert await history(alice, path) == [("user", "complete"), ("assistant", "stopped")]
    assert app.state.metrics.figures().total("chat_active_streams") == 0


async def test_deleting_ends_the_generation(app: FastAPI, alice: httpx.AsyncClient, path: str) -> None:
    """When the conversation is deleted meanwhile, its answer stops and is kept nowhere."""
    async with listening(app, alice, path, ENDLESS) as listener:
        await listener.hear(b"event: token")
        await alice.delete(path)
        listener.go_on()
        assert b'"finish_reason":"stopped"' in await listener.hear(b"event: end")
    assert (await alice.get(f"{path}/messages")).status_code == 404


async def test_silence_is_filled(app: FastAPI, alice: httpx.AsyncClient, path: str, settings: Settings) -> None:
    """While the model thinks, comments keep the connection alive."""
    app.state.settings = settings.model_copy(update={"stream_keep_alive_s": 0.01, "resume_wait_s": 0})
    async with listening(app, alice, path, "/slow") as listener:
        assert await listener.hear(b": keep-alive") == b": keep-alive\n\n"
        listener.leave()
    assert await history(alice, path) == [("user", "complete"), ("assistant", "stopped")]


class BrokenModel(ScriptedModel):
    """A model with a bug."""

    async def stream(self, ask: Ask) -> AsyncGenerator[Said, None]:
        """Say a word and break."""
        yield "one "
        raise RuntimeError(f"bug on {ask.prompt}")


async def test_a_model_with_a_bug_is_told(
    app: FastAPI, alice: httpx.AsyncClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that breaks in a way that nobody expects ends the stream with a problem, and what it said is kept."""
    with monkeypatch.context() as patched:
        line = Line(provider=BrokenModel(), circuit=Circuit(failures=3, open_s=30))
        broken = Providers(lines=[line], metrics=app.state.metrics, first_token_s=5, quiet_s=5)
        patched.setattr(app.state, "providers", broken)
        answer = await alice.post(f"{path}/messages", json={"content": "Hi"})
    assert answer.text.count("event: error") == 1
    assert "bug" not in answer.text
    assert await history(alice, path) == [("user", "complete"), ("assistant", "failed")]
    assert (await alice.post(f"{path}/messages", json={"content": "Hi"})).status_code == 200


async def test_a_store_that_fails_is_told(alice: httpx.AsyncClient, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the answer cannot be kept, the stream ends with a problem that gives nothing away, and the slot is free."""

    async def fail(_maker: object, _answer: object) -> None:
        raise OSError("disk full at /secret")

    with monkeypatch.context() as patched:
        patched.setattr("target_app.chat.history.keep_answer", fail)
        broken = await alice.post(f"{path}/messages", json={"content": "Hi"})
    assert "event: error" in broken.text
    assert '"status":500' in broken.text
    assert "event: end" not in broken.text
    assert "secret" not in broken.text
    assert (await alice.post(f"{path}/messages", json={"content": "Hi"})).status_code == 200
