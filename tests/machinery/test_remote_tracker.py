"""Events are found in a tracker that others keep: a server of our own speaks Sentry's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from gonogo.remote_tracker import wait_for_remote_event
from gonogo.sections import Tracker
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    import asyncio

    from tests.machinery.conftest import Reply, Seen, Serve

PATH = "/api/0/projects/acme/chat/events/"
EVENT = {
    "eventID": "e1",
    "message": "it broke",
    "release": {"version": "build-7", "shortVersion": "7"},
    "tags": [{"key": "environment", "value": "staging"}, {"key": "correlation", "value": "c-1"}],
}


def sentry(url: str) -> Tracker:
    """A profile's section for Sentry."""
    return Tracker(source="sentry", url=url, organization="acme", project="chat", token="s3cr3t-token")


async def test_sentry(serve: Serve, reply: Reply) -> None:
    """The event is found among the project's newest, with its release and environment as they were sent."""
    service = serve({f"GET {PATH}": reply(200, json.dumps([{"eventID": "e0"}, EVENT]))})
    found = await wait_for_remote_event(sentry(service.url), lambda event: "c-1" in event.text, 5)
    assert found is not None
    assert (found.release, found.environment, found.raw["eventID"]) == ("build-7", "staging", "e1")
    assert service.seen[0].path == f"{PATH}?full=true&statsPeriod=1h"
    assert service.seen[0].headers["authorization"] == "Bearer s3cr3t-token"


@pytest.mark.parametrize(
    ("event", "release"),
    [
        ({"release": None, "tags": [{"key": "release", "value": "b1"}]}, "b1"),
        ({"release": "b2", "tags": None}, "b2"),
        ({}, None),
    ],
)
async def test_where_a_release_stands(serve: Serve, reply: Reply, event: dict[str, Any], release: str | None) -> None:
    """It is an object, a text or a tag."""
    service = serve({f"GET {PATH}": reply(200, json.dumps([event]))})
    found = await wait_for_remote_event(sentry(service.url), lambda _: True, 0)
    assert found is not None
    assert found.release == release


async def test_an_event_that_comes_later(serve: Serve, reply: Reply) -> None:
    """Whoever asks before the event is there, or too often, asks again."""
    answers = [reply(200, "[]"), reply(429), reply(200, json.dumps([EVENT]))]

    async def answer(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))

    assert await wait_for_remote_event(sentry(serve(answer).url), lambda _: True, 10) is not None


async def test_none_when_time_is_up(serve: Serve, reply: Reply) -> None:
    """Other events do not count."""
    assert await wait_for_remote_event(sentry(serve(reply(200, json.dumps([EVENT]))).url), lambda _: False, 0) is None


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, "", r"tracker\.token: .* refuses it with 401; it needs project:read"),
        (404, "", r"tracker\.project: .* answered 404; look at organization and project"),
        (200, "<html>", r"tracker\.url: .* gives no list of events"),
    ],
)
async def test_a_tracker_that_is_none(serve: Serve, reply: Reply, status: int, body: str, sentence: str) -> None:
    """What is wrong with the tracker is our trouble, with the key to look at, and the token is not told."""
    with pytest.raises(HarnessTrouble, match=sentence) as raised:
        await wait_for_remote_event(sentry(serve(reply(status, body)).url), lambda _: True, 0)
    assert "s3cr3t" not in str(raised.value)


async def test_a_tracker_that_is_not_there(nowhere: str) -> None:
    """The address is named."""
    with pytest.raises(HarnessTrouble, match=r"tracker\.url: http://127\.0\.0\.1:\d+ does not answer"):
        await wait_for_remote_event(sentry(nowhere), lambda _: True, 0)


def test_a_tracker_says_where() -> None:
    """What Sentry's API cannot do without is named, and the token is never shown."""
    with pytest.raises(ValidationError, match="source: sentry needs organization and project and token"):
        Tracker.model_validate({"source": "sentry", "url": "https://sentry.example.com"})
    assert "s3cr3t" not in repr(sentry("https://sentry.example.com"))
