"""Answers are left for real, and the gauge is looked at until it has fallen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gonogo import monitored
from gonogo.exposition import total

if TYPE_CHECKING:
    import asyncio

    from tests.machinery.conftest import Describe, Gather, Reply, Seen, Serve

OPERATIONS: dict[str, Any] = {
    "send_message": {"method": "POST", "path": "/say", "json": {"say": "{content}"}, "expect": [200], "streams": True},
    "metrics": {"method": "GET", "path": "/metrics", "expect": [200], "credential": "none"},
}
STREAM = {"delta": {"pointer": "/bit"}, "end": {"data": "[DONE]"}}
WORDS = f"data: {json.dumps({'bit': 'one '})}\n\n".encode()


@pytest.mark.parametrize("leaks", [0, 1])
async def test_some_answers_are_left(
    serve: Serve, reply: Reply, describe: Describe, company: Gather, monkeypatch: pytest.MonkeyPatch, leaks: int
) -> None:
    """Three are left; the last look is the first one at which the gauge is down, or as late as can be."""
    monkeypatch.setattr(monitored, "FALLS_WITHIN_S", 0.0)
    opened = 0

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        if request.method == "GET":
            writer.write(reply(200, f"open {opened * leaks}\n".encode(), "Content-Type: text/plain"))
            return
        opened += 1
        writer.write(reply(200, WORDS * 2, "Content-Type: text/event-stream"))

    means = {"fixed_prompt": "Say {words}"}
    profile = describe(serve(answer).url, operations=OPERATIONS, stream=STREAM, means=means)
    people = company(profile)
    seen = await monitored.left_between(people.member(), people.member("anybody"), "open", 0.0)
    values = [total(one.text, "open") for one in seen]
    assert opened == monitored.LEFT
    assert values == [*[0.0] * monitored.FEW_SCRAPES, 3.0 * leaks]
