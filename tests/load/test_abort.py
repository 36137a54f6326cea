"""A load that hurts is stopped by what was counted lately, and by nothing else."""

from argparse import ArgumentTypeError
from collections import Counter

import pytest

from load.abort import reason_to_stop, share


@pytest.mark.parametrize(
    ("counts", "most", "stops"),
    [
        ({"chats": 100, "calls": 100, "calls_failed": 60, "broken:cut": 41}, 0.5, True),
        ({"chats": 100, "calls": 100, "calls_failed": 60, "broken:cut": 40}, 0.5, False),
        ({"chats": 100, "calls": 99, "calls_failed": 99, "broken:cut": 100}, 0.5, False),
        ({"chats": 200, "broken:cut": 21, "broken:reset": 20}, 0.2, True),
        ({}, 0.5, False),
    ],
)
def test_when_a_load_stops(counts: dict[str, int], most: float, *, stops: bool) -> None:
    """More than the share failed, of enough: the sentence has both numbers."""
    said = reason_to_stop(Counter(counts), most)
    assert (said is not None) is stops
    assert not stops or said == f"{41 if most < 0.5 else 101} of the last 200 requests failed: the load is stopped"


@pytest.mark.parametrize(("word", "value"), [("0.2", 0.2), ("20%", 0.2), ("1", 1.0), ("100%", 1.0)])
def test_a_share(word: str, value: float) -> None:
    """It can be typed in two ways."""
    assert share(word) == value


@pytest.mark.parametrize("word", ["0", "-0.1", "1.1", "150%", "half", "", "%", "nan"])
def test_no_share(word: str) -> None:
    """Anything else is refused in a sentence."""
    with pytest.raises(ArgumentTypeError, match=r"is no share; write 0\.2 or 20%"):
        share(word)
