"""Upstreams that speak OpenAI's chat completions, in all the ways in which they fail; and who answers then."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from target_app.chat.circuit import Circuit
from target_app.settings import Environment, Settings

Writer = asyncio.StreamWriter
Answer = Callable[[Writer], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
END = b'data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":22}}\n\n'
DONE = b"data: [DONE]\n\n"


def says(text: str) -> bytes:
    """A chunk with a piece of text."""
    chunk = json.dumps({"choices": [{"delta": {"content": text}}]}, ensure_ascii=False)
    return f"data: {chunk}\n\n".encode()


def sends(*parts: bytes) -> Answer:
    """An upstream that sends these bytes and hangs up."""

    async def answer(writer: Writer) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


def fails(status: int, more: str = "") -> Answer:
    """An upstream that answers with a status."""
    return sends(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n{more}\r\n".encode())


def hangs_after(*parts: bytes) -> Answer:
    """An upstream that sends something and then nothing, for as long as someone waits."""

    async def answer(writer: Writer) -> None:
        await sends(*parts)(writer)
        await asyncio.Event().wait()

    return answer


WELL = sends(HEAD, says("Hel"), says("lo \u2028 é"), END, USAGE, DONE)


class FakeUpstream:
    """A small server on a free port that answers as it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer = WELL
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.port = 0
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> asyncio.Server:
        """Listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    @property
    def questions(self) -> list[dict[str, object]]:
        """The bodies of all questions."""
        return [json.loads(body) for line, _, body in self.asked if line.startswith("POST")]

    def hang_up(self) -> None:
        """Leave everybody."""
        for task in self._open:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.ensure_future(self._talk(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        try:
            line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
            self.asked.append((line, headers, await reader.readexactly(int(headers.get("content-length", 0)))))
            await self.answer(writer)
        except asyncio.IncompleteReadError:
            pass  # whoever was going to ask has left
        finally:
            writer.close()


@pytest.fixture
async def first() -> AsyncIterator[FakeUpstream]:
    """The first upstream."""
    async with running() as fake:
        yield fake


@pytest.fixture
async def second() -> AsyncIterator[FakeUpstream]:
    """The second upstream."""
    async with running() as fake:
        yield fake


class running(AsyncExitStack):  # noqa: N801  used as a context manager only
    """A fake upstream while the block runs."""

    async def __aenter__(self) -> FakeUpstream:  # type: ignore[override]  # it gives what it runs
        """Start it."""
        fake = FakeUpstream()
        server = await fake.start()
        self.callback(server.close)
        self.callback(fake.hang_up)
        return fake


@pytest.fixture
def settings(settings: Settings, first: FakeUpstream, second: FakeUpstream) -> Settings:
    """A service with two upstreams."""
    changes = {
        "upstream_url": f"http://127.0.0.1:{first.port}/v1",
        "upstream_key": "first-key",
        "upstream_models": "scripted-small=gpt-small,scripted-nano",
        "backup_url": f"http://127.0.0.1:{second.port}/v1/",
        "provider_first_token_s": 2,
        "provider_quiet_s": 2,
    }
    return Settings.model_validate({**settings.model_dump(), **changes})


@pytest.fixture
async def path(alice: httpx.AsyncClient) -> str:
    """The messages of a conversation of Alice's."""
    return f"/conversations/{(await alice.post('/conversations', json={'title': 'Chat'})).json()['id']}/messages"


async def ask(member: httpx.AsyncClient, path: str, **more: str) -> list[tuple[str, dict[str, object]]]:
    """Ask, past every cache; the names and data of the events."""
    headers = {"Cache-Control": "no-cache"}
    answer = await member.post(path, json={"content": "Hello there", **more}, headers=headers)
    assert answer.status_code == 200, answer.text
    lines = [block.split("\n") for block in answer.text.removesuffix("\n\n").split("\n\n") if block[0] != ":"]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for _, name, data in lines]


def said(events: list[tuple[str, dict[str, object]]]) -> str:
    """What the tokens say together."""
    return "".join(str(data["text"]) for name, data in events if name == "token")


async def states(operator: httpx.AsyncClient) -> dict[str, tuple[str, str]]:
    """The status and circuit of each provider."""
    providers = (await operator.get("/metrics/providers")).json()["providers"]
    return {one["name"]: (one["status"], one["circuit"]) for one in providers}


