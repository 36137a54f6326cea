"""The watch tells what a page could not load, and whom it asked, once and under the right name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from e2e.watch import Watch
from gonogo.redaction import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.async_api import BrowserContext

ORIGIN = "https://chat.test:8443"


class Context:
    """A browser's context that keeps who listens."""

    def __init__(self) -> None:
        self.heard: dict[str, Callable[[Any], None]] = {}
        self.called: dict[str, Callable[..., None]] = {}

    async def expose_function(self, name: str, function: Callable[..., None]) -> None:
        """Let pages call it."""
        self.called[name] = function

    async def add_init_script(self, script: str) -> None:
        """Begin each page with it."""
        assert all(f"window.{name}(" in script for name in self.called)

    def on(self, event: str, listener: Callable[[Any], None]) -> None:
        """Listen."""
        self.heard[event] = listener


async def watched() -> tuple[Watch, Context]:
    """A watch, and the context that it watches."""
    watch, context = Watch(ORIGIN, Vault()), Context()
    await watch.begin(cast("BrowserContext", context))  # all of it that a watch uses
    return watch, context


async def test_a_file_that_came_and_was_refused_is_told() -> None:
    """A stylesheet of a wrong type was answered with 200, and is missing all the same."""
    watch, context = await watched()
    context.called["gonogoUnloaded"]("link", f"{ORIGIN}/static/chat.css")
    assert watch.noticed.failed == ["link could not be loaded from /static/chat.css"]


async def test_a_file_that_was_not_there_is_told_once() -> None:
    """An answer's status says enough."""
    watch, context = await watched()
    request = SimpleNamespace(url=f"{ORIGIN}/static/gone.svg", method="GET")
    context.heard["response"](SimpleNamespace(status=404, request=request))
    context.called["gonogoUnloaded"]("img", request.url)
    assert watch.noticed.failed == ["GET /static/gone.svg answered 404"]


async def test_what_is_somebody_elses_is_told_as_such() -> None:
    """A picture of another host that does not come is a foreign request, and no failed one."""
    watch, context = await watched()
    url = "https://counter.test/visit.gif"
    context.heard["request"](SimpleNamespace(url=url))
    context.called["gonogoUnloaded"]("img", url)
    assert not watch.noticed.failed
    assert watch.noticed.foreign == [f"a page asked https://counter.test, which is not {ORIGIN}"]


@pytest.mark.parametrize("url", ["http://chat.test:8443/a.js", "ws://chat.test:8443/live"])
async def test_without_tls_is_no_longer_our_own(url: str) -> None:
    """A page that came with TLS asks nobody without, not even where it came from."""
    watch, context = await watched()
    context.heard["request"](SimpleNamespace(url=url))
    assert len(watch.noticed.foreign) == 1


async def test_mixed_content_is_told_as_a_foreign_request() -> None:
    """What a browser blocks for want of TLS it tells on the console alone."""
    watch, context = await watched()
    context.heard["console"](SimpleNamespace(type="error", text="Mixed Content: the page requested http://a"))
    assert (len(watch.noticed.foreign), watch.noticed.console) == (1, [])
