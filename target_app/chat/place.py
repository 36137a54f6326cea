"""Names a place in a list that is ordered by moment and id, so that what comes in meanwhile shifts nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

CURSOR = r"^[0-9]{1,16}-[0-9a-f]{32}$"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def cursor_of(moment: datetime, identity: str) -> str:
    """Name the place of the last one seen: its microsecond and id."""
    return f"{(moment - EPOCH) // MICROSECOND}-{identity}"


def place_of(cursor: str) -> tuple[datetime, str]:
    """Read a cursor back."""
    moment, _, identity = cursor.partition("-")
    return EPOCH + int(moment) * MICROSECOND, identity
