"""Passwords: changed, forgotten and replaced; and what that does to sessions and links."""

import asyncio
from collections.abc import Awaitable, Callable
from email.message import Message

import httpx
import jwt
import pytest
from fastapi import FastAPI

from target_app.accounts.tokens import issue_access, issue_reset
from target_app.protection.limits import open_windows
from target_app.settings import Settings

PASSWORD = "correct horse battery staple"
FRESH = "a fresh horse battery staple"
ADDRESS = "alice@example.org"

NextToken = Callable[[str], Awaitable[str]]
NextMail = Callable[[str], Awaitable[Message]]
BrowserAt = Callable[[str], httpx.AsyncClient]


async def sign_in(browser: httpx.AsyncClient, password: str) -> int:
    """Try to sign in as Alice."""
    return (await browser.post("/auth/signin", json={"email": ADDRESS, "password": password})).status_code


async def change(member: httpx.AsyncClient, current: str = PASSWORD, new: str = FRESH) -> httpx.Response:
    """Ask for another password."""
    return await member.post("/auth/password", json={"current_password": current, "new_password": new})


async def forget(browser: httpx.AsyncClient, address: str = ADDRESS) -> httpx.Response:
    """Ask for a link to a new password."""
    return await browser.post("/auth/password/forgot", json={"email": address})


async def reset(browser: httpx.AsyncClient, token: str, password: str = FRESH) -> httpx.Response:
    """Use a link to a new password."""
    return await browser.post("/auth/password/reset", json={"token": token, "password": password})


async def test_a_change_ends_the_other_sessions(
    alice: httpx.AsyncClient, browser_at: BrowserAt, next_mail: NextMail
) -> None:
    """With a new password this session lives on; all others are dead at once, their refresh tokens too."""
    other = browser_at("127.0.0.1")
    assert await sign_in(other, PASSWORD) == 200
    before = (await other.get("/auth/session")).status_code
    changed = await change(alice)
    mail = await next_mail(ADDRESS)

    assert (before, changed.status_code) == (200, 204)
    assert (await alice.get("/auth/session")).status_code == 200
    assert (await other.get("/auth/session")).status_code == 401
    assert (await other.post("/auth/refresh")).status_code == 401
    assert (await sign_in(other, PASSWORD), await sign_in(other, FRESH)) == (401, 200)
    assert mail["Subject"] == "Your password was changed"


async def test_a_change_wants_the_current_password(alice: httpx.AsyncClient, browser_at: BrowserAt) -> None:
    """Whoever has only the session cannot take the account over; nothing changes."""
    other = browser_at("127.0.0.1")
    await sign_in(other, PASSWORD)
    refused = await change(alice, current="a wrong password")

    assert refused.status_code == 403
    assert (await other.get("/auth/session")).status_code == 200
    assert await sign_in(browser_at("127.0.0.1"), PASSWORD) == 200


async def test_of_two_changes_at_once_one_wins(alice: httpx.AsyncClient, browser_at: BrowserAt) -> None:
    """Two changes from the same password never both succeed."""
    answers = await asyncio.gather(*(change(alice, new=f"{FRESH} {number}") for number in range(3)))
    worked = [await sign_in(browser_at("127.0.0.1"), f"{FRESH} {number}") for number in range(3)]

    # A late one may also find that its current password is no longer right.
    assert [answer.status_code for answer in answers].count(204) == 1
    assert {answer.status_code for answer in answers if answer.status_code != 204} <= {403, 409}
    assert sorted(worked) == [200, 401, 401]


async def test_a_forgotten_password_is_replaced(
    alice: httpx.AsyncClient, browser_at: BrowserAt, next_token: NextToken
) -> None:
    """The mailed link sets the password, once, and ends every session."""
    browser = browser_at("127.0.0.1")
    assert (await forget(browser)).status_code == 202
    token = await next_token(ADDRESS)
    used, again = await reset(browser, token), await reset(browser, token, "yet another password")

    assert (used.status_code, again.status_code) == (204, 400)
    assert (await alice.get("/auth/session")).status_code == 401
    assert (await sign_in(browser, PASSWORD), await sign_in(browser, FRESH)) == (401, 200)


