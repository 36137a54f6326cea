"""What is not proven is INCONCLUSIVE: parts that were left out, lines that were deleted, scenarios that broke."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.gate.gates import Gate

SAVED = "check(await alice.history(conversation), chat.keeps_both_sides(question, reply))"


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


def test_a_deleted_check_is_missed(gate: "Gate", short_profile: Path, checkout: Path) -> None:
    """Without one check(...) line of one scenario a healthy service is INCONCLUSIVE, and the check is named."""
    deleted(checkout / "smoke" / "test_chat.py", SAVED)
    gate.root = checkout
    ran = gate("--profile", str(short_profile))

    assert ran.code == 20, ran.summary
    assert ran.verdict["decided_by"]["checks"] == ["chat.saved-once"]
    assert ran.verdict["executed"] == ran.verdict["planned"] - 1
    assert "chat.saved-once" in ran.out


def test_a_scenario_that_breaks_is_ours(gate: "Gate", short_profile: Path, checkout: Path) -> None:
    """A scenario that raises is INCONCLUSIVE and no finding about the target, and the bug is named."""
    broken = checkout / "smoke" / "test_chat.py"
    deleted(broken, SAVED, 'raise ZeroDivisionError("our own bug")')
    gate.root = checkout
    ran = gate("--profile", str(short_profile))

    assert ran.code == 20, ran.summary
    assert "ZeroDivisionError: our own bug" in ran.reasons
    assert ran.failed == set()


def deleted(path: Path, line: str, instead: str = "pass") -> None:
    """Take a line out of a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    path.write_text(text.replace(line, instead), encoding="utf-8")
