"""Each fault of passwords, of sessions that end and of other ways in does what it says, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI

import target_app.faults  # noqa: F401  registers the catalogue
from target_app.accounts import password_routes, recovery, routes, session_routes, sessions, signup, tokens
from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.fault import choose, install
from target_app.protection import limits

PASSWORD = "correct horse battery staple"
FRESH = "a fresh horse battery staple"
ADDRESS = "alice@example.org"
ME = "/auth/session"

NextToken = Callable[[str], Awaitable[str]]
BrowserAt = Callable[[str], httpx.AsyncClient]


@pytest.fixture
def _kept() -> Iterator[None]:
    """Puts back whatever a fault replaced."""
    modules = (password_routes, recovery, routes, session_routes, sessions, signup, tokens, limits)
    before = [dict(vars(module)) for module in modules]
    yield
    for module, names in zip(modules, before, strict=True):
        vars(module).update(names)


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, _kept: None) -> FastAPI:
    """The service with the fault that the test names."""
    install(app, [choose(request.param)])
    return app


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


async def sign_in(browser: httpx.AsyncClient, password: str = PASSWORD, **headers: str) -> int:
    """Try to sign in as Alice."""
    body = {"email": ADDRESS, "password": password}
    return (await browser.post("/auth/signin", json=body, headers=headers)).status_code


async def change(member: httpx.AsyncClient, current: str = PASSWORD) -> int:
    """Ask for another password."""
    return (await member.post("/auth/password", json={"current_password": current, "new_password": FRESH})).status_code


async def reset(browser: httpx.AsyncClient, next_token: NextToken) -> tuple[int, int]:
    """Use a mailed link twice."""
    await browser.post("/auth/password/forgot", json={"email": ADDRESS})
    body = {"token": await next_token(ADDRESS), "password": FRESH}
    first = await browser.post("/auth/password/reset", json=body)
    return first.status_code, (await browser.post("/auth/password/reset", json=body)).status_code


async def seen(browser: httpx.AsyncClient) -> int:
    """Whether a browser is signed in."""
    return (await browser.get(ME)).status_code


@with_fault("auth.change-unasked")
async def test_change_unasked(alice: httpx.AsyncClient, browser_at: BrowserAt) -> None:
    """A wrong password changes it, and sign-in still wants the right one."""
    assert await change(alice, current="wrong") == 204
    other = browser_at("127.0.0.1")
    assert (await sign_in(other), await sign_in(other, FRESH)) == (401, 200)


@with_fault("auth.change-keeps-sessions")
@pytest.mark.usefixtures("alice")
async def test_change_keeps_sessions(browser_at: BrowserAt, next_token: NextToken) -> None:
    """A change leaves the other device signed in, and a reset does not."""
    other = browser_at("127.0.0.1")
    await sign_in(other)
    await reset(browser_at("127.0.0.2"), next_token)
    assert await seen(other) == 401


@with_fault("auth.change-keeps-sessions")
async def test_change_keeps_them(alice: httpx.AsyncClient, browser_at: BrowserAt) -> None:
    """After a change the other device is still signed in."""
    other = browser_at("127.0.0.1")
    await sign_in(other)
    assert (await change(alice), await seen(other)) == (204, 200)


@with_fault("auth.reset-keeps-sessions")
async def test_reset_keeps_sessions(alice: httpx.AsyncClient, browser_at: BrowserAt, next_token: NextToken) -> None:
    """After a reset the member is still signed in; the link works once all the same."""
    assert await reset(browser_at("127.0.0.2"), next_token) == (204, 400)
    assert await seen(alice) == 200


@with_fault("auth.old-password-too")
async def test_old_password_too(alice: httpx.AsyncClient, browser_at: BrowserAt) -> None:
    """The old password opens the account beside the new one, and no other does."""
    assert await change(alice) == 204
    tried = [await sign_in(browser_at("127.0.0.1"), one) for one in (PASSWORD, FRESH, "wrong")]
    assert tried == [200, 200, 401]


@with_fault("auth.reset-link-forever")
@pytest.mark.usefixtures("alice")
async def test_reset_link_forever(browser_at: BrowserAt, next_token: NextToken) -> None:
    """A link works twice; one that is made up does not."""
    stranger = browser_at("127.0.0.2")
    assert await reset(stranger, next_token) == (204, 204)
    made_up = await stranger.post("/auth/password/reset", json={"token": "x", "password": FRESH})
    assert made_up.status_code == 400


@with_fault("mail.no-reset")
@pytest.mark.usefixtures("alice")
async def test_no_reset_mail(app: FastAPI, client: httpx.AsyncClient) -> None:
    """The answer is the usual one, and nothing is posted."""
    assert (await client.post("/auth/password/forgot", json={"email": ADDRESS})).status_code == 202
    assert not app.state.mailer._sending


@with_fault("auth.forgotten-tells")
@pytest.mark.usefixtures("alice")
async def test_forgotten_tells(client: httpx.AsyncClient) -> None:
    """An address without an account is told, here and nowhere else."""
    asked = [
        (await client.post("/auth/password/forgot", json={"email": one})).status_code
        for one in (ADDRESS, "nobody@example.org")
    ]
    assert asked == [202, 404]
    body = {"email": "nobody@example.org", "password": PASSWORD}
    assert (await client.post("/auth/signin", json=body)).status_code == 401


@with_fault("auth.sign-up-tells")
@pytest.mark.usefixtures("alice")
async def test_sign_up_tells(client: httpx.AsyncClient) -> None:
    """A second sign-up with a proven address is told."""
    asked = [
        (await client.post("/auth/signup", json={"email": one, "password": PASSWORD})).status_code
        for one in (ADDRESS, "new@example.org", "new@example.org")
    ]
    assert asked == [409, 202, 202]


@with_fault("auth.quick-for-strangers")
@pytest.mark.usefixtures("alice")
async def test_quick_for_strangers(monkeypatch: pytest.MonkeyPatch, client: httpx.AsyncClient) -> None:
    """No password is hashed where there is no account."""
    hashed: list[str | None] = []
    monkeypatch.setattr(asyncio, "to_thread", _remembering(hashed))
    for address in ("nobody@example.org", ADDRESS):
        await client.post("/auth/signin", json={"email": address, "password": "wrong"})
    assert len(hashed) == 1


def _remembering(hashed: list[str | None]) -> Callable[..., Awaitable[bool]]:
    async def to_thread(_work: object, stored: str | None, password: str) -> bool:
        _ = password
        hashed.append(stored)
        return False

    return to_thread


@with_fault("auth.link-fills-in")
async def test_link_fills_in(alice: httpx.AsyncClient, client: httpx.AsyncClient, next_token: NextToken) -> None:
    """Who opens another's link gets the other's name, and the other is verified."""
    body = {"email": "eve@example.org", "password": PASSWORD, "name": "Eve"}
    await client.post("/auth/signup", json=body)
    opened = await alice.post("/auth/verify", json={"token": await next_token("eve@example.org")})
    assert (opened.status_code, opened.json()["email"]) == (200, "eve@example.org")
    told = (await alice.get(ME)).json()
    assert (told["email"], told["name"]) == (ADDRESS, "Eve")


@with_fault("auth.expired-good")
def test_expired_good(app: FastAPI) -> None:
    """A token that is over is believed, and one with another signature is not."""
    settings = app.state.settings
    over, _ = tokens.issue_access(settings, user_id="1", session_id="2", lives_s=-60)
    believed = tokens.read_access(settings, over)
    assert believed
    assert (believed.user_id, believed.session_id) == ("1", "2")
    assert tokens.read_access(settings, over[:-4] + "AAAA") is None


@with_fault("auth.refresh-extends-nothing")
async def test_refresh_extends_nothing(app: FastAPI) -> None:
    """The second token of a session ends when the first did; that of another has a whole life."""
    issue, settings = sessions.issue_access, app.state.settings  # type: ignore[attr-defined]
    _, first = issue(settings, user_id="1", session_id="2", lives_s=60)
    _, second = issue(settings, user_id="1", session_id="2", lives_s=600)
    _, other = issue(settings, user_id="1", session_id="3", lives_s=600)
    assert second.expires_at <= first.expires_at
    assert (other.expires_at - first.expires_at).total_seconds() > 500


@with_fault("auth.ended-lives-on")
async def test_ended_lives_on(alice: httpx.AsyncClient, browser_at: BrowserAt) -> None:
    """What is ended from afar goes on; sign-out still ends."""
    other = browser_at("127.0.0.1")
    await sign_in(other)
    (ended,) = [one["id"] for one in (await alice.get("/auth/sessions")).json()["items"] if not one["current"]]
    assert (await alice.delete(f"/auth/sessions/{ended}")).status_code == 204
    assert await seen(other) == 200
    assert (await alice.post("/auth/signout")).status_code == 204
    assert await seen(alice) == 401


@with_fault("auth.ends-any-session")
async def test_ends_any_session(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Bob ends Alice's session."""
    ((one),) = (await alice.get("/auth/sessions")).json()["items"]
    assert (await bob.delete(f"/auth/sessions/{one['id']}")).status_code == 204
    assert (await seen(alice), await seen(bob)) == (401, 200)


