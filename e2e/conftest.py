"""A browser, and people who each have a context of it, a proxy from their own address, and a watch."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from checks import ui_watch
from e2e.browser import Found, find
from e2e.proxy import Proxy
from e2e.visitor import ARRIVES_MS, Visitor
from e2e.watch import Watch
from gonogo.plugin import PHASES, SUITE
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from gonogo.checker import Checker
    from gonogo.member import Member
    from gonogo.plugin import Suite

FOUND = pytest.StashKey[Found]()
INCONCLUSIVE = 20
WATCHES = (
    *(ui_watch.no_exception, ui_watch.no_console_error, ui_watch.keeps_policy),
    *(ui_watch.no_failed_request, ui_watch.own_requests_only),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which browser, and how it is to be seen at work."""
    group = parser.getgroup("e2e", "e2e: which browser")
    group.addoption("--browser", default="chromium", choices=("chromium", "firefox"), help="which kind of browser")
    group.addoption("--browser-path", help="the browser's program")
    group.addoption("--headed", action="store_true", help="show the browser")
    group.addoption("--slowmo", type=float, default=0.0, help="milliseconds to wait before each thing done")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Find the browser before anybody needs it; without one nothing can be said."""
    config = session.config
    if SUITE not in config.stash or all(item.get_closest_marker("skip") for item in session.items):
        return
    try:
        config.stash[FOUND] = find(config.option.browser, config.option.browser_path, os.environ)
    except HarnessTrouble as trouble:
        config.stash[SUITE].say(str(trouble))
        pytest.exit(str(trouble), returncode=INCONCLUSIVE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """The browser."""
    found, option = request.config.stash[FOUND], request.config.option
    async with async_playwright() as playwright:
        running = await getattr(playwright, found.kind).launch(
            executable_path=found.executable, headless=not option.headed, slow_mo=option.slowmo
        )
        yield running
        await running.close()


@asynccontextmanager
async def at_the_browser(browser: Browser, member: Member, suite: Suite, part: str) -> AsyncIterator[Visitor]:
    """A member with a context of their own, watched."""
    profile = suite.profile
    watch = Watch(profile.origins.api, suite.vault)
    proxy = Proxy(origin=profile.origins.api, address=member.person.address, connect_to=profile.connect_to)
    server = await proxy.start()
    context = await browser.new_context(
        base_url=profile.origins.api,
        proxy={"server": server, "bypass": "<-loopback>"},
        ignore_https_errors=profile.tls.ca_file is not None,  # a private authority's; smoke judges certificates
    )
    try:
        context.set_default_timeout(ARRIVES_MS)
        await watch.begin(context)
        await context.tracing.start(screenshots=True, snapshots=True)
        page = await context.new_page()
        yield Visitor(member=member, context=context, page=page, watch=watch, folder=suite.folder, part=part)
    finally:
        await context.close()
        await proxy.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ada(
    request: pytest.FixtureRequest, browser: Browser, suite: Suite, alice: Member, check: Checker
) -> AsyncIterator[Visitor]:
    """Alice at a browser; what was noticed on her pages is judged, and photographed, when she is done."""
    async with at_the_browser(browser, alice, suite, request.node.name) as visitor:
        yield visitor
        await visitor.photograph(visitor.part)
        check(visitor.noticed, *WATCHES)
        if check.complaints or not ended_well(request.node):
            await visitor.keep_trace()


def ended_well(item: pytest.Item) -> bool:
    """Whether a part has met no trouble until now."""
    return all(report.passed for _, report in item.stash.get(PHASES, []))
