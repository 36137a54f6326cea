"""
Every query of the service is answered by an index.

The fixture `app` proves it for what each test makes the service ask; here it is shown that it would tell.
"""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint, select, text

from target_app.accounts.models import User
from target_app.database import Base, Database, utcnow
from target_app.purge import purge
from tests.target_app import plans


@pytest.mark.parametrize("column", [User.name, User.plan])
async def test_a_query_without_an_index_is_told(database_url: str, column: object) -> None:
    """A search that must read a whole table is found, and names the table and the statement."""
    database = Database(database_url)
    with plans.recorded(database.engine) as sent, plans.watched():
        async with database.sessions() as db:
            await db.scalars(select(User).where(column == "x"))  # type: ignore[arg-type]  # a comparison of columns
    found = await plans.whole_tables(database.engine, sent)
    await database.close()

    assert len(found) == 1
    assert found[0].startswith("users is read whole by: SELECT users.id,")


async def test_a_query_with_an_index_is_not(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """What the service asks to sign somebody in reads no table whole; what a test asks is not counted."""
    database = app.state.database
    with plans.recorded(database.engine) as sent:
        await alice.get("/auth/session")
        async with database.sessions() as db:
            await db.execute(text("SELECT name FROM users"))

    assert [statement for statement in sent if "FROM users JOIN sessions" in statement.replace("\n", " ").strip()]
    assert "SELECT name FROM users" not in sent
    assert await plans.whole_tables(database.engine, sent) == []


async def test_purging_reads_no_table_whole(app: FastAPI) -> None:
    """What has expired is found by an index, in each of the five tables."""
    state = app.state
    with plans.recorded(state.database.engine) as sent, plans.watched():
        async with state.database.sessions() as db:
            await purge(db, state.settings, utcnow() - timedelta(days=365))

    assert len(sent) == 5
    assert await plans.whole_tables(state.database.engine, sent) == []


@pytest.mark.parametrize("table", Base.metadata.tables.values(), ids=str)
def test_every_reference_is_indexed(table: Table) -> None:
    """Deleting a row finds the rows that refer to it by an index, which no plan would show."""
    keys = [one for one in table.constraints if isinstance(one, UniqueConstraint | PrimaryKeyConstraint)]
    first = {next(iter(one.columns)).name for one in (*keys, *table.indexes)}

    assert {key.parent.name for key in table.foreign_keys} <= first
