"""When a refusal says to come back."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gonogo.exchange import Exchange


def retry_after(exchange: Exchange) -> float | None:
    """
    The seconds that a refusal asks to wait, None where it says nothing that can be read.

    It says so in seconds, or as a date (RFC 9110, 10.2.3), which counts from the answer's own Date if it has one.
    """
    value = exchange.headers.get("retry-after").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until, now = moment(value), moment(exchange.headers.get("date"))
    return None if until is None else until - (exchange.started_at if now is None else now)


def moment(text: str) -> float | None:
    """An HTTP date in seconds since the epoch, None when it is none."""
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
