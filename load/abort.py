"""Whether a load hurts its target so much that it must stop. No I/O."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter

SHARE = 0.5
FEWEST = 200


def share(word: str) -> float:
    """A share as somebody typed it: 0.2, or 20%. Raises ArgumentTypeError with a sentence."""
    try:
        value = float(word[:-1]) / 100 if word.endswith("%") else float(word)
    except ValueError:
        value = -1.0
    if not 0.0 < value <= 1.0:
        raise ArgumentTypeError(f"{word!r} is no share; write 0.2 or 20%")
    return value


def reason_to_stop(new: Counter[str], most: float) -> str | None:
    """Why a load must stop, by what was counted lately; None while too few failed, or too little was sent to tell."""
    sent = new["chats"] + new["calls"]
    wrong = new["calls_failed"] + sum(count for name, count in new.items() if name.startswith("broken:"))
    if sent < FEWEST or wrong <= sent * most:
        return None
    return f"{wrong} of the last {sent} requests failed: the load is stopped"
