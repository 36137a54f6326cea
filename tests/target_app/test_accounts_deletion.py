"""When an account is deleted nothing of it is left, in no table that is or will be."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import Column, ForeignKey, Table, func, insert, select

from target_app.database import Base, UtcDateTime, new_id, utcnow

TABLES = Base.metadata.sorted_tables
# What comes from the payment provider names no member.
OF_NOBODY = {"applied_events"}
CREDENTIALS = {"email": "alice@example.org", "password": "correct horse battery staple"}
SignUp = Callable[[str], Awaitable[httpx.AsyncClient]]
SAMPLES: dict[type, Any] = {dict: {}, int: 1, bytes: b"x", bool: False, float: 1.0}


def of_members() -> list[Table]:
    """Every table that leads to a member by its foreign keys, directly or through others."""
    found = {"users"}
    for table in TABLES:
        if any(key.column.table.name in found for key in table.foreign_keys):
            found.add(table.name)
    return [table for table in TABLES if table.name in found]


def value_of(column: Column[Any]) -> Any:  # noqa: ANN401  any type that a column has
    """Make up a value that fits a column."""
    if isinstance(column.type, UtcDateTime):
        return utcnow()
    kind = column.type.python_type
    if kind is str:
        return new_id()[: getattr(column.type, "length", None) or 32]
    return SAMPLES[kind]


def row_of(table: Table, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Make up a row that belongs to the rows made so far; one that refers to its own table does not."""
    row: dict[str, Any] = {}
    for column in table.columns:
        leads_to: ForeignKey | None = next(iter(column.foreign_keys), None)
        if leads_to is None:
            row[column.name] = value_of(column)
        elif leads_to.column.table is not table:
            row[column.name] = rows[leads_to.column.table.name][leads_to.column.name]
    return row


async def fill(app: FastAPI, rows: dict[str, dict[str, Any]]) -> None:
    """Make a row in every table, belonging to the member in `rows`, or to a new one."""
    async with app.state.database.sessions() as db:
        for table in of_members():
            if table.name not in rows:
                rows[table.name] = row_of(table, rows)
                await db.execute(insert(table).values(rows[table.name]))
        await db.commit()


async def counts(app: FastAPI) -> dict[str, int]:
    """Count the rows of every table."""
    async with app.state.database.sessions() as db:
        return {table.name: await db.scalar(select(func.count()).select_from(table)) for table in TABLES}


def test_every_table_is_somebodys() -> None:
    """Each table leads to a member, or is known to name none; whatever is called user_id is a foreign key."""
    assert {table.name for table in TABLES} - {table.name for table in of_members()} == OF_NOBODY
    for table in TABLES:
        for column in table.columns:
            assert not column.name.endswith("user_id") or column.foreign_keys, f"{table.name}.{column.name}"


def test_every_way_to_a_member_removes() -> None:
    """A foreign key to a member, or to what a member has, removes or lets go: the database never refuses."""
    for table in TABLES:
        for key in table.foreign_keys:
            to_member = key.column.table.name == "users"
            assert key.ondelete in ({"CASCADE"} if to_member else {"CASCADE", "SET NULL"}), f"{table.name}: {key}"


async def test_deleting_the_account_empties_every_table(
    app: FastAPI, client: httpx.AsyncClient, sign_up: SignUp
) -> None:
    """With a row in each table, all of hers go, and those of another member stay."""
    await fill(app, {})
    of_another = await counts(app)
    alice = await sign_up("alice")
    await fill(app, {"users": {"id": (await alice.get("/auth/session")).json()["id"]}})
    filled = await counts(app)
    deleted = await alice.delete("/auth/account")

    assert deleted.status_code == 204
    assert all(filled[table.name] > of_another[table.name] for table in of_members())
    assert await counts(app) == of_another
    assert (await client.post("/auth/signin", json=CREDENTIALS)).status_code == 401