async def test_an_upstream_answers(
    alice: httpx.AsyncClient, path: str, first: FakeUpstream, operator: httpx.AsyncClient
) -> None:
    """Its pieces are the tokens, its counts the usage, its reason the end; it is asked with our key and its name."""
    events = await ask(alice, path)
    line, headers, _ = first.asked[0]
    assert [data["text"] for name, data in events if name == "token"] == ["Hel", "lo \u2028 é"]
    assert events[-2] == ("usage", {"prompt_tokens": 11, "completion_tokens": 22})
    assert events[-1][1]["finish_reason"] == "length"
    assert (line, headers["authorization"]) == ("POST /v1/chat/completions HTTP/1.1", "Bearer first-key")
    assert first.questions[0]["model"] == "gpt-small"
    assert first.questions[0]["messages"] == [{"role": "user", "content": "Hello there"}]
    assert await states(operator) == {"upstream": ("pass", "closed"), "backup": ("unused", "closed")}


async def test_an_upstream_gets_the_conversation(alice: httpx.AsyncClient, path: str, first: FakeUpstream) -> None:
    """The second question comes with what was said before, in order."""
    await ask(alice, path)
    await ask(alice, path, content="And now?")
    messages = first.questions[1]["messages"]
    assert isinstance(messages, list)
    assert [one["role"] for one in messages] == ["user", "assistant", "user"]
    assert messages[1]["content"] == "Hello \u2028 é"


BEFORE_A_WORD = {
    "429": fails(429, "Retry-After: 7\r\n"),
    "500": fails(500),
    "401": fails(401),
    "hang": hangs_after(),
    "hang after the head": hangs_after(HEAD),
    "cut": sends(HEAD),
    "malformed": sends(HEAD, b"data: {nonsense\n\n"),
    "no object": sends(HEAD, b"data: [1]\n\n"),
    "error": sends(HEAD, b'data: {"error":{"message":"secret"}}\n\n'),
    "no http": sends(b"hello\r\n\r\n"),
}


@pytest.mark.parametrize("failure", BEFORE_A_WORD.values(), ids=BEFORE_A_WORD)
async def test_the_next_takes_over_before_a_word(
    alice: httpx.AsyncClient,
    path: str,
    first: FakeUpstream,
    operator: httpx.AsyncClient,
    failure: Answer,
) -> None:
    """Whatever fails before the first token, the backup answers, and the failure is on record."""
    first.answer = failure
    events = await ask(alice, path)
    found = await states(operator)
    assert (said(events), events[-1][0]) == ("Hello \u2028 é", "end")
    assert (found["upstream"][0], found["backup"][0]) == ("fail", "pass")


AFTER_A_WORD = {
    "cut": sends(HEAD, says("Hel")),
    "cut in an event": sends(HEAD, says("Hel"), b'data: {"choices"'),
    "malformed": sends(HEAD, says("Hel"), b"data: {nonsense\n\n"),
    "hang": hangs_after(HEAD, says("Hel")),
    "done without a reason": sends(HEAD, says("Hel"), DONE),
}


@pytest.mark.parametrize("failure", AFTER_A_WORD.values(), ids=AFTER_A_WORD)
async def test_nobody_takes_over_after_a_word(
    alice: httpx.AsyncClient, path: str, first: FakeUpstream, second: FakeUpstream, failure: Answer
) -> None:
    """What fails after the first token is told as an error; what was said is kept, and the message not counted."""
    first.answer = failure
    events = await ask(alice, path)
    assert [name for name, _ in events] == ["start", "token", "error"]
    assert (said(events), events[-1][1]["status"]) == ("Hel", 503)
    assert second.asked == []
    answer = (await alice.get(path)).json()["items"][1]
    assert (answer["content"], answer["status"]) == ("Hel", "failed")
    assert (await alice.get("/billing/plan")).json()["used_messages"] == 0


async def test_nobody_answers(
    alice: httpx.AsyncClient, path: str, first: FakeUpstream, second: FakeUpstream, client: httpx.AsyncClient
) -> None:
    """When all fail the stream says so without their secrets, nothing is counted, and soon the service is not ready."""
    first.answer = second.answer = fails(500)
    for _ in range(3):
        events = await ask(alice, path)
        assert [name for name, _ in events] == ["start", "error"]
        assert events[1][1]["status"] == 503
    assert (await alice.get("/billing/plan")).json()["used_messages"] == 0
    assert len((await alice.get(path)).json()["items"]) == 6
    asked = len(first.asked)
    await ask(alice, path)
    assert len(first.asked) == asked
    assert (await client.get("/health/ready")).status_code == 503


