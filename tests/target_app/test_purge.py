"""What has expired is removed now and then; what still counts stays."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from target_app.accounts.models import RefreshToken, Session, VerificationToken
from target_app.app import build_app
from target_app.billing.models import Order
from target_app.chat.models import Message
from target_app.database import Base, utcnow
from target_app.purge import purge, purge_now_and_then
from target_app.settings import Settings
from target_app.stores.memory import MemoryStore

SignUp = Callable[[str], Awaitable[httpx.AsyncClient]]
LAST_YEAR = timedelta(days=365)


async def left(app: FastAPI, table: type[Base]) -> int:
    """Count the rows of a table."""
    async with app.state.database.sessions() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0


async def purge_at(app: FastAPI, later: timedelta) -> None:
    """Purge as if it were later."""
    async with app.state.database.sessions() as db:
        await purge(db, app.state.settings, utcnow() + later)


async def test_what_is_good_stays(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """A purge of today takes no session, no token that was used and could come again, and no key."""
    await alice.post("/auth/refresh")
    await alice.post("/billing/orders", json={"plan": "PREMIUM"}, headers={"Idempotency-Key": "once"})
    await purge_at(app, timedelta())

    assert [await left(app, table) for table in (Session, RefreshToken, VerificationToken)] == [1, 2, 1]
    assert (await alice.get("/auth/session")).status_code == 200
    async with app.state.database.sessions() as db:
        assert (await db.scalars(select(Order.idempotency_key))).all() == ["once"]


async def test_what_expired_goes(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """After their time tokens and sessions are gone, and idempotency keys are forgotten, but not what they made."""
    await alice.post("/billing/orders", json={"plan": "PREMIUM"}, headers={"Idempotency-Key": "once"})
    conversation = (await alice.post("/conversations", json={"title": "kept"})).json()["id"]
    question = {"content": "Reply with exactly these words: ready", "idempotency_key": "once"}
    await alice.post(f"/conversations/{conversation}/messages", json=question)
    await purge_at(app, LAST_YEAR)

    assert [await left(app, table) for table in (Session, RefreshToken, VerificationToken)] == [0, 0, 0]
    assert [await left(app, table) for table in (Order, Message)] == [1, 2]
    async with app.state.database.sessions() as db:
        assert (await db.scalars(select(Order.idempotency_key))).all() == [None]
        assert set(await db.scalars(select(Message.idempotency_key))) == {None}


async def test_a_link_goes_before_a_session(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """Each kind goes in its own time: after two days links are gone, and sessions live."""
    await purge_at(app, timedelta(days=2))

    assert [await left(app, table) for table in (Session, VerificationToken)] == [1, 0]
    assert (await alice.get("/auth/session")).status_code == 200


@asynccontextmanager
async def purging(app: FastAPI, store: MemoryStore, settings: Settings) -> AsyncIterator[None]:
    """Purge in the background, in the block."""
    ending = asyncio.Event()
    task = asyncio.create_task(purge_now_and_then(app.state.database, store, settings, ending))
    yield
    ending.set()
    async with asyncio.timeout(10):
        await task


async def test_of_all_workers_one_purges_again_and_again(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Purges happen over and over, also after one failed; of two workers that share a store one does each."""
    settings = app.state.settings.model_copy(update={"purge_interval_s": 0.02})
    times, enough = 0, asyncio.Event()

    async def fail_once(*_: object) -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise OSError("the database is away")
        if times >= 3:
            enough.set()

    monkeypatch.setattr("target_app.purge.purge", fail_once)
    async with purging(app, MemoryStore(), settings):
        async with asyncio.timeout(10):
            await enough.wait()


async def test_a_worker_leaves_it_to_the_other(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another worker has claimed the purge, this one does nothing."""
    store, asked, purged = MemoryStore(), asyncio.Event(), []

    async def refuse(*_: object, **__: object) -> bool:
        asked.set()
        return False

    async def note(*_: object) -> None:
        purged.append(True)

    monkeypatch.setattr(store, "claim", refuse)
    monkeypatch.setattr("target_app.purge.purge", note)
    async with purging(app, store, app.state.settings):
        await asked.wait()

    assert purged == []


async def test_the_service_purges_when_it_starts(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started, the service purges, and stops doing so when it ends."""
    purged = asyncio.Event()

    async def note(*_: object) -> None:
        purged.set()

    monkeypatch.setattr("target_app.purge.purge", note)
    app = build_app(settings)
    async with app.router.lifespan_context(app), asyncio.timeout(10):
        await purged.wait()
