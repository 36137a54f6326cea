"""A scenario needs nothing of any other, and of nobody else: not of its order, its company, or who was there before."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gate.gates import Gate, Ran

SCENARIOS = ("chat", "features", "payment")


def test_order_does_not_matter(backwards: "Ran") -> None:
    """With every part in the reverse order the gate is the same GO, and everything planned is executed."""
    assert backwards.code == 0, backwards.summary
    assert backwards.verdict["findings"] == []
    assert backwards.verdict["executed"] == backwards.verdict["planned"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_goes_alone(gate: "Gate", short_profile: "Path", scenario: str) -> None:
    """A scenario that runs alone finds what it needs: whatever is in doubt was left out on purpose."""
    ran = gate("--profile", str(short_profile), "-k", f"test_{scenario}.py")

    assert ran.code == 20, ran.summary
    assert ran.verdict["findings"] == []
    own = [one["outcome"] for one in ran.verdict["checks"] if one["scenario"] == scenario.replace("_", "-")]
    assert set(own) == {"pass"}, ran.summary
