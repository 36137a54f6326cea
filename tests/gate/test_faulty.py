"""A service that misbehaves: what fails, what is decided, and how to see it again."""

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import checks  # noqa: F401  the catalogue
from gonogo.check import CATALOGUE, Severity
from gonogo.triggers import CHECK_TRIGGERS
from tests.gate.gates import gate_in

if TYPE_CHECKING:
    from tests.gate.gates import Gate, Ran

GRAVE = {
    "blocker": ("chat.foreign-readable", "chat.isolation", "test_others_cannot_read", 11),
    "critical": ("stream.no-end", "stream.terminal-event", "test_streams_an_answer", 10),
}


@pytest.mark.parametrize("severity", GRAVE)
def test_a_grave_fault_is_a_no_go(gate: "Gate", severity: str) -> None:
    """One blocker or critical fault is a NO_GO that names the check, and a curl line without a secret shows it."""
    fault, check, part, code = GRAVE[severity]
    ran = gate("--fault", fault, "-k", part)

    assert ran.code == code, ran.summary
    assert ran.verdict["verdict"] == "NO_GO"
    assert ran.failed == {check}
    assert ran.verdict["faults"] == [fault]
    finding = next(one for one in ran.verdict["findings"] if one["check"] == check)
    assert finding["severity"] == severity
    assert "curl " in finding["reproduce"]
    assert "$GONOGO_" in finding["reproduce"]
    assert check in ran.reasons
    assert check in ran.out
    assert "$GONOGO_" in ran.out
    assert (ran.verdict["action"] == "ROLLBACK") is ("Roll back with" in ran.out) is (code == 11)
    assert ran.verdict["rollback_command"] in ran.out


def test_whoever_may_see_too_much_is_a_reason_to_roll_back() -> None:
    """Every blocker of the catalogue that is no mere step feeds a rollback trigger."""
    blockers = [one.id for one in CATALOGUE.values() if one.severity is Severity.BLOCKER]
    fed = tuple(prefix for trigger in CHECK_TRIGGERS for prefix in trigger.prefixes)
    assert [one for one in blockers if not one.startswith((*fed, "operation."))] == []


def test_a_major_fault_is_a_condition(conditional: "Ran", tmp_path: Path) -> None:
    """One major fault leaves a GO with the condition named: 12 under --strict, and 0 without it."""
    assert conditional.code == 12, conditional.summary
    assert conditional.verdict["verdict"] == "GO"
    assert conditional.verdict["conditional"] is True
    assert ["headers.nosniff" in condition for condition in conditional.verdict["conditions"]] == [True]
    assert conditional.failed == {"headers.nosniff"}

    lenient = shutil.copytree(conditional.folder, tmp_path / "lenient")
    policy = lenient / "policy.json"
    policy.write_text(policy.read_text(encoding="utf-8").replace('"strict": true', '"strict": false'), encoding="utf-8")
    with gate_in(tmp_path) as gate:
        assert gate.command("judge", str(lenient)).code == 0


def test_a_replay_shows_the_failure(gate: "Gate") -> None:
    """Sent again to a fresh service, the lines show the leak and the loss, and no secret."""
    parts = "test_others_cannot_read or test_an_export_is_complete"
    ran = gate("--fault", "chat.foreign-readable", "--fault", "export.misses-one", "-k", parts)
    assert ran.failed == {"chat.isolation", "features.export-complete"}, ran.summary

    leak = gate.command("replay", "latest", "chat.isolation").out
    words = re.findall(r'"content":"[^"]*?([0-9a-f]{6} [0-9a-f]{6})"', leak)
    assert [words.count(one) for one in dict.fromkeys(words)] == [3, 3]  # sent, and read with its answer by another

    loss = gate.command("replay", "latest", "features.export-complete").out
    sent = re.findall(r'--data-raw \'\{"content":"([^"]+)"', loss)
    assert [loss.count(one) for one in sent] == [4, 4, 1]  # sent, and in three formats that can be read
    for shown in (leak, loss):
        assert not re.search(r"Cookie: [^'$]", shown)
