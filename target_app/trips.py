"""
SQLite's statements, each in one trip to the thread of its connection.

SQLAlchemy's own adapter goes there four times: for a cursor, to run the statement, for its rows, and to close the
cursor. And it goes there to roll back what was only read. On a busy machine these trips cost more than SQLite does.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)

T = TypeVar("T")


class OneTripCursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that comes back with all of its rows."""

    __slots__ = ()
    _adapt_connection: "OneTripConnection"

    def execute(self, operation: Any, parameters: Any = None) -> None:  # noqa: ANN401  the driver's own types
        """Run a statement, and fetch what it gives."""
        self._go("execute", operation, () if parameters is None else parameters)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:  # noqa: ANN401
        """Run a statement for many rows."""
        self._go("executemany", operation, seq_of_parameters)

    def _go(self, way: str, *words: Any) -> None:  # noqa: ANN401
        try:
            found = self._adapt_connection.trip(partial(_run, self._connection._conn, way, *words))  # noqa: SLF001
        except Exception as error:  # noqa: BLE001  it raises it, or what it means
            self._adapt_connection._handle_exception(error)  # noqa: SLF001
        self.description, rows, self.lastrowid, self.rowcount = found
        self._rows = deque(rows)


class OneTripConnection(AsyncAdapt_aiosqlite_connection):
    """A connection that rolls back only where something was begun."""

    __slots__ = ("_quiet",)

    def __init__(self, dbapi: Any, connection: Any) -> None:  # noqa: ANN401
        super().__init__(dbapi, connection)
        self._quiet = True

    def cursor(self, server_side: bool = False) -> AsyncAdapt_aiosqlite_cursor:  # noqa: FBT001, FBT002  the adapter's
        """Make a cursor, which needs no trip."""
        return super().cursor(server_side) if server_side else OneTripCursor(self)

    def rollback(self) -> None:
        """Take back what was begun."""
        # Where a trip was cut short, its statement may only now begin a transaction.
        if not self._quiet or self._connection.in_transaction:
            super().rollback()
            self._quiet = True

    def trip(self, act: Callable[[], T]) -> T:
        """Do something in the connection's thread."""
        self._quiet = False
        try:
            result: T = self.await_(self._connection._execute(act))  # noqa: SLF001  it has no other way to one trip
        except sqlite3.Error:
            self._quiet = True
            raise
        self._quiet = True
        return result


class OneTripDriver(AsyncAdapt_aiosqlite_dbapi):
    """The driver that SQLAlchemy is given."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *words: Any, **options: Any) -> OneTripConnection:  # noqa: ANN401
        """Open a connection."""
        return OneTripConnection(self, super().connect(*words, **options)._connection)  # noqa: SLF001


def _run(connection: sqlite3.Connection, way: str, *words: Any) -> tuple[Any, list[Any], Any, int]:  # noqa: ANN401
    cursor = connection.cursor()
    try:
        getattr(cursor, way)(*words)
        if cursor.description:
            return cursor.description, cursor.fetchall(), -1, -1
        return None, [], cursor.lastrowid, cursor.rowcount
    finally:
        cursor.close()
