"""Messages: what is streamed, what is kept, what is refused."""

import json
from time import perf_counter

import httpx
import pytest

from target_app.billing import catalogue
from target_app.chat import scripted
from target_app.chat.provider import ask_of
from target_app.settings import Settings

Event = tuple[str, dict[str, object]]


@pytest.fixture
async def path(alice: httpx.AsyncClient) -> str:
    """A conversation of Alice's."""
    return f"/conversations/{(await alice.post('/conversations', json={'title': 'Chat'})).json()['id']}"


def events_of(answer: httpx.Response) -> list[Event]:
    """Read the names and data of the events of a stream."""
    assert answer.status_code == 200, answer.text
    assert answer.text.endswith("\n\n")
    found = []
    for block in answer.text.removesuffix("\n\n").split("\n\n"):
        _, name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


async def send(member: httpx.AsyncClient, path: str, content: str, **more: str) -> list[Event]:
    """Send a message and read the answer's events."""
    return events_of(await member.post(f"{path}/messages", json={"content": content, **more}))


async def history(member: httpx.AsyncClient, path: str) -> list[dict[str, str]]:
    """Read everything that was said."""
    items: list[dict[str, str]] = (await member.get(f"{path}/messages")).json()["items"]
    return items


async def test_streams_start_tokens_usage_end(alice: httpx.AsyncClient, path: str) -> None:
    """A stream says which message begins, its tokens in order, what was used, and that it ended."""
    answer = await alice.post(f"{path}/messages", json={"content": "Reply with exactly these words: all ready"})
    start, first, second, usage, end = events_of(answer)
    message_id = start[1]["message_id"]
    assert start == (
        "start",
        {"message_id": message_id, "conversation_id": path.rsplit("/", 1)[-1], "model": "scripted-small"},
    )
    assert first == ("token", {"index": 0, "text": "all "})
    assert second == ("token", {"index": 1, "text": "ready"})
    assert usage == ("usage", {"prompt_tokens": 7, "completion_tokens": 2})
    assert end == ("end", {"message_id": message_id, "finish_reason": "stop"})
    assert [line for line in answer.text.splitlines() if line.startswith("id: ")] == [
        f"id: {message_id}:{number}" for number in range(5)
    ]


async def test_stream_has_its_headers(alice: httpx.AsyncClient, path: str) -> None:
    """A stream is named as one, and nobody on the way may keep or collect it."""
    headers = (await alice.post(f"{path}/messages", json={"content": "Hi"})).headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert "content-length" not in headers


@pytest.mark.parametrize(
    "text", ["two\nlines\r\n\r\nend", "é 日本 🐙 \u2028 \u200f\u05d0", " padded ", "data: x\n\nevent: end"]
)
async def test_keeps_exactly_what_was_said(alice: httpx.AsyncClient, path: str, text: str) -> None:
    """Question and answer are kept once each, to the letter, and the tokens join to the answer."""
    events = await send(alice, path, f"Echo: {text}")
    question, answer = await history(alice, path)
    assert "".join(str(data["text"]) for name, data in events if name == "token") == text
    assert (question["role"], question["content"], question["status"]) == ("user", f"Echo: {text}", "complete")
    assert (answer["role"], answer["content"], answer["status"]) == ("assistant", text, "complete")
    assert answer["id"] == events[0][1]["message_id"]


async def test_failure_is_told_and_what_came_before_kept(alice: httpx.AsyncClient, path: str) -> None:
    """A model that fails half way ends the stream with a problem, and the next message works again."""
    events = await send(alice, path, "/fail-midway")
    name, problem = events[-1]
    assert [name for name, _ in events] == ["start", "token", "token", "token", "error"]
    assert (name, problem["status"]) == ("error", 502)
    assert problem.keys() == {"type", "title", "status", "detail"}
    assert (await history(alice, path))[1]["status"] == "failed"
    assert (await send(alice, path, "Hi"))[-1][0] == "end"


