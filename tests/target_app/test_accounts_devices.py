"""Where a member is signed in, and how a session is ended from elsewhere."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from target_app.accounts.models import RefreshToken
from target_app.database import utcnow

CREDENTIALS = {"email": "alice@example.org", "password": "correct horse battery staple"}


@pytest.fixture
async def phone(alice: httpx.AsyncClient, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Alice, signed in on another device."""
    assert alice.cookies
    assert (await client.post("/auth/signin", json=CREDENTIALS)).status_code == 200
    return client


async def test_lists_the_live_sessions(
    alice: httpx.AsyncClient, phone: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    """A member sees their own sessions, newest first, and which of them asks."""
    items = (await alice.get("/auth/sessions")).json()["items"]
    seen_by_phone = (await phone.get("/auth/sessions")).json()["items"]
    life = datetime.fromisoformat(items[0]["expires_at"]) - utcnow()

    assert [one["current"] for one in items] == [False, True]
    assert [one["current"] for one in seen_by_phone] == [True, False]
    assert [one["id"] for one in items] == [one["id"] for one in seen_by_phone]
    assert timedelta(days=13) < life <= timedelta(days=14)
    assert len((await bob.get("/auth/sessions")).json()["items"]) == 1


async def test_ends_a_session_from_afar(alice: httpx.AsyncClient, phone: httpx.AsyncClient) -> None:
    """A session that is ended is dead at once, access token and refresh token, and is no longer listed."""
    before = (await phone.get("/auth/session")).status_code
    other = next(one for one in (await alice.get("/auth/sessions")).json()["items"] if not one["current"])
    ended = await alice.delete(f"/auth/sessions/{other['id']}")

    assert (before, ended.status_code) == (200, 204)
    assert (await phone.get("/auth/session")).status_code == 401
    assert (await phone.post("/auth/refresh")).status_code == 401
    assert (await alice.get("/auth/session")).status_code == 200
    assert [one["current"] for one in (await alice.get("/auth/sessions")).json()["items"]] == [True]
    assert (await alice.delete(f"/auth/sessions/{other['id']}")).status_code == 404


async def test_another_members_session_looks_like_none(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Nobody ends what is not theirs, or learns that it exists."""
    hers = (await alice.get("/auth/sessions")).json()["items"][0]["id"]
    foreign, unknown = await bob.delete(f"/auth/sessions/{hers}"), await bob.delete("/auth/sessions/unknown")

    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.text == unknown.text
    assert (await alice.get("/auth/session")).status_code == 200


async def test_what_ran_out_is_not_listed(alice: httpx.AsyncClient, phone: httpx.AsyncClient, app: FastAPI) -> None:
    """A session whose refresh tokens have all expired is no place where somebody is signed in."""
    assert phone.cookies
    other = next(one for one in (await alice.get("/auth/sessions")).json()["items"] if not one["current"])
    async with app.state.database.sessions() as db:
        old = update(RefreshToken).where(RefreshToken.session_id == other["id"])
        await db.execute(old.values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
        await db.commit()

    assert [one["current"] for one in (await alice.get("/auth/sessions")).json()["items"]] == [True]
