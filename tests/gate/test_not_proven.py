"""What is not proven is INCONCLUSIVE: parts that were left out, lines that were deleted, scenarios that broke."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.gate.gates import Gate, Ran


def test_a_part_of_the_suite_proves_a_part(gate: "Gate") -> None:
    """With -k chat nothing fails, and nothing is decided either."""
    ran = gate("-k", "chat")

    assert ran.code == 20, ran.summary
    assert ran.verdict["verdict"] == "INCONCLUSIVE"
    assert ran.failed == set()
    assert "no positive evidence of authentication" in ran.reasons
    outcomes = {one["id"]: one["outcome"] for one in ran.verdict["scenarios"]}
    assert outcomes["chat"] == "pass"
    assert {outcomes[name] for name in outcomes if name != "chat"} == {"not-run"}


def test_a_deleted_check_is_missed(deleted: "Ran") -> None:
    """Without one check(...) line of one scenario a healthy service is INCONCLUSIVE, and the check is named."""
    assert deleted.code == 20, deleted.summary
    assert deleted.verdict["decided_by"]["checks"] == ["auth.session-required"]
    assert deleted.verdict["executed"] == deleted.verdict["planned"] - 1
    assert "auth.session-required" in deleted.out


def test_a_scenario_that_breaks_is_ours(broken: "Ran") -> None:
    """A scenario that raises is INCONCLUSIVE and no finding about the target, and the bug is named."""
    assert broken.code == 20, broken.summary
    assert "ZeroDivisionError: our own bug" in broken.reasons
    assert broken.failed == set()
