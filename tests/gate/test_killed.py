"""Whoever is killed or interrupted: nothing stays behind, and nothing becomes a GO."""

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.gate.conftest import Stubs
    from tests.gate.gates import Gate, Started


def at_work(gate: "Gate", profile: Path) -> "Started":
    """A gate whose suite is at work."""
    started = gate.begin("--profile", str(profile))
    started.until_at_work()
    return started


def test_a_killed_service_is_no_go(gate: "Gate", short_profile: Path) -> None:
    """A service that dies during the run is never a GO, and the gate ends by itself."""
    started = at_work(gate, short_profile)
    started.member("-m", "target_app").kill()
    ran = started.wait(60)

    assert ran.code in {10, 11, 20}, ran.summary
    assert ran.verdict["verdict"] in {"NO_GO", "INCONCLUSIVE"}
    assert not ran.verdict["facts"]["control-probe"].startswith("ok")
    assert started.gone()


def test_a_killed_gate_takes_everything_along(gate: "Gate", short_profile: Path) -> None:
    """After kill -9 of the gate its suite and its service end by themselves, and its run is INCONCLUSIVE."""
    started = at_work(gate, short_profile)
    assert len(started.family()) >= 5
    started.process.kill()

    assert started.gone(), f"still running: {started.family()}"
    assert not (gate.runs / "latest" / "verdict.json").exists()
    judged = gate.command("judge", "latest")
    assert judged.code == 20, judged.summary
    assert judged.out.startswith("INCONCLUSIVE ")
    assert "never closed" in judged.out


def test_a_killed_suite_is_inconclusive(gate: "Gate", short_profile: Path) -> None:
    """After kill -9 of a suite's lane the gate says INCONCLUSIVE, and that the lane's journal is not whole."""
    started = at_work(gate, short_profile)
    started.member("-m", "pytest").kill()
    ran = started.wait(60)

    assert ran.code == 20, ran.summary
    assert re.search(r"journal smoke(-\d)?: it was never closed", ran.reasons)
    assert started.gone()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_gate_still_judges(gate: "Gate", short_profile: Path, number: signal.Signals) -> None:
    """An interrupt ends the run with 130 and a verdict, whether the parent alone gets it or its whole group."""
    started = at_work(gate, short_profile)
    if number is signal.SIGINT:
        os.killpg(started.process.pid, number)
    else:
        started.process.send_signal(number)
    ran = started.wait(60)

    assert ran.code == 130, ran.summary
    assert ran.verdict["verdict"] == "INCONCLUSIVE"
    assert "the run was interrupted" in ran.reasons
    assert "Traceback" not in ran.err
    assert (ran.folder / "report.html").exists()
    assert started.gone()


def test_a_gate_interrupted_while_it_waits_still_judges(form_gate: "Gate", stub: "Stubs") -> None:
    """An interrupt before the suites, while another build still answers, is judged too."""
    target = stub(200)
    asking = ("--expect-build", "never", "--wait-for-build", "60s")
    started = form_gate.begin("--base-url", target.url, *asking)
    started.until(lambda: len(target.asked) > 2)
    started.process.send_signal(signal.SIGINT)
    ran = started.wait(30)

    assert ran.code == 130, ran.summary
    assert ran.verdict["verdict"] == "INCONCLUSIVE"
    assert started.gone()
