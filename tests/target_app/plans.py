"""Reads how the database would run each statement that the service sends, and finds those that read a whole table."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.database import Base

EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
# SQLite names what it scans, and the index if it reads one; what stands in brackets is not a table.
WHOLE_TABLE = {
    "sqlite": re.compile(r"\bSCAN (?!CONSTANT)(\w+)\b(?! USING)"),
    "postgresql": re.compile(r"\bSeq Scan on (\w+)"),
}
QUERY = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
OURS = re.compile(rf"\b({'|'.join(Base.metadata.tables)})\b")

Sent = dict[str, Any]

in_service: ContextVar[bool] = ContextVar("in_service", default=False)


class Watched:
    """The service, whose statements are told from those with which a test looks into the database."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        with watched():
            await self.app(scope, receive, send)


@contextmanager
def watched() -> Iterator[None]:
    """What is sent in the block is sent by the service."""
    before = in_service.set(True)
    try:
        yield
    finally:
        in_service.reset(before)


@contextmanager
def recorded(engine: AsyncEngine) -> Iterator[Sent]:
    """Give the statements that the service sends in the block, each with the parameters that it was sent with first."""
    sent: Sent = {}

    def note(*call: Any) -> None:  # noqa: ANN401  connection, cursor, statement, parameters, context, executemany
        statement, parameters, many = call[2], call[3], call[5]
        if in_service.get() and OURS.search(statement) and QUERY.match(statement):
            sent.setdefault(statement, parameters[0] if many else parameters)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def whole_tables(engine: AsyncEngine, sent: Sent) -> list[str]:
    """Say a sentence for each statement that would read a whole table for lack of an index."""
    async with engine.connect() as connection:
        return await connection.run_sync(lambda live: list(_complaints(live, sent)))


def _complaints(connection: Connection, sent: Sent) -> Iterator[str]:
    dialect = connection.dialect.name
    if dialect == "postgresql":
        # The tables of a test are small, and it would be right to read them whole.
        connection.exec_driver_sql("SET enable_seqscan = off")
    for statement, parameters in sent.items():
        rows = connection.exec_driver_sql(EXPLAIN[dialect] + statement, parameters).all()
        plan = "\n".join(str(row[-1]) for row in rows)
        for table in WHOLE_TABLE[dialect].findall(plan):
            yield f"{table} is read whole by: {' '.join(statement.split())}\n{plan}"