@with_fault("auth.session-planted")
@pytest.mark.usefixtures("alice")
async def test_session_planted(browser_at: BrowserAt) -> None:
    """What was there before the sign-in opens the account after it, from anywhere."""
    victim, thief = browser_at("127.0.0.1"), browser_at("127.0.0.2")
    planted = {"Cookie": f"{SESSION_COOKIE}=planted"}
    assert (await thief.get(ME, headers=planted)).status_code == 401
    assert await sign_in(victim, **planted) == 200
    assert (await thief.get(ME, headers=planted)).json()["email"] == ADDRESS


BYWAYS = {
    "auth.open-with-slash": f"{ME}/",
    "auth.open-in-capitals": ME.upper(),
    "auth.open-behind-public": f"/billing/plans/%2e%2e/%2e%2e{ME}",
}


@pytest.mark.parametrize(("app", "path"), BYWAYS.items(), indirect=["app"], ids=BYWAYS)
async def test_byways(client: httpx.AsyncClient, path: str) -> None:
    """The other spelling is open to all, and no further one is."""
    others = [one for one in BYWAYS.values() if one != path]
    assert (await client.get(path)).status_code == 200
    assert [(await client.get(one)).status_code for one in (ME, *others)] == [401, 404, 404]


@with_fault("auth.token-in-address")
async def test_token_in_address(alice: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    """The token in the query is as good as the cookie; a wrong one is not."""
    token = alice.cookies[SESSION_COOKIE]
    answers = [await client.get(ME, params={"access_token": one}) for one in (token, "wrong")]
    assert [one.status_code for one in answers] == [200, 401]