async def test_a_circuit_opens_and_closes(
    app: FastAPI, alice: httpx.AsyncClient, path: str, first: FakeUpstream, operator: httpx.AsyncClient
) -> None:
    """After three failures an upstream is left alone; later one call tries it, and finds it well."""
    first.answer = fails(500)
    for _ in range(4):
        await ask(alice, path)
    assert len(first.asked) == 3
    assert (await states(operator))["upstream"] == ("fail", "open")
    first.answer = WELL
    circuit = app.state.providers.lines[0].circuit
    circuit.clock = lambda now=circuit.clock: now() + 31
    assert (await states(operator))["upstream"] == ("fail", "half-open")
    await ask(alice, path)
    assert (await states(operator))["upstream"] == ("pass", "closed")


async def test_a_refusal_is_nobodys_failure(
    alice: httpx.AsyncClient, path: str, first: FakeUpstream, second: FakeUpstream, operator: httpx.AsyncClient
) -> None:
    """A question that an upstream refuses is not passed on, and says nothing against the upstream."""
    first.answer = fails(400)
    events = await ask(alice, path)
    assert (events[-1][0], events[-1][1]["status"]) == ("error", 422)
    assert second.asked == []
    assert (await states(operator))["upstream"] == ("pass", "closed")


async def test_only_who_has_the_model_is_asked(
    alice: httpx.AsyncClient, path: str, first: FakeUpstream, second: FakeUpstream
) -> None:
    """A model that the first upstream lacks is asked of the second, under our own name."""
    await ask(alice, path, model="scripted-fast")
    assert first.asked == []
    assert second.questions[0]["model"] == "scripted-fast"


async def test_leaving_hangs_up_on_the_upstream(alice: httpx.AsyncClient, path: str, first: FakeUpstream) -> None:
    """When an answer is stopped, the connection to the upstream is closed."""
    begun, closed = asyncio.Event(), asyncio.Event()

    async def endless(writer: Writer) -> None:
        begun.set()
        writer.write(HEAD)
        try:
            while True:
                writer.write(says("word "))
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    first.answer = endless
    sending = asyncio.ensure_future(ask(alice, path))
    async with asyncio.timeout(10):
        await begun.wait()
        await alice.post(path.replace("/messages", "/stop"))
        events = await sending
        await closed.wait()
    assert events[-1][1]["finish_reason"] == "stopped"


async def test_ready_asks_an_upstream_nothing_that_costs(
    client: httpx.AsyncClient, first: FakeUpstream, second: FakeUpstream
) -> None:
    """Readiness lists models at each upstream, and is green while one of them answers."""
    first.answer = fails(500)
    second.answer = sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    assert (await client.get("/health/ready")).status_code == 200
    assert [line for line, _, _ in first.asked] == ["GET /v1/models HTTP/1.1"]
    second.answer = fails(503)
    assert (await client.get("/health/ready")).status_code == 503


def test_a_circuit_lets_one_try() -> None:
    """Half-open, one call passes and the others wait for what it finds; 429 with a wait opens at once."""
    now = [0.0]
    circuit = Circuit(failures=2, open_s=10, clock=lambda: now[0])
    circuit.failed(wait_s=5)
    assert (circuit.state, circuit.admits()) == ("open", False)
    now[0] = 5
    assert (circuit.state, circuit.admits()) == ("closed", True)
    circuit.failed()
    now[0] = 15
    assert [circuit.admits(), circuit.admits()] == [True, False]
    circuit.abandoned()
    assert circuit.admits()
    circuit.succeeded()
    assert circuit.state == "closed"


def test_an_order_needs_its_urls() -> None:
    """An upstream that is named without a URL stops the service at its start; without names, URLs decide."""
    environment = {"environment": Environment.TEST}
    with pytest.raises(ValueError, match="CHAT_BACKUP_URL"):
        Settings.model_validate({**environment, "providers": "backup,scripted"})
    assert Settings.model_validate(environment).provider_order == ("scripted",)
    url = {"backup_url": "http://127.0.0.1:1/v1"}
    assert Settings.model_validate({**environment, **url}).provider_order == ("backup",)
