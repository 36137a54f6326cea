"""Gates that share lent accounts: two at once, one that is killed or interrupted, and one right after."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.gate.lent import Lent

NONE = {"users": 2, "conversations": 0, "projects": 0, "uploads": 0}
UNDECIDED = "others"


def test_two_with_the_same_accounts_blame_nobody(lent: "Lent") -> None:
    """Two gates at once in the same accounts find nothing; what others were in the way of is undecided, and says so."""
    for ran in lent.pair:
        failed = [one for one in ran.verdict["findings"] if one["outcome"] != "error"]
        assert failed == [], ran.summary
        assert all(UNDECIDED in one["message"] for one in ran.verdict["findings"]), ran.summary
        assert ran.code == 20


def test_nothing_of_theirs_is_left(lent: "Lent") -> None:
    """What two gates gave to lent accounts is gone when they are."""
    assert lent.after_pair == NONE


def test_a_killed_gate_leaves_something(lent: "Lent") -> None:
    """A gate that is killed at work cannot tidy up, or the next two prove nothing."""
    assert lent.killed["conversations"] > 0


def test_right_after_a_crash_all_is_well(lent: "Lent") -> None:
    """With the same accounts, and what the crash left in them, a gate finds nothing and is in no doubt."""
    assert lent.again.verdict["findings"] == [], lent.again.summary
    outcomes = {one["outcome"] for one in lent.again.verdict["checks"]}
    assert "error" not in outcomes, lent.again.summary


def test_an_interrupted_gate_tidies_up(lent: "Lent") -> None:
    """After Ctrl-C nothing is left but what the killed one left before."""
    assert lent.interrupted.code == 130, lent.interrupted.summary
    assert lent.after_interrupt == lent.killed


def test_cleanup_removes_the_rest(lent: "Lent") -> None:
    """
    What the killed gate left is removed by the accounts of the environment.

    But for one thing at most: what was being made when it died was never heard of.
    """
    assert lent.cleanup.code == 0, lent.cleanup.summary
    assert "belonging(s) removed at" in lent.cleanup.out
    assert lent.after_cleanup["users"] == NONE["users"]
    assert sum(lent.after_cleanup.values()) - NONE["users"] <= 1