async def test_slow_prompt_waits_before_the_first_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prompt /slow makes the model wait and then answer as always."""
    monkeypatch.setattr(scripted, "SLOW_START_S", 0.05)
    began = perf_counter()
    answer = scripted.ScriptedModel(token_interval_s=0).stream(ask_of("/slow"))
    assert await anext(answer) == "Thank "
    assert perf_counter() - began >= 0.05


@pytest.mark.parametrize("content", ["", " \n\t", "a\x00b"])
async def test_refuses_what_cannot_be_answered(alice: httpx.AsyncClient, path: str, content: str) -> None:
    """Blank content and NUL are refused, and nothing is kept."""
    assert (await alice.post(f"{path}/messages", json={"content": content})).status_code == 422
    assert await history(alice, path) == []


async def test_refuses_a_message_too_long(alice: httpx.AsyncClient, path: str, settings: Settings) -> None:
    """The longest message is taken, and one character more is refused."""
    longest = settings.message_limit_chars
    too_long = await alice.post(f"{path}/messages", json={"content": "x" * (longest + 1)})
    assert (too_long.status_code, len(await history(alice, path))) == (413, 0)
    assert (await send(alice, path, "x" * longest))[-1][0] == "end"


async def test_refuses_half_a_character(alice: httpx.AsyncClient, path: str) -> None:
    """A lone surrogate, which is no text, is refused."""
    body = rb'{"content": "\ud800"}'
    answer = await alice.post(f"{path}/messages", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


async def test_repeats_the_answer_for_the_same_key(alice: httpx.AsyncClient, path: str) -> None:
    """A retry with the same key is told the same answer; nothing is kept or counted twice."""
    first = await send(alice, path, "Count to 3", idempotency_key="k1")
    second = await send(alice, path, "Count to 3", idempotency_key="k1")
    assert second == first
    assert len(await history(alice, path)) == 2
    assert (await alice.get("/billing/plan")).json()["used_messages"] == 1


async def test_repeats_a_failure_for_the_same_key(alice: httpx.AsyncClient, path: str) -> None:
    """A retry of what failed is told what was said and that it failed."""
    first = await send(alice, path, "/fail-midway", idempotency_key="k1")
    second = await send(alice, path, "/fail-midway", idempotency_key="k1")
    assert second[:-1] == first[:-1]
    assert second[-1][0] == "error"
    assert [message["status"] for message in await history(alice, path)] == ["complete", "failed"]


async def test_a_key_is_for_one_message(alice: httpx.AsyncClient, path: str) -> None:
    """The same key with other content is refused, and the first answer stands."""
    await send(alice, path, "Count to 3", idempotency_key="k1")
    answer = await alice.post(f"{path}/messages", json={"content": "Count to 4", "idempotency_key": "k1"})
    assert answer.status_code == 409
    assert len(await history(alice, path)) == 2
    assert (await send(alice, path, "Hi"))[-1][0] == "end"


async def test_plan_decides_which_models(alice: httpx.AsyncClient, path: str) -> None:
    """A model of the plan answers; one outside of it is refused with a way out; an unknown one is no model."""
    inside = await send(alice, path, "Hi", model="scripted-nano")
    outside = await alice.post(f"{path}/messages", json={"content": "Hi", "model": "scripted-max"})
    unknown = await alice.post(f"{path}/messages", json={"content": "Hi", "model": "other"})
    assert inside[0][1]["model"] == "scripted-nano"
    assert outside.status_code == 403
    assert "POST /billing/orders" in outside.json()["detail"]
    assert outside.json()["models"] == [name for name, plan in catalogue.MODELS.items() if plan == "FREE"]
    assert unknown.status_code == 422
    assert len(await history(alice, path)) == 2


async def test_default_model_answers(alice: httpx.AsyncClient, path: str) -> None:
    """Who names no model gets the one of the settings."""
    await alice.patch("/settings", json={"default_model": "scripted-fast"})
    assert (await send(alice, path, "Hi"))[0][1]["model"] == "scripted-fast"


async def test_counts_what_was_used(alice: httpx.AsyncClient, path: str, operator: httpx.AsyncClient) -> None:
    """Messages and tokens are counted, and no stream is left over as active."""
    await send(alice, path, "Count to 3")
    await send(alice, path, "/fail-midway")
    usage = (await operator.get("/metrics/usage")).json()
    assert usage["messages_total"] == 2
    assert usage["tokens_total"] == 3 + 3 + 1 + 3
    assert usage["active_streams"] == 0
