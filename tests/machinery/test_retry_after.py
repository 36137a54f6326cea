"""Where a refusal says when to come back, in seconds or as a date."""

from __future__ import annotations

import pytest

from gonogo.exchange import Exchange, Headers, Request
from gonogo.retry_after import moment, retry_after


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("42", "", 42.0),
        (" 7 ", "", 7.0),
        ("-1", "", None),
        ("\u00b2", "", None),
        ("1.5", "", None),
        ("", "", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", 30.0),
        ("Thu, 01 Jan 1970 00:00:30 GMT", "", 20.0),
    ],
)
def test_retry_after(value: str, date: str, seconds: float | None) -> None:
    """Seconds are read as they are, a date from the answer's own clock, or from ours; nothing else is a promise."""
    request = Request(operation="x", method="GET", url="http://127.0.0.1/")
    headers = Headers((("Retry-After", value), *((("Date", date),) if date else ())))
    shown = Exchange(id="1", person="ada", request=request, status=429, headers=headers, started_at=10.0)
    assert retry_after(shown) == seconds


def test_moment() -> None:
    """A date without a zone is meant as UTC, as HTTP has it."""
    assert moment("Thu, 01 Jan 1970 00:00:09 -0000") == moment("Thu, 01 Jan 1970 00:00:09 GMT") == 9.0
    assert moment("yesterday") is None
