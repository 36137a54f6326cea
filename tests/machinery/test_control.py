"""What may have failed on our side counts against the target only when we know that our side is fine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gonogo import control
from gonogo.control import control_answers, doubt, judged
from gonogo.exchange import Exchange, Request

if TYPE_CHECKING:
    import pytest

    from tests.machinery.conftest import Describe, Reply, Seen, Serve

REMOTE = "https://chat.example.com"


def failed(*, doubted: bool) -> Exchange:
    """A request that got no answer."""
    request = Request(operation="session", method="GET", url=REMOTE)
    return Exchange(id="1", person="ada", request=request, status=None, failure="no answer", doubted=doubted)


async def test_what_is_not_doubted_is_the_targets(describe: Describe) -> None:
    """A refused connection needs no second opinion."""
    assert await judged(failed(doubted=False), describe(REMOTE), "run-1")


async def test_a_target_on_this_machine_has_no_excuse(describe: Describe) -> None:
    """Between us and a target on loopback there is no network that could fail."""
    assert await judged(failed(doubted=True), describe("http://127.0.0.1:1"), "run-1")


async def test_the_control_url_decides(serve: Serve, reply: Reply, describe: Describe, nowhere: str) -> None:
    """A doubted failure is the target's when the control URL answers, whatever it says, and nobody's otherwise."""
    service = serve(reply(503))
    good = describe(REMOTE, control_url=f"{service.url}/up", connect_to="127.0.0.1:1", access={"headers": {"X": "key"}})
    assert await judged(failed(doubted=True), good, "run-1")
    assert service.seen[0].path == "/up"
    assert "x" not in service.seen[0].headers
    bad = describe(REMOTE, control_url=nowhere)
    assert not await judged(failed(doubted=True), bad, "run-1")
    assert doubt(failed(doubted=True), bad) == (
        f"session cannot be judged from here: no answer; {nowhere} does not answer either"
    )


async def test_without_a_control_url_nobody_knows(describe: Describe) -> None:
    """A profile that names no control URL leaves time-outs undecided."""
    profile = describe(REMOTE)
    assert not await judged(failed(doubted=True), profile, "run-1")
    assert doubt(failed(doubted=True), profile).endswith("the profile has no control_url")


async def test_a_silent_control_is_not_waited_for(
    serve: Serve, describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control URL that takes the request and says nothing is no proof."""

    async def silent(_request: Seen, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(control, "PATIENCE_S", 0.2)
    assert not await control_answers(describe(REMOTE, control_url=serve(silent).url), "run-1")
