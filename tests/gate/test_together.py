"""A service that runs already, verified twice at once: by the gate, and by a bare `pytest smoke --base-url`."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gate.gates import gate_in

if TYPE_CHECKING:
    from tests.gate.long_runs import Pair


def test_the_gate_verifies_what_runs_already(together: "Pair") -> None:
    """The gate is a GO for a service that it did not start, while somebody else verifies it too."""
    assert together.gate.code == 0, together.gate.summary
    assert together.gate.verdict["embedded"] is False
    assert together.gate.verdict["target"]["build"] == together.gate.verdict["target"]["expected_build"] == "together-1"
    assert together.gate.verdict["findings"] == []


def test_bare_pytest_decides_as_the_gate_does(together: "Pair") -> None:
    """A bare `pytest smoke --base-url` is a run too: it decides, publishes, and exits with the verdict's code."""
    assert together.bare.code == 0, together.bare.summary
    assert together.bare.verdict["verdict"] == "GO"
    assert together.bare.verdict["findings"] == []
    assert (together.bare.folder / "report.html").exists()
    assert "GO  The deployment is good." in together.bare.out
    planned = [(one["check"], one["scenario"]) for one in together.gate.verdict["checks"]]
    assert [(one["check"], one["scenario"]) for one in together.bare.verdict["checks"]] == planned


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (("-k", "test_health_is_open"), {20}),
        (("--fault", "chat.foreign-readable", "-k", "test_others_cannot_read"), {11}),
        (("--fault", "stream.no-end", "--base-url", "http://127.0.0.1:1"), {2}),
        (("--base-url", "nonsense"), {2}),
        (("--base-url", ""), {2}),
    ],
    ids=["inconclusive", "no-go", "fault-elsewhere", "malformed-url", "empty-url"],
)
def test_bare_pytest_exits_as_the_gate_does(checkout: Path, options: tuple[str, ...], codes: set[int]) -> None:
    """Without --base-url it starts the service, with the fault that is asked for; its exit codes are the gate's."""
    with gate_in(checkout / "runs") as bare:
        bare.root = checkout
        started = bare.start("pytest", "smoke", "-q", *options)
        ran = started.wait()

        assert ran.code in codes, ran.summary
        assert "Traceback" not in ran.err + ran.out
        assert started.gone(), f"still running: {started.family()}"
