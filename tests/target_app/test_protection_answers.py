"""What every answer carries, and how errors look."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from target_app.database import Database
from target_app.protection.headers import SECURITY_HEADERS

PROBLEM = "application/problem+json"


async def answers_of_all_kinds(client: httpx.AsyncClient, alice: httpx.AsyncClient) -> dict[int, httpx.Response]:
    """Provoke answers with many statuses."""
    conversation = (await alice.post("/conversations", json={"title": "x"})).json()["id"]
    stream = await alice.post(f"/conversations/{conversation}/messages", json={"content": "Echo: hello"})
    assert stream.headers["content-type"].startswith("text/event-stream")
    answers = [
        stream,
        await client.get("/auth/session"),
        await client.post("/auth/signin", headers={"Sec-Fetch-Site": "cross-site"}),
        await client.get("/nowhere"),
        await client.put("/projects"),
        await client.post("/auth/signin", content=b"x" * (2 * 1024 * 1024 + 1)),
        await client.post("/auth/signin", json={}),
        await client.post("/ops/error", headers={"Authorization": "Bearer operator-token"}),
    ]
    return {answer.status_code: answer for answer in answers}


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The errors that are provoked here are logged, which is not news."""
    caplog.set_level(logging.CRITICAL)


async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """Streams, refusals, unknown paths and crashes carry all of them, once."""
    answers = await answers_of_all_kinds(client, alice)

    assert answers.keys() == {200, 401, 403, 404, 405, 413, 422, 500}
    for answer in answers.values():
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers.get_list(name) == [value]
        assert len(answer.headers["x-request-id"]) == 32
        assert "server" not in answer.headers


async def test_every_error_is_a_problem(client: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """Each error is a problem document whose status is the answer's."""
    answers = await answers_of_all_kinds(client, alice)
    for status in answers.keys() - {200}:
        document = answers[status].json()
        assert answers[status].headers["content-type"] == PROBLEM
        assert document["status"] == status
        assert document.keys() >= {"type", "title", "status"}


async def test_an_unexpected_error_tells_nothing(operator: httpx.AsyncClient) -> None:
    """The answer to a crash names neither the exception nor its text."""
    answer = await operator.post("/ops/error")

    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something went wrong on our side.",
    }


async def test_405_names_all_methods(client: httpx.AsyncClient) -> None:
    """Allow lists every method of the path, also where each is a route of its own."""
    found = {
        path: (await client.request("TRACE", path)).headers["allow"]
        for path in ("/settings", "/conversations/x", "/conversations/x/messages", "/auth/signin")
    }

    assert found == {
        "/settings": "GET, HEAD, PATCH",
        "/conversations/x": "DELETE, GET, HEAD, PATCH",
        "/conversations/x/messages": "GET, HEAD, POST",
        "/auth/signin": "POST",
    }


async def test_there_is_no_cors(client: httpx.AsyncClient) -> None:
    """No answer invites other origins to read it."""
    plain = await client.get("/health", headers={"Origin": "https://evil.example"})
    preflight = await client.options(
        "/projects", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    )

    assert preflight.status_code == 405
    assert not [name for answer in (plain, preflight) for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("sent", "kept"), [("trace-0123456789", True), ("a b", False), ("x" * 65, False), ("é" * 9, False)]
)
async def test_a_plain_request_id_is_kept(client: httpx.AsyncClient, sent: str, kept: bool) -> None:  # noqa: FBT001  a parameter
    """A caller may name the request, in plain characters; anything else is replaced."""
    answer = await client.get("/health", headers={b"X-Request-ID": sent.encode()})

    assert (answer.headers["x-request-id"] == sent) is kept


async def chunks(size: int) -> AsyncIterator[bytes]:
    """Yield a body in pieces, so that it has no declared length."""
    for _ in range(size // 1024):
        yield b" " * 1024
    yield b"{}"


async def test_a_body_without_a_length_is_measured(client: httpx.AsyncClient) -> None:
    """A body that comes in chunks has the same limit, and arrives whole below it."""
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    large = await client.post("/auth/verify", content=chunks(3 * 1024 * 1024), headers=headers)
    small = await client.post("/auth/verify", content=chunks(64 * 1024), headers=headers)

    assert large.status_code == 413
    assert small.json()["errors"][0]["location"] == "body/token"


async def test_a_stream_is_not_buffered(app: FastAPI) -> None:
    """The middleware passes each piece of an answer on while the next is not written yet."""
    gate = asyncio.Event()
    sent: list[Message] = []

    async def endpoint(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await gate.wait()
        await send({"type": "http.response.body", "body": b"last"})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)
        if message.get("body") == b"first":
            gate.set()

    app.mount("/slow", endpoint)
    scope = {"type": "http", "method": "GET", "path": "/slow/x", "root_path": "", "headers": [], "query_string": b""}
    async with asyncio.timeout(5):
        await app(
            {**scope, "scheme": "https", "server": ("testserver", 443), "client": ("127.0.0.1", 1)}, receive, send
        )

    assert [message.get("body") for message in sent[1:]] == [b"first", b"last"]


async def test_a_store_that_is_down_is_a_500(
    app: FastAPI, client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the store does not answer, the caller gets a problem and no detail of it."""
    monkeypatch.setattr(app.state, "database", Database(f"sqlite+aiosqlite:///{tmp_path}/missing/chat.db"))
    answer = await client.post("/auth/verify", json={"token": "x"})

    assert answer.status_code == 500
    assert "sqlite" not in answer.text
