"""The proof of the faults keeps what it proved, and counts as it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from gonogo.check import CATALOGUE
from gonogo.published import Decision
from tests.proof import __main__ as proof
from tests.proof.catalogue import Fault
from tests.proof.kept import Proven, keep, kept, state_of_the_code
from tests.proof.matrix import matrix

if TYPE_CHECKING:
    from pathlib import Path

GOOD = Proven(fault="stream.no-end", detected_by=("stream.terminal-event",), verdict=Decision.NO_GO, seconds=1.5)
CLEAN = Proven(fault=None, verdict=Decision.GO)


def test_a_proof_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    """What was proven of this code is read again as it was; other code's lines and a cut line are not."""
    file = tmp_path / "kept.jsonl"
    keep(file, "this", GOOD)
    keep(file, "other", Proven(fault="mail.silent"))
    keep(file, "this", CLEAN)
    with file.open("a") as lines:
        lines.write('{"state": "this", "fau')

    assert list(kept(file, "this")) == [GOOD, CLEAN]
    assert list(kept(None, "this")) == list(kept(tmp_path / "none.jsonl", "this")) == []


def test_the_state_of_the_code_is_steady() -> None:
    """The same code has the same name each time."""
    assert state_of_the_code() == state_of_the_code()


@pytest.mark.parametrize(
    ("proven", "code", "says"),
    [
        ([GOOD, CLEAN], 0, "1 of 1 faults detected by exactly the checks they name, 0 false alarms"),
        ([Proven(fault="a.b", missed=("x.y",)), CLEAN], 1, "0 of 1 faults"),
        ([Proven(fault="a.b", alarms=("x.y",)), CLEAN], 1, "1 false alarms"),
        ([GOOD, Proven(fault=None, trouble="INCONCLUSIVE")], 1, "0 of 1 clean runs"),
    ],
)
def test_a_proof_counts(proven: list[Proven], code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A missed detection, a false alarm and a clean run with a complaint each break the proof."""
    assert proof.conclusion(proven, Console(soft_wrap=True, width=200), proves_all=True) == code
    assert says in capsys.readouterr().out


def test_what_no_fault_proves_is_told() -> None:
    """A check above minor that no fault names is unproven; a step's own check is not asked for one."""
    lacking = proof.unproven_checks(frozenset({"stream.terminal-event"}))
    assert "stream.incremental" in lacking
    assert "stream.terminal-event" not in lacking
    assert not any(check.startswith("operation.") for check in lacking)


def test_the_matrix_shows_both_ways() -> None:
    """Each check shows the faults that it must find, and each fault the checks that must find it."""
    fault = Fault(name="stream.no-end", summary="It stops.", detected_by=frozenset({"stream.terminal-event"}))
    lines = matrix(CATALOGUE, [fault]).splitlines()
    assert "| chat | `stream.terminal-event` | critical | `stream.no-end` |" in lines
    assert "| chat | `stream.incremental` | critical | nothing yet |" in lines
    assert "| `stream.no-end` | It stops. | `stream.terminal-event` |" in lines


def test_an_unknown_fault_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A fault that nobody registered ends with 2 and a sentence."""
    with pytest.raises(SystemExit) as ended:
        proof.understood(["stream.no-ending"])
    assert ended.value.code == 2
    assert "there is no fault stream.no-ending" in capsys.readouterr().err


def test_a_suite_can_be_chosen() -> None:
    """Only the faults that a suite detects are proven where it is named; a named fault of another one is not."""
    there = [
        Fault(name="stream.no-end", summary="It stops.", detected_by=frozenset({"stream.terminal-event"})),
        Fault(name="load.tires", summary="It slows.", detected_by=frozenset({"slo.http_p95_s"})),
    ]
    for words, names in (([], ["stream.no-end", "load.tires"]), (["--suite", "load"], ["load.tires"])):
        arguments = proof.understood(words)
        assert [one.name for one in there if proof.is_chosen(one, arguments)] == names
