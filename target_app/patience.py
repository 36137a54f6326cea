"""
SQLite's waiting for another writer, done outside of SQLite.

SQLite's own busy handler sleeps with the connection's mutex held. When the event loop happens to collect a
cursor of that connection meanwhile, it stops until the sleeper gives up; and the writer that is waited for
needs the loop to commit. So nobody moves, and at the end of the timeout a request fails.
"""

import sqlite3
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any, TypeVar

T = TypeVar("T")

WAIT_S = 30.0  # whoever holds the lock may be a victim of a busy loop: slow is better than broken
FIRST_PAUSE_S = 0.001
LONGEST_PAUSE_S = 0.02


def patiently(act: Callable[[], T]) -> T:
    """Do what may find the database locked, again and again for half a minute; then raise what SQLite raised."""
    deadline = monotonic() + WAIT_S
    pause = FIRST_PAUSE_S
    while True:
        try:
            return act()
        except sqlite3.OperationalError as error:
            if not _passes(error) or monotonic() > deadline:
                raise
        sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _passes(error: sqlite3.OperationalError) -> bool:
    """Whether waiting helps: another holds the lock, and what was read in this transaction is not out of date."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT


class PatientCursor(sqlite3.Cursor):
    """A cursor that tries again while another writes."""

    def execute(self, *words: Any) -> "PatientCursor":  # noqa: ANN401  the driver's own types
        """Run a statement."""
        return patiently(lambda: super(PatientCursor, self).execute(*words))

    def executemany(self, *words: Any) -> "PatientCursor":  # noqa: ANN401
        """Run a statement for many rows."""
        return patiently(lambda: super(PatientCursor, self).executemany(*words))


class PatientConnection(sqlite3.Connection):
    """A connection that tries again while another writes."""

    def cursor(self, factory: Any = None) -> Any:  # noqa: ANN401
        """Make a cursor."""
        return super().cursor(factory or PatientCursor)

    def commit(self) -> None:
        """End the transaction, and keep what it did."""
        patiently(super().commit)
