"""The log: one JSON object a line, each of its request, and nothing personal in any."""

import io
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from target_app.accounts import signup
from target_app.errors import Problem
from target_app.monitoring import logs
from target_app.monitoring.logs import JsonLines, clean

PASSWORD = "correct horse battery staple"
FILE = b"contents of a private file"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that the process logs when it is asked for all, as it is written."""
    stream = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("target_app")
    before = (root.level, list(root.handlers), ours.level)
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure("DEBUG")
    yield stream
    logging.captureWarnings(capture=False)
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    ours.setLevel(before[2])


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """Read the log back."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def test_every_answer_is_a_line(log: io.StringIO, client: httpx.AsyncClient) -> None:
    """An answer is logged with its request id, route and status."""
    answer = await client.get("/conversations/secret-id", headers={"X-Request-ID": "trace-0123456789"})
    (line,) = [line for line in lines(log) if line["message"] == "Answered"]

    assert answer.status_code == 401
    assert {"GET", "/conversations/{conversation_id}", 401} <= set(line.values())
    assert (line["request_id"], line["level"]) == ("trace-0123456789", "INFO")
    assert line["seconds"] >= 0


async def test_nothing_personal_is_logged(
    log: io.StringIO,
    client: httpx.AsyncClient,
    operator: httpx.AsyncClient,
    app: FastAPI,
    next_token: Callable[[str], Awaitable[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A whole visit, with errors that quote what was said, leaves no address, name, word or token in the log."""
    address, name, words = "zaphod@example.org", "Zaphod Beeblebrox", "the private words of a member"
    await client.post("/auth/signup", json={"email": address, "password": PASSWORD, "name": name})
    token = await next_token(address)
    await client.post("/auth/verify", json={"token": token})
    await client.post("/auth/signin", json={"email": address, "password": "a wrong password"})
    await client.post("/auth/signin", json={"email": address, "password": PASSWORD})
    csrf = (await client.get("/auth/csrf")).json()["csrf_token"]
    client.headers["X-CSRF-Token"] = csrf
    conversation = (await client.post("/conversations", json={"title": words})).json()["id"]
    await client.post(f"/conversations/{conversation}/messages", json={"content": words})
    await client.post(f"/conversations/{conversation}/messages", json={"content": "/fail-midway " + words})
    await client.post("/uploads", files={"file": ("private-name.txt", FILE)})
    await client.post("/exports", json={"conversation_ids": [conversation], "formats": ["json", "pdf"]})
    await client.post("/webhooks/payments", content=words, headers={"Stripe-Signature": words})
    await operator.post("/ops/error", headers={"X-Correlation": words})

    async def quotes(_db: object, email: str) -> None:
        raise ValueError(f"{words}: {email} has no place") from KeyError(name)

    monkeypatch.setattr(signup, "find_user", quotes)
    broken = await client.post("/auth/signin", json={"email": address, "password": PASSWORD})
    refreshed = await client.post("/auth/refresh")
    cookies = dict(client.cookies)
    await app.state.mailer.drain(5)

    assert (broken.status_code, refreshed.status_code) == (500, 200)
    text = log.getvalue()
    assert sum(line["message"] == "Answered" for line in lines(log)) >= 14
    assert sum(line["message"] == "The request failed" for line in lines(log)) == 2
    private = [address, "zaphod", name, "Beeblebrox", words, PASSWORD, token, csrf, "private-name", FILE.decode()]
    private += [*cookies.values(), "operator-token", app.state.settings.secret_key.get_secret_value()]
    assert not [one for one in private if one in text]


async def test_an_error_is_told_by_type_and_place(
    log: io.StringIO, operator: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    """An unexpected error is logged with its request's id, its type and the way to it; ours with its words."""
    answer = await operator.post("/ops/error")
    await client.get("/health")
    (line,) = [line for line in lines(log) if line["level"] == "ERROR"]

    assert line["request_id"] == answer.headers["x-request-id"]
    (error,) = line["errors"]
    assert error["type"] == "target_app.monitoring.routes.DeliberateError"
    assert error["message"] == "asked for by the operator"
    assert error["frames"][-1].startswith("target_app.monitoring.routes:")


def test_the_words_of_others_are_left_out() -> None:
    """What a library's exception says is not told, nor what it came from; the types are."""
    problem = Problem(500, "mailed alice@example.org")
    problem.__cause__ = KeyError("alice@example.org")
    raised = (type(problem), problem, None)
    record = logging.LogRecord("x", logging.ERROR, "", 1, "failed for %s", ("bob@example.org",), raised)
    line = json.loads(JsonLines().format(record))

    assert [error["type"] for error in line["errors"]] == ["target_app.errors.Problem", "builtins.KeyError"]
    assert line["errors"][0]["message"] == "mailed [address]"
    assert line["message"] == "failed for [address]"
    assert "message" not in line["errors"][1]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("to <alice@example.org>, please", "to <[address]>, please"),
        (f"Bearer {'a' * 43}.", "Bearer [token]"),
        ("request 0f8fad5bd9cb469fa16570867728950e took 3 s", "request 0f8fad5bd9cb469fa16570867728950e took 3 s"),
        ("target_app.monitoring.routes", "target_app.monitoring.routes"),
    ],
)
def test_addresses_and_tokens_are_taken_out(text: str, left: str) -> None:
    """What looks like an address or a token goes, ids and words stay."""
    assert clean(text) == left


@pytest.mark.parametrize(
    ("level", "others"), [("DEBUG", logging.INFO), ("INFO", logging.INFO), ("ERROR", logging.ERROR)]
)
def test_the_process_logs_json(monkeypatch: pytest.MonkeyPatch, level: str, others: int) -> None:
    """After the set-up every logger of the process writes such lines; only ours goes into detail."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(logging, "basicConfig", lambda **options: found.update(options))
    monkeypatch.setattr(logging, "captureWarnings", lambda *, capture: found.update(warnings=capture))
    ours = logging.getLogger("target_app")
    monkeypatch.setattr(ours, "setLevel", lambda level: found.update(ours=level))
    logs.configure(level)

    assert (found["level"], found["ours"], found["force"], found["warnings"]) == (others, level, True, True)
    assert isinstance(found["handlers"][0].formatter, JsonLines)
