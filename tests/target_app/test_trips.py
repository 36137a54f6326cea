"""SQLite's statements: how often a session goes to the thread of its connection, and what stays when it was cut."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from target_app.accounts.models import User
from target_app.database import Database

SOON_S = 20.0


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A SQLite database with one table of one row, and a connection that was opened before."""
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'some.db'}")
    async with opened.sessions() as db:
        await db.execute(text("CREATE TABLE things (name TEXT PRIMARY KEY)"))
        await db.execute(text("INSERT INTO things VALUES ('first')"))
        await db.commit()
    yield opened
    await opened.close()


@pytest.fixture
def trips(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was done in threads of connections from now on."""
    assert database
    taken: list[object] = []
    inner: Callable[..., Any] = aiosqlite.Connection._execute

    async def noted(self: aiosqlite.Connection, act: Callable[..., Any], *words: Any, **names: Any) -> Any:  # noqa: ANN401
        taken.append(act)
        return await inner(self, act, *words, **names)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noted)
    return taken


async def names_in(database: Database) -> list[str]:
    """Read the names of all things."""
    async with database.sessions() as db:
        return [*(await db.scalars(text("SELECT name FROM things ORDER BY name")))]


async def test_reading_takes_one_trip(database: Database, trips: list[object]) -> None:
    """A session that only reads goes to its connection once for each statement, and not to end."""
    assert await names_in(database) == ["first"]
    assert len(trips) == 1


async def test_writing_takes_two_trips(database: Database, trips: list[object]) -> None:
    """A session that writes goes there once more, to commit."""
    async with database.sessions() as db:
        await db.execute(text("INSERT INTO things VALUES ('second')"))
        await db.commit()
    assert len(trips) == 2
    assert await names_in(database) == ["first", "second"]


async def test_many_rows_are_all_written(database_url: str) -> None:
    """Rows that are written together are all there, and told as so many where the driver counts them."""
    database = Database(database_url)
    async with database.engine.begin() as connection:
        rows = [{"email": f"{number}@example.org", "password_hash": "none"} for number in range(3)]
        done = await connection.execute(insert(User), rows)
        assert done.rowcount == (3 if database.engine.dialect.name == "sqlite" else -1)
        assert len((await connection.execute(select(User.id))).all()) == 3
    await database.close()


async def test_what_was_not_committed_is_taken_back(database: Database) -> None:
    """A session that ends without a commit leaves nothing, and stops no other writer."""
    async with database.sessions() as db:
        await db.execute(text("INSERT INTO things VALUES ('second')"))
    async with database.sessions() as db:
        await db.execute(text("INSERT INTO things VALUES ('third')"))
        await db.commit()
    assert await names_in(database) == ["first", "third"]


async def test_a_statement_that_fails_says_so(database: Database) -> None:
    """What SQLite refuses is raised, and the connection goes on."""
    async with database.sessions() as db:
        with pytest.raises(IntegrityError, match="UNIQUE"):
            await db.execute(text("INSERT INTO things VALUES ('first')"))
    assert await names_in(database) == ["first"]


async def test_what_was_cut_short_is_taken_back(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that is cut while its statement waits leaves no transaction behind that stops the next writer."""
    loop, waits, committed = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def pause(_seconds: float) -> None:
        loop.call_soon_threadsafe(waits.set)
        committed.wait(SOON_S)

    async def write(name: str) -> None:
        async with database.sessions() as db:
            await db.execute(text("INSERT INTO things VALUES (:name)"), {"name": name})
            await db.commit()

    monkeypatch.setattr("target_app.patience.sleep", pause)
    other = sqlite3.connect(tmp_path / "some.db")
    other.execute("INSERT INTO things VALUES ('second')")
    cut = asyncio.create_task(write("third"))
    await asyncio.wait_for(waits.wait(), SOON_S)
    cut.cancel()
    other.commit()
    other.close()
    committed.set()
    with pytest.raises(asyncio.CancelledError):
        await cut
    await write("fourth")

    assert await names_in(database) == ["first", "fourth", "second"]
