"""Sessions: their cookies, how they are refreshed, how they end, and what is no session."""

import asyncio
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from target_app.accounts.models import RefreshToken
from target_app.accounts.tokens import life_s, read_access
from target_app.settings import Settings

CREDENTIALS = {"email": "alice@example.org", "password": "correct horse battery staple"}
SESSION = "__Host-session"
REFRESH = "__Secure-refresh"


def cookies_set_by(answer: httpx.Response) -> dict[str, dict[str, Any]]:
    """Map the name of each cookie that an answer sets to its value and attributes."""
    jars = [SimpleCookie(header) for header in answer.headers.get_list("set-cookie")]
    return {
        name: {"value": morsel.value, **{key: value for key, value in morsel.items() if value}}
        for jar in jars
        for name, morsel in jar.items()
    }


async def refresh_with(client: httpx.AsyncClient, token: str | None) -> httpx.Response:
    """Refresh as a browser whose access token has run out."""
    client.cookies.clear()
    headers = {} if token is None else {"Cookie": f"{REFRESH}={token}"}
    return await client.post("/auth/refresh", headers=headers)


async def test_cookies_carry_their_protection(client: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """Both cookies are HttpOnly, Secure and SameSite, and last as long as what is in them."""
    assert alice.cookies
    cookies = cookies_set_by(await client.post("/auth/signin", json=CREDENTIALS))

    assert cookies[SESSION].items() >= {"path": "/", "secure": True, "httponly": True, "samesite": "lax"}.items()
    assert cookies[REFRESH].items() >= {"path": "/auth/refresh", "secure": True, "httponly": True}.items()
    assert cookies[REFRESH]["samesite"] == "strict"
    assert "domain" not in cookies[SESSION]
    claims = jwt.decode(cookies[SESSION]["value"], options={"verify_signature": False})
    assert int(cookies[SESSION]["max-age"]) == claims["exp"] - claims["iat"] == 15 * 60
    assert int(cookies[REFRESH]["max-age"]) == 14 * 24 * 60 * 60
    assert claims.keys() == {"sub", "sid", "iat", "exp", "jti"}


def test_some_tokens_live_for_another_time(settings: Settings) -> None:
    """A member or a whole domain can have another life than the rest."""
    lives = settings.model_copy(update={"access_tokens_s": {"@example.net": 4, "ada@example.net": 9}})
    assert [life_s(lives, one) for one in ("bob@example.net", "ada@example.net", "a@example.org")] == [4, 9, 900]


async def test_a_refreshed_token_lives_as_long(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """A member with another life has it from sign-in and from refresh, in the token and in the cookie."""
    app.state.settings = app.state.settings.model_copy(update={"access_tokens_s": {"@example.org": 40}})
    answer = await refresh_with(alice, alice.cookies[REFRESH])
    claims = jwt.decode(cookies_set_by(answer)[SESSION]["value"], options={"verify_signature": False})
    assert (answer.json()["expires_in"], claims["exp"] - claims["iat"]) == (40, 40)
    assert cookies_set_by(answer)[SESSION]["max-age"] == "40"


async def test_refresh_rotates_both_tokens(alice: httpx.AsyncClient) -> None:
    """A refresh gives two new tokens, and the new access token works."""
    before = dict(alice.cookies)
    refreshed = await refresh_with(alice, before[REFRESH])
    after = cookies_set_by(refreshed)

    assert refreshed.json() == {"expires_in": 15 * 60}
    assert after[SESSION]["value"] != before[SESSION]
    assert after[REFRESH]["value"] != before[REFRESH]
    assert (await alice.get("/auth/session")).status_code == 200


async def test_a_refresh_token_used_twice_ends_the_session(alice: httpx.AsyncClient) -> None:
    """Reuse means theft: the old token, the new one and the access token all stop working."""
    stolen = alice.cookies[REFRESH]
    refreshed = cookies_set_by(await refresh_with(alice, stolen))
    reused = await refresh_with(alice, stolen)
    successor = await refresh_with(alice, refreshed[REFRESH]["value"])
    session = await alice.get("/auth/session", headers={"Cookie": f"{SESSION}={refreshed[SESSION]['value']}"})

    assert (reused.status_code, successor.status_code, session.status_code) == (401, 401, 401)
    assert "www-authenticate" in reused.headers


async def test_of_two_refreshes_at_once_one_wins(alice: httpx.AsyncClient) -> None:
    """Two requests with the same refresh token never both get a new one."""
    token = alice.cookies[REFRESH]
    answers = await asyncio.gather(*(refresh_with(alice, token) for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]


async def test_an_expired_refresh_token_is_refused(alice: httpx.AsyncClient, app: FastAPI) -> None:
    """A refresh token has an end, whatever the browser says."""
    async with app.state.database.sessions() as db:
        (await db.scalars(select(RefreshToken))).one().expires_at = datetime(2020, 1, 1, tzinfo=UTC)
        await db.commit()

    assert (await refresh_with(alice, alice.cookies[REFRESH])).status_code == 401


@pytest.mark.parametrize("token", [None, "", "unknown"])
async def test_refresh_wants_a_known_token(client: httpx.AsyncClient, token: str | None) -> None:
    """Without a token that we gave out there is no session."""
    assert (await refresh_with(client, token)).status_code == 401


async def test_sign_out_ends_the_session_at_once(alice: httpx.AsyncClient) -> None:
    """After sign-out the tokens that someone kept open nothing, and the browser forgets them."""
    kept = dict(alice.cookies)
    twin = await alice.get("/auth/session")
    signed_out = await alice.post("/auth/signout")
    cleared = cookies_set_by(signed_out)
    session = await alice.get("/auth/session", headers={"Cookie": f"{SESSION}={kept[SESSION]}"})
    refreshed = await refresh_with(alice, kept[REFRESH])

    assert (twin.status_code, signed_out.status_code) == (200, 204)
    assert (cleared[SESSION]["max-age"], cleared[SESSION]["path"]) == ("0", "/")
    assert (cleared[REFRESH]["max-age"], cleared[REFRESH]["path"]) == ("0", "/auth/refresh")
    assert "cookies" in signed_out.headers["clear-site-data"]
    assert (session.status_code, refreshed.status_code) == (401, 401)


async def test_a_dead_session_does_not_lock_out(alice: httpx.AsyncClient) -> None:
    """A browser that kept the cookie of an ended session can sign in without a CSRF token."""
    kept = alice.cookies[SESSION]
    await alice.post("/auth/signout")
    del alice.headers["X-CSRF-Token"]
    answer = await alice.post("/auth/signin", json=CREDENTIALS, headers={"Cookie": f"{SESSION}={kept}"})

    assert answer.status_code == 200


async def test_a_forged_token_is_no_session(alice: httpx.AsyncClient, settings: Settings) -> None:
    """A token that is unsigned, signed by another, expired or incomplete opens nothing; its twin does."""
    good = alice.cookies[SESSION]
    secret = settings.secret_key.get_secret_value()
    claims = jwt.decode(good, options={"verify_signature": False})
    forged = {
        "unsigned": jwt.encode(claims, "", algorithm="none"),
        "other secret": jwt.encode(claims, "another secret of thirty-two bytes", algorithm="HS256"),
        "other algorithm": jwt.encode(claims, secret * 2, algorithm="HS512"),
        "expired": jwt.encode({**claims, "exp": claims["iat"] - 1}, secret, algorithm="HS256"),
        "no session": jwt.encode({k: v for k, v in claims.items() if k != "sid"}, secret, algorithm="HS256"),
        "no end": jwt.encode({k: v for k, v in claims.items() if k != "exp"}, secret, algorithm="HS256"),
        "other member": jwt.encode({**claims, "sub": "someone"}, secret, algorithm="HS256"),
        "cut": good[:-1],
    }
    alice.cookies.clear()
    found = {
        name: (await alice.get("/auth/session", headers={"Cookie": f"{SESSION}={token}"})).status_code
        for name, token in {**forged, "twin": good}.items()
    }

    assert found == {**dict.fromkeys(forged, 401), "twin": 200}


async def test_a_good_token_ends_in_time(
    alice: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that was believed a moment ago is not believed from the second on in which its time is over."""
    claims = jwt.decode(alice.cookies[SESSION], options={"verify_signature": False})
    before = await alice.get("/auth/session")
    over = datetime.fromtimestamp(claims["exp"], UTC)
    monkeypatch.setattr("target_app.accounts.tokens.utcnow", lambda: over)
    after = await alice.get("/auth/session")
    monkeypatch.setattr("target_app.accounts.tokens.utcnow", lambda: over - timedelta(seconds=1))
    once_more = read_access(settings, alice.cookies[SESSION])

    assert (before.status_code, after.status_code) == (200, 401)
    assert once_more
    assert once_more.expires_at == over


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/auth/session"), ("GET", "/auth/csrf"), ("POST", "/auth/signout"), ("DELETE", "/auth/account")],
)
async def test_these_want_a_session(client: httpx.AsyncClient, method: str, path: str) -> None:
    """Without a session the answer is 401 and says how to authenticate."""
    answer = await client.request(method, path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Cookie ")
