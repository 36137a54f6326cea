"""Whether an answer is whole, by its status and by what the network did with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from load.broken import Broken
from load.client import Cut, Silent, Unreachable

if TYPE_CHECKING:
    from load.client import Answer

TOO_MANY = 429
UNAUTHORIZED = 401
SERVER_ERROR = 500


def is_framed(answer: Answer) -> bool:
    """Whether HTTP itself tells where the body ends."""
    return bool(answer.header(b"content-length") or answer.header(b"transfer-encoding"))


def of_status(status: int) -> Broken:
    """What an unexpected status means."""
    if status in {TOO_MANY, UNAUTHORIZED}:
        return Broken.LIMITED if status == TOO_MANY else Broken.SIGNED_OUT
    return Broken.SERVER_ERROR if status >= SERVER_ERROR else Broken.REFUSED


def of_trouble(answer: Answer, *, framed_by_close: bool) -> Broken | None:
    """What the network's trouble means; the end of a connection may be the end of the body where nothing else is."""
    trouble = answer.trouble
    if trouble is None:
        return None
    if isinstance(trouble, Unreachable):
        return Broken.UNREACHABLE
    if isinstance(trouble, Silent):
        return Broken.STALLED
    if isinstance(trouble, Cut) and trouble.reset:
        return Broken.RESET
    return Broken.UNENDED if framed_by_close and answer.headers_ns else Broken.CUT


def judged_call(answer: Answer, expected: tuple[int, ...]) -> Broken | None:
    """What is wrong with the answer to a plain request, None if nothing is."""
    if answer.status and answer.status not in expected:
        return of_status(answer.status)
    if answer.complete:
        return None
    trouble = of_trouble(answer, framed_by_close=False)
    framed = answer.header(b"content-length") or answer.header(b"transfer-encoding")
    return None if trouble is Broken.CUT and answer.headers_ns and not framed else trouble
