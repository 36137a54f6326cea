"""HEAD, OPTIONS and odd requests: what they are answered, and what each answer carries."""

import logging

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from target_app.protection.headers import SECURITY_HEADERS
from target_app.routing import operations

# Each says how often it was asked, or measures time, or is made afresh.
MOVING = {"x-request-id", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset", "content-length"}
EXACT = {"/auth/session", "/billing/plans", "/settings", "/projects", "/openapi.json", "/health"}


def headers_of(answer: httpx.Response) -> dict[str, str]:
    """The headers that two answers to the same question share."""
    return {name: value for name, value in answer.headers.items() if name not in MOVING}


@pytest.fixture
def paths(app: FastAPI) -> list[str]:
    """Every path of the API that takes GET; those of things have an id that is nobody's."""
    found = [one.path for one in operations(app) if "GET" in one.methods and not one.is_page]
    return [path.replace("{", "").replace("}", "") for path in found]


async def test_head_is_answered_as_get_is(alice: httpx.AsyncClient, paths: list[str]) -> None:
    """Wherever there is a GET, HEAD has the same status and headers, and no body."""
    assert len(paths) > 15
    for path in paths:
        got, asked = await alice.get(path), await alice.head(path)
        assert (asked.status_code, headers_of(asked)) == (got.status_code, headers_of(got)), path
        assert asked.content == b""
        if path in EXACT:
            assert asked.headers["content-length"] == str(len(got.content)), path


async def test_head_sends_no_byte(app: FastAPI) -> None:
    """The service itself keeps the body back, and leaves the server's scope as it was."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    where = {"path": "/billing/plans", "raw_path": b"/billing/plans", "root_path": "", "query_string": b""}
    who = {"scheme": "https", "server": ("testserver", 443), "client": ("127.0.0.1", 1), "headers": []}
    scope = {"type": "http", "method": "HEAD", "http_version": "1.1", **where, **who}
    await app(scope, receive, send)

    assert sent[0]["status"] == 200
    assert scope["method"] == "HEAD"
    assert [message["body"] for message in sent[1:]] == [b""]


async def test_head_is_counted_as_head(operator: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    """The numbers tell HEAD from GET, under the same route."""
    await client.head("/billing/plans")
    text = (await operator.get("/metrics")).text

    assert 'http_requests_total{method="HEAD",route="/billing/plans",status="200"} 1.0' in text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/health", 200),
        ("HEAD", "/nowhere", 404),
        ("HEAD", "/auth/session", 401),
        ("HEAD", "/auth/signin", 405),
        ("OPTIONS", "/auth/signin", 405),
        ("OPTIONS", "/nowhere", 404),
        ("TRACE", "/health", 405),
        ("BREW", "/health", 405),
        ("GET", "/projects/%00", 404),
        ("GET", "/webhooks/payments", 405),
        ("HEAD", "/ops/error", 405),
    ],
)
async def test_each_answer_is_protected(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    """Also these answers carry all security headers and a request id."""
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert answer.headers["x-request-id"]


async def test_a_body_of_unsaid_length_is_measured(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    """A body that neither says its length nor comes in chunks, as over HTTP/2, has the same limit."""
    caplog.set_level(logging.CRITICAL)
    sent: list[Message] = []
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b" " * 65536, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    where = {"path": "/auth/signin", "raw_path": b"/auth/signin", "root_path": "", "query_string": b""}
    who = {"scheme": "https", "server": ("testserver", 443), "client": ("127.0.0.1", 1)}
    await app({"type": "http", "method": "POST", "http_version": "2", "headers": [], **where, **who}, receive, send)

    assert sent[0]["status"] == 413
    assert taken == 33
