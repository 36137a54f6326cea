"""Requests that another site may have made are refused; their twins from our own pages pass."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

CREDENTIALS = {"email": "alice@example.org", "password": "correct horse battery staple"}
BrowserAt = Callable[[str], httpx.AsyncClient]


async def create(browser: httpx.AsyncClient, **headers: str) -> httpx.Response:
    """Do something unsafe that needs a session."""
    return await browser.post("/projects", json={"name": "mine"}, headers=headers)


async def test_the_token_lets_through(alice: httpx.AsyncClient) -> None:
    """With the session's token an unsafe request passes; without, with another or a cut one it does not."""
    token = alice.headers.pop("X-CSRF-Token")
    tried = {"": 403, "x" * 64: 403, token[:-1]: 403, token.upper(): 403, "ä": 403, token: 201}
    found = {
        sent: (
            await alice.post("/projects", json={"name": "mine"}, headers={b"X-CSRF-Token": sent.encode()})
        ).status_code
        for sent in tried
    }

    assert found == tried
    assert (await create(alice)).status_code == 403


async def test_the_refusal_is_a_problem(alice: httpx.AsyncClient) -> None:
    """The refusal says what is missing."""
    del alice.headers["X-CSRF-Token"]
    refused = await create(alice)

    assert refused.headers["content-type"] == "application/problem+json"
    assert "X-CSRF-Token" in refused.json()["detail"]


async def test_the_token_is_bound_to_the_session(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another session's token is worth nothing, even one of the same member."""
    of_bob = bob.headers["X-CSRF-Token"]
    of_before = alice.headers["X-CSRF-Token"]
    await alice.post("/auth/signin", json=CREDENTIALS)

    assert (await create(alice, **{"X-CSRF-Token": of_bob})).status_code == 403
    assert (await create(alice, **{"X-CSRF-Token": of_before})).status_code == 403
    fresh = (await alice.get("/auth/csrf")).json()["csrf_token"]
    assert (await create(alice, **{"X-CSRF-Token": fresh})).status_code == 201


async def test_it_guards_every_unsafe_method(alice: httpx.AsyncClient) -> None:
    """POST, PATCH, DELETE and sign-out alike are refused without the token; reading is not."""
    del alice.headers["X-CSRF-Token"]
    tried = {
        ("POST", "/conversations"): 403,
        ("PATCH", "/settings"): 403,
        ("DELETE", "/auth/account"): 403,
        ("POST", "/auth/signout"): 403,
        ("POST", "/auth/signin"): 403,
        ("GET", "/settings"): 200,
    }
    found = {(method, path): (await alice.request(method, path)).status_code for method, path in tried}

    assert found == tried


async def test_without_a_session_the_answer_is_401(client: httpx.AsyncClient) -> None:
    """Who is not signed in is asked to sign in, not for a token."""
    assert (await create(client)).status_code == 401
    assert (await create(client, Cookie="__Host-session=made.up.token")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver"},
        {"Origin": "https://testserver:444"},
        {"Origin": "https://testserver.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://testserver"},
    ],
)
async def test_other_origins_are_refused(alice: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """A request of another origin is refused even with the token, and so is a sign-in."""
    assert (await create(alice, **headers)).status_code == 403
    assert (await create(alice)).status_code == 201
    alice.cookies.clear()
    assert (await alice.post("/auth/signin", json=CREDENTIALS, headers=headers)).status_code == 403
    assert (await alice.post("/auth/signin", json=CREDENTIALS)).status_code == 200


async def test_two_origins_must_both_be_ours(alice: httpx.AsyncClient) -> None:
    """A second Origin header does not hide a foreign one."""
    headers = [("Origin", "https://evil.example"), ("Origin", "https://testserver")]
    answer = await alice.post("/projects", json={"name": "mine"}, headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_our_own_pages_pass(alice: httpx.AsyncClient, site: str) -> None:
    """Our origin, as a browser sends it, passes."""
    own = {"Origin": "https://testserver", "Sec-Fetch-Site": site}

    assert (await create(alice, **own)).status_code == 201


async def test_the_public_origin_wins_over_the_host(alice: httpx.AsyncClient, app: FastAPI) -> None:
    """Behind a proxy the configured origin counts, whatever Host says."""
    app.state.settings = app.state.settings.model_copy(update={"public_origin": "https://chat.example.org"})

    assert (await create(alice, Origin="https://chat.example.org")).status_code == 201
    assert (await create(alice, Origin="https://testserver")).status_code == 403


async def test_the_webhook_is_exempt(client: httpx.AsyncClient) -> None:
    """The payment provider is judged by its signature, not by an origin."""
    answer = await client.post("/webhooks/payments", json={}, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 401
