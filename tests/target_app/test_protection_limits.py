"""Limits: who is let through, who waits, and what each is told."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from target_app.protection.limits import SlidingWindow, open_windows
from target_app.settings import Settings
from target_app.store import StoreDown, Taken
from target_app.stores.memory import MemoryStore

BrowserAt = Callable[[str], httpx.AsyncClient]
SignUp = Callable[[str], Awaitable[httpx.AsyncClient]]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with the limits of everyday."""
    return settings.model_copy(update={"api_limit": 100, "auth_limit": 10})


@pytest.fixture
def clock() -> Clock:
    """The clock of the window."""
    return Clock()


class Down(MemoryStore):
    """A store that cannot be reached."""

    async def take(self, *_: object, **__: object) -> Taken:
        """Fail."""
        raise StoreDown

    async def ping(self) -> None:
        """Fail too."""
        raise StoreDown


@pytest.fixture
def window(clock: Clock) -> SlidingWindow:
    """Three requests in any ten seconds."""
    return SlidingWindow("api", limit=3, window_s=10, store=MemoryStore(clock))


async def test_the_window_slides(window: SlidingWindow, clock: Clock) -> None:
    """Each request leaves the window ten seconds after it came, not all at once."""
    found = []
    for clock.now in (0, 4, 5, 6, 9.9, 10, 11, 14):
        found.append((await window.take("alice")).allowed)

    assert found == [True, True, True, False, False, True, False, True]


async def test_a_refused_request_costs_nothing(window: SlidingWindow, clock: Clock) -> None:
    """Knocking while refused does not put off the moment of being let through."""
    for clock.now in (0, 0, 0, 1, 5, 9):
        await window.take("alice")
    clock.now = 10

    assert (await window.take("alice")).allowed


async def test_the_wait_is_the_truth(window: SlidingWindow, clock: Clock) -> None:
    """After the promised wait one more is let through, and a second before it none is."""
    for clock.now in (0.0, 2.5, 3.0):
        await window.take("alice")
    clock.now = 3.2
    wait = (await window.take("alice")).reset_s

    assert wait == 7
    clock.now = 3.2 + wait - 1
    assert not (await window.take("alice")).allowed
    clock.now = 3.2 + wait
    assert (await window.take("alice")).allowed


async def test_each_key_has_its_own(window: SlidingWindow) -> None:
    """One who asks too often does not shut out another."""
    for _ in range(4):
        await window.take("alice")

    assert not (await window.take("alice")).allowed
    assert (await window.take("bob")).remaining == 2


async def test_the_101st_request_waits(alice: httpx.AsyncClient) -> None:
    """A member has 100 requests a minute; the next is a problem that says when to come back."""
    spent = 1  # the CSRF token
    answers = [await alice.get("/auth/session") for _ in range(100 - spent)]
    refused = await alice.get("/auth/session")

    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["ratelimit"].startswith('"api";r=98;t=')
    assert answers[-1].headers["x-ratelimit-remaining"] == "0"
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit-policy"] == '"api";q=100;w=60'
    assert refused.headers["ratelimit"] == f'"api";r=0;t={refused.headers["retry-after"]}'
    assert refused.headers["x-ratelimit-limit"] == "100"
    assert refused.headers["x-ratelimit-reset"] == refused.headers["retry-after"]


