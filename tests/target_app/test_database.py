"""The database under several writers: who finds it locked waits, and stops nobody else meanwhile."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from target_app.database import Database
from target_app.patience import PatientConnection

SOON_S = 20.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with one table."""
    path = tmp_path / "some.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (name TEXT)")
    connection.close()
    return path


def test_a_cursor_can_be_dropped_while_its_connection_waits(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a lock holds nothing that another thread needs to collect a cursor of the same connection."""
    waiting, collected = threading.Event(), threading.Event()

    def pause(_seconds: float) -> None:
        waiting.set()
        collected.wait(SOON_S)

    monkeypatch.setattr("target_app.patience.sleep", pause)
    first = sqlite3.connect(file)
    first.execute("INSERT INTO things VALUES ('first')")
    second = sqlite3.connect(file, timeout=0, factory=PatientConnection, check_same_thread=False)
    unread = second.execute("SELECT 1 UNION SELECT 2")
    writer = threading.Thread(target=second.cursor().execute, args=("INSERT INTO things VALUES ('second')",))
    writer.start()

    assert waiting.wait(SOON_S)
    del unread
    first.commit()
    collected.set()
    writer.join(SOON_S)
    second.commit()

    assert first.execute("SELECT name FROM things").fetchall() == [("first",), ("second",)]
    first.close()
    second.close()


async def test_a_writer_waits_for_another(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that finds the database locked goes on when the other has committed."""
    database = Database(f"sqlite+aiosqlite:///{file}")
    loop, waits, committed = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def pause(_seconds: float) -> None:
        loop.call_soon_threadsafe(waits.set)
        committed.wait(SOON_S)

    async def write() -> None:
        async with database.sessions() as db:
            await db.execute(text("INSERT INTO things VALUES ('second')"))
            await db.commit()

    monkeypatch.setattr("target_app.patience.sleep", pause)
    async with database.sessions() as db:
        await db.execute(text("INSERT INTO things VALUES ('first')"))
        other = asyncio.create_task(write())
        await asyncio.wait_for(waits.wait(), SOON_S)
        await db.commit()
        committed.set()
        await other
        names = (await db.execute(text("SELECT name FROM things"))).scalars().all()
    await database.close()

    assert names == ["first", "second"]


def test_waiting_ends(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has waited for half a minute is told that the database is locked."""
    moments = iter([0.0, 20.0, 30.5])
    monkeypatch.setattr("target_app.patience.monotonic", lambda: next(moments))
    monkeypatch.setattr("target_app.patience.sleep", lambda _seconds: None)
    first = sqlite3.connect(file)
    first.execute("INSERT INTO things VALUES ('first')")
    second = sqlite3.connect(file, timeout=0, factory=PatientConnection)

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        second.cursor().execute("INSERT INTO things VALUES ('second')")

    assert next(moments, None) is None
    first.close()
    second.close()


def test_what_waiting_does_not_mend_is_told_at_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that has read what is out of date by now, and a statement that is wrong, are not tried again."""
    monkeypatch.setattr("target_app.patience.sleep", lambda _seconds: pytest.fail("it waited"))
    first = sqlite3.connect(file)
    first.execute("PRAGMA journal_mode = WAL")
    second = sqlite3.connect(file, timeout=0, factory=PatientConnection)
    second.execute("BEGIN")
    second.execute("SELECT name FROM things").fetchall()
    with first:
        first.execute("INSERT INTO things VALUES ('first')")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        second.cursor().execute("INSERT INTO things VALUES ('second')")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        second.cursor().execute("INSERT INTO nowhere VALUES ('second')")
    first.close()
    second.close()
