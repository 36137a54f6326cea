"""A check is a function that is registered once, and says what it claims, why, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo import check as module
from gonogo.check import Bound, Check, Effects, Severity, check, read_docstring

if TYPE_CHECKING:
    from gonogo.check import Complaints


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """An empty catalogue."""
    empty: dict[str, object] = {}
    monkeypatch.setattr(module, "CATALOGUE", empty)
    return empty


def small(number: int, most: int = 3) -> Complaints:
    """
    A number is small.

    Large ones
    cost more.

    They last longer.

    Fix: take a smaller
    one.
    """
    if number > most:
        yield f"{number}, {most} at most"


def test_a_function_becomes_a_check(catalogue: dict[str, object]) -> None:
    """Its docstring gives the claim, the reason and the way out; it is found by its id."""
    made = check("number.small", Severity.MAJOR, scenarios={"chat"}, needs={"plan"})(small)
    assert made.claim == "A number is small."
    assert made.why == "Large ones cost more. They last longer."
    assert made.fix == "take a smaller one."
    assert made.effects is Effects.OWN_DATA
    assert (set(made.needs), set(made.scenarios)) == ({"plan"}, {"chat"})
    assert catalogue == {"number.small": made}


def test_what_it_compares_with_is_bound() -> None:
    """A check is given its limit first, and its subject later."""
    made = check("number.small", Severity.MAJOR, scenarios={"chat"})(small)
    bound = made(most=1)
    assert isinstance(made, Check)
    assert isinstance(bound, Bound)
    assert bound.check is made
    assert list(bound.looks(2)) == ["2, 1 at most"]
    assert list(made().looks(2)) == []


def test_two_checks_of_one_name() -> None:
    """An id is given once."""
    check("number.small", Severity.MAJOR, scenarios={"chat"})(small)
    with pytest.raises(ValueError, match=r"two checks are called number\.small"):
        check("number.small", Severity.MINOR, scenarios={"chat"})(small)


@pytest.mark.parametrize("text", ["", "A claim.", "A claim.\n\nFix: it.", "A claim.\n\nWhy.\n\nHow to fix it."])
def test_a_docstring_that_says_too_little(text: str) -> None:
    """Without a claim, a reason and a way out there is no check."""
    with pytest.raises(ValueError, match=r"the docstring of check x\.y needs a claim, a reason"):
        read_docstring("x.y", text)