async def test_members_at_one_address_do_not_share(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """What one member spends is not taken from another who sits at the same address."""
    before = (await bob.get("/auth/session")).headers["x-ratelimit-remaining"]
    for _ in range(5):
        await alice.get("/auth/session")
    after = (await bob.get("/auth/session")).headers["x-ratelimit-remaining"]

    assert int(before) - int(after) == 1


async def test_the_anonymous_are_counted_by_address(browser_at: BrowserAt) -> None:
    """Without a session the address counts; cookies that are no session change nothing."""
    one, other = browser_at("127.0.0.2"), browser_at("127.0.0.3")
    first = await one.get("/billing/plans")
    second = await one.get("/billing/plans", headers={"Cookie": "__Host-session=made.up.token"})
    elsewhere = await other.get("/billing/plans")

    remaining = [answer.headers["x-ratelimit-remaining"] for answer in (first, second, elsewhere)]
    assert remaining == ["99", "98", "99"]


@pytest.mark.parametrize("path", ["/auth/signin", "/auth/signup", "/auth/verify", "/auth/refresh"])
async def test_the_11th_attempt_waits(browser_at: BrowserAt, path: str) -> None:
    """Ten attempts an address and minute, right or wrong; another address is not held up."""
    one = browser_at("127.0.0.2")
    answers = [await one.post(path, json={}) for _ in range(10)]
    refused = await one.post(path, json={})
    elsewhere = await browser_at("127.0.0.3").post(path, json={})

    assert 429 not in {answer.status_code for answer in answers}
    assert refused.status_code == 429
    assert refused.headers["ratelimit-policy"] == '"auth";q=10;w=60'
    assert elsewhere.status_code == answers[0].status_code


async def test_attempts_are_one_budget_apart_from_the_api(browser_at: BrowserAt) -> None:
    """All sign-in paths spend the same ten, and none of the API's hundred."""
    one = browser_at("127.0.0.2")
    for path in ("/auth/signin", "/auth/signup", "/auth/verify", "/auth/refresh"):
        last = await one.post(path, json={})
    api = await one.get("/auth/session")

    assert last.headers["x-ratelimit-remaining"] == "6"
    assert api.headers["x-ratelimit-remaining"] == "99"


async def test_requests_at_once_are_counted_each(browser_at: BrowserAt) -> None:
    """Of 15 attempts at the same time exactly ten pass."""
    one = browser_at("127.0.0.2")
    answers = await asyncio.gather(*(one.post("/auth/signin", json={}) for _ in range(15)))

    assert sorted(answer.status_code for answer in answers) == [422] * 10 + [429] * 5


@pytest.mark.parametrize("path", ["/health/live", "/health", "/metrics", "/openapi.json", "/webhooks/payments"])
async def test_these_are_not_limited(client: httpx.AsyncClient, path: str) -> None:
    """Machines that watch or notify are never told to wait."""
    answer = await client.get(path)

    assert not [name for name in answer.headers if "ratelimit" in name]


@pytest.mark.parametrize(
    ("forwarded", "counted"),
    [("10.9.9.9", "10.9.9.9"), ("1.2.3.4, 10.9.9.9", "10.9.9.9"), ("10.9.9.9, 127.0.0.2", "10.9.9.9"), ("junk", None)],
)
async def test_a_trusted_proxy_names_the_caller(
    app: FastAPI, browser_at: BrowserAt, forwarded: str, counted: str | None
) -> None:
    """Behind a trusted proxy the last address that is no proxy counts, not what the caller wrote before it."""
    state = app.state
    state.settings = Settings.model_validate({**state.settings.model_dump(), "trusted_proxies": "127.0.0.0/8"})
    await browser_at("127.0.0.2").get("/billing/plans", headers={"X-Forwarded-For": forwarded})

    again = await state.windows["api"].take(f"address {counted or '127.0.0.2'}")
    assert again.remaining == 98


async def test_others_cannot_name_the_caller(browser_at: BrowserAt) -> None:
    """Without a trusted proxy X-Forwarded-For is not believed."""
    one = browser_at("127.0.0.2")
    answers = [await one.get("/billing/plans", headers={"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(3)]

    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["99", "98", "97"]


async def test_without_the_store_each_worker_counts_the_api(app: FastAPI, browser_at: BrowserAt) -> None:
    """While the store is down the API goes on, and its limit still holds in this worker."""
    app.state.windows = open_windows(app.state.settings, Down())
    one = browser_at("127.0.0.2")
    answers = [await one.get("/billing/plans") for _ in range(101)]

    assert [answer.status_code for answer in answers] == [200] * 100 + [429]


async def test_without_the_store_nobody_signs_in(app: FastAPI, browser_at: BrowserAt) -> None:
    """While the store is down no password can be tried: the answer is 503 and says when to come back."""
    app.state.windows = open_windows(app.state.settings, Down())
    refused = await browser_at("127.0.0.2").post("/auth/signin", json={})

    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) > 0


async def test_without_the_store_the_service_is_not_ready(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness names the store when it is down, and nothing else."""
    monkeypatch.setattr(app.state, "store", Down())
    answer = await client.get("/health/ready")
    failed = [name for name, probe in answer.json()["checks"].items() if probe["status"] == "fail"]

    assert answer.status_code == 503
    assert failed == ["store"]