async def test_of_two_uses_at_once_one_wins(
    alice: httpx.AsyncClient, client: httpx.AsyncClient, next_token: NextToken
) -> None:
    """Two requests with the same link at the same time set one password."""
    assert alice.cookies
    await forget(client)
    token = await next_token(ADDRESS)
    answers = await asyncio.gather(*(reset(client, token, f"{FRESH} {number}") for number in range(4)))

    assert sorted(answer.status_code for answer in answers) == [204, 400, 400, 400]


async def test_a_change_ends_the_links(alice: httpx.AsyncClient, next_token: NextToken) -> None:
    """A link that was mailed before the password changed sets nothing."""
    await forget(alice)
    token = await next_token(ADDRESS)
    await change(alice)

    assert (await reset(alice, token, "the thief's password")).status_code == 400


async def test_a_link_proves_the_address(client: httpx.AsyncClient, next_token: NextToken) -> None:
    """Who never verified can start over; the link of the sign-up, with its password, is void then."""
    await client.post("/auth/signup", json={"email": ADDRESS, "password": "the thief's password"})
    stale = await next_token(ADDRESS)
    await forget(client)
    replaced = await reset(client, await next_token(ADDRESS))

    assert replaced.status_code == 204
    assert (await client.post("/auth/verify", json={"token": stale})).status_code == 400
    assert (await sign_in(client, "the thief's password"), await sign_in(client, FRESH)) == (401, 200)


async def test_a_forgotten_password_does_not_tell_who_has_an_account(
    client: httpx.AsyncClient, alice: httpx.AsyncClient, next_token: NextToken
) -> None:
    """The answer is the same for an unknown address, and no mail goes there."""
    assert alice.cookies
    unknown, known = await forget(client, "nobody@example.org"), await forget(client)
    token = await next_token(ADDRESS)
    await client.post("/auth/signup", json={"email": "nobody@example.org", "password": PASSWORD})
    first = await next_token("nobody@example.org")

    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    # The first mail to the unknown address is that of its sign-up, whose token is no password link.
    assert (await reset(client, first)).status_code == 400
    assert (await reset(client, token)).status_code == 204


async def test_a_forged_link_is_refused(
    alice: httpx.AsyncClient, client: httpx.AsyncClient, settings: Settings
) -> None:
    """A link that is unsigned, signed by another, too old, or of another kind sets nothing."""
    member = (await alice.get("/auth/session")).json()["id"]
    good = issue_reset(settings, user_id=member, password_hash="not the stored one")
    claims = jwt.decode(good, options={"verify_signature": False})
    secret = settings.secret_key.get_secret_value()
    forged = [
        good,
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, "another secret of thirty-two bytes", algorithm="HS256"),
        jwt.encode({**claims, "exp": claims["iat"] - 1}, secret, algorithm="HS256"),
        jwt.encode({**claims, "sub": "nobody"}, secret, algorithm="HS256"),
        issue_access(settings, user_id=member, session_id="x", lives_s=60)[0],
        "garbage",
    ]

    assert {(await reset(client, token)).status_code for token in forged} == {400}
    assert await sign_in(client, PASSWORD) == 200


async def test_a_link_is_no_session(alice: httpx.AsyncClient, app: FastAPI, next_token: NextToken) -> None:
    """The token of a mailed link opens nothing as a cookie."""
    assert app.state.settings
    await forget(alice)
    headers = {"Cookie": f"__Host-session={await next_token(ADDRESS)}"}
    alice.cookies.clear()

    assert (await alice.get("/auth/session", headers=headers)).status_code == 401


@pytest.mark.parametrize("password", ["elevenchars", "x" * 129])
async def test_a_new_password_has_a_length(alice: httpx.AsyncClient, password: str) -> None:
    """Neither a change nor a link sets a password that a sign-up would refuse, and none is repeated."""
    answers = [await change(alice, new=password), await reset(alice, "token", password)]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert not [answer for answer in answers if password in answer.text]


async def test_a_session_is_not_enough_to_guess(alice: httpx.AsyncClient, app: FastAPI) -> None:
    """After as many wrong guesses as sign-ins are allowed, the right password is not tried either for a while."""
    limit = app.state.settings.model_copy(update={"auth_limit": 2})
    app.state.windows = open_windows(limit, app.state.store)
    guesses = [await change(alice, current="a wrong password") for _ in range(2)]
    right = await change(alice)

    assert [guess.status_code for guess in guesses] == [403, 403]
    assert right.status_code == 429
    assert 0 < int(right.headers["retry-after"]) <= 60
