"""The steps of the database: up and down, with data in every table, also when two workers start at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, inspect, select

import target_app.app  # noqa: F401  imports every model
from target_app.database import Base, Database, UtcDateTime, new_id, utcnow
from target_app.migrations import HOME, check, downgrade, upgrade
from tests.target_app import places

Rows = dict[str, list[dict[str, Any]]]

SAMPLES: dict[type, Any] = {str: "x", int: 7, float: 1.5, bool: True, bytes: b"\x00\xff", dict: {"a": [1]}}


def steps() -> list[Script]:
    """List every step, the newest first."""
    return list(
        ScriptDirectory.from_config(Config(attributes={}, config_args={"script_location": str(HOME)})).walk_revisions()
    )


@pytest.fixture
def fresh_url(tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    with places.fresh_database(tmp_path) as url:
        yield url


@pytest.fixture
async def database(fresh_url: str) -> AsyncIterator[Database]:
    """The same, opened."""
    opened = Database(fresh_url)
    yield opened
    await opened.close()


def sample(column: Column[Any], made: dict[str, dict[str, Any]]) -> Any:  # noqa: ANN401  whatever the column holds
    """Make up a value; a reference is to the row that was made."""
    for key in column.foreign_keys:
        return made.get(key.column.table.name, {}).get(key.column.name)
    if isinstance(column.type, UtcDateTime):
        return utcnow()
    if column.primary_key and column.type.python_type is str:
        return new_id()[:7]
    return SAMPLES[column.type.python_type]


def fill(connection: Connection) -> None:
    """Put a row into every table."""
    made: dict[str, dict[str, Any]] = {}
    for table in Base.metadata.sorted_tables:
        row = {column.name: sample(column, made) for column in table.columns}
        connection.execute(table.insert().values(row))
        made[table.name] = row


def rows(connection: Connection) -> Rows:
    """Read all that is kept, as the database says that its tables are."""
    found = MetaData()
    found.reflect(connection)
    tables: list[Table] = [table for table in found.sorted_tables if table.name != "alembic_version"]
    return {table.name: [dict(row._mapping) for row in connection.execute(select(table))] for table in tables}


def shared(kept: Rows, shape: Rows) -> Rows:
    """Leave out the tables and columns that an older shape has not."""
    return {name: [{key: row[key] for key in older[0]} for row in kept[name]] for name, older in shape.items() if older}


@pytest.mark.parametrize("step", steps()[:-1], ids=lambda step: step.revision)
async def test_data_survives_a_step_back(database: Database, step: Script) -> None:
    """One step down and up again loses nothing that the older shape has a place for."""
    engine = database.engine
    await upgrade(engine)
    async with engine.begin() as connection:
        await connection.run_sync(fill)
        before = await connection.run_sync(rows)
    await downgrade(engine, str(step.down_revision))
    async with engine.connect() as connection:
        older = await connection.run_sync(rows)
    await upgrade(engine)
    async with engine.connect() as connection:
        after = await connection.run_sync(rows)

    assert older == shared(before, older)
    assert shared(after, older) == older
    assert {name for name, kept in before.items() if not kept} == set()
    await check(engine)


async def test_all_the_way_down_and_up(database: Database) -> None:
    """Taken back to the base nothing is left; from there it can be built again."""
    engine = database.engine
    await upgrade(engine)
    async with engine.begin() as connection:
        await connection.run_sync(fill)
    await downgrade(engine, "base")
    async with engine.connect() as connection:
        left = await connection.run_sync(lambda live: inspect(live).get_table_names())
    await upgrade(engine)
    await check(engine)

    assert left == ["alembic_version"]


async def test_workers_that_start_at_once_wait_for_each_other(fresh_url: str) -> None:
    """Of three that migrate an empty database at the same time one does, and all find it whole."""
    workers = [Database(fresh_url) for _ in range(3)]
    await asyncio.gather(*(upgrade(worker.engine) for worker in workers))
    for worker in workers:
        await check(worker.engine)
        await worker.close()


async def test_loads_no_step_where_none_is_missing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that has seen every step is left alone: most starts of the service find nothing to do."""
    await upgrade(database.engine)
    monkeypatch.setattr("alembic.command.upgrade", lambda *_: pytest.fail("it loaded the steps"))

    await upgrade(database.engine)
