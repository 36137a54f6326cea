"""Unexpected errors reach the tracker, and nothing private goes with them."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import brotli  # type: ignore[import-untyped]  # the library has no types
import httpx
import pytest

from target_app.accounts import signup
from target_app.settings import Settings

SECRETS = ("__Host-session", "operator-token", "alice@example.org", "private-words")


class Sink:
    """A tracker that keeps the events it gets."""

    def __init__(self) -> None:
        self.dsn = ""
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one envelope and say thanks."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
        if "content-encoding: gzip" in head:
            body = zlib.decompress(body, wbits=31)
        elif "content-encoding: br" in head:  # the client prefers it where the package is installed
            body = brotli.decompress(body)
        for line in body.splitlines():
            record = json.loads(line)
            if "exception" in record:
                self.events.put_nowait(record)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async def next(self) -> dict[str, Any]:
        """Wait for the next event."""
        async with asyncio.timeout(5):
            return await self.events.get()


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """A tracker on a free port."""
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sink.dsn = f"http://public@127.0.0.1:{port}/1"
    async with server:
        yield sink


@pytest.fixture
def settings(settings: Settings, sink: Sink) -> Settings:
    """Settings that name the tracker."""
    return settings.model_copy(update={"sentry_dsn": sink.dsn})


async def test_an_error_reaches_the_tracker(operator: httpx.AsyncClient, sink: Sink) -> None:
    """The event says which error, build, environment and request it is."""
    answer = await operator.post("/ops/error", headers={"X-Correlation": "run 7"})
    event = await sink.next()

    assert answer.status_code == 500
    assert event["exception"]["values"][-1]["type"] == "DeliberateError"
    assert (event["release"], event["environment"]) == ("build-1", "test")
    assert event["tags"] == {
        "correlation": "run 7",
        "method": "POST",
        "route": "/ops/error",
        "request_id": answer.headers["x-request-id"],
    }


async def test_nothing_private_goes_with_it(alice: httpx.AsyncClient, sink: Sink) -> None:
    """No cookie, token, address or body is in the event, though all were in the request."""
    content = json.dumps({"text": "private-words", "from": "alice@example.org"})
    headers = {"Authorization": "Bearer operator-token", "X-Correlation": "x"}
    await alice.post("/ops/error", content=content, headers=headers)
    event = await sink.next()
    text = json.dumps(event)

    assert "DeliberateError" in text
    assert not event.keys() & {"user", "request", "breadcrumbs", "extra", "modules", "server_name"}
    assert not [secret for secret in SECRETS if secret in text]
    assert alice.cookies["__Host-session"] not in text


async def test_only_the_operator_fails_on_purpose(client: httpx.AsyncClient, sink: Sink) -> None:
    """Without the token the operation is refused and nothing is reported."""
    answer = await client.post("/ops/error")

    assert answer.status_code == 401
    assert sink.events.empty()


async def test_a_problem_is_no_error(client: httpx.AsyncClient, operator: httpx.AsyncClient, sink: Sink) -> None:
    """What a caller does wrong is not reported: the first event is that of the real error."""
    await client.get("/nowhere")
    await client.post("/auth/signin", json={})
    await operator.post("/ops/error", headers={"X-Correlation": "the real one"})

    assert (await sink.next())["tags"]["correlation"] == "the real one"
    assert sink.events.empty()


async def test_the_words_of_others_are_not_sent(
    client: httpx.AsyncClient, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that is not ours may quote what a member wrote: its type is reported, its text is not."""

    async def quotes(_db: object, email: str) -> None:
        raise ValueError(f"{SECRETS} of {email}")

    monkeypatch.setattr(signup, "find_user", quotes)
    await client.post("/auth/signin", json={"email": SECRETS[2], "password": SECRETS[3]})
    event = await sink.next()

    assert event["exception"]["values"][-1]["type"] == "ValueError"
    assert not [secret for secret in SECRETS if secret in json.dumps(event)]
