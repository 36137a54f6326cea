"""Loads as their users start them: by the gate, by Locust alone, in several processes, and cut short."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gonogo.embedded import ROOT
from tests.gate.gates import Ran, until

if TYPE_CHECKING:
    from tests.gate.gates import Gate, Started

LOCUST = ("locust", "-f", "load/chat.py", "--headless", "--only-summary", "--load", "smoke")


@pytest.fixture
def unhurried(tmp_path: Path) -> Path:
    """The reference profile without promises of speed, which a busy machine does not keep."""
    lines = (ROOT / "profiles" / "reference.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "unhurried.yaml"
    path.write_text("".join(line for line in lines if not line.startswith("  slo:")), encoding="utf-8")
    return path


@pytest.fixture
def loads(gate: "Gate") -> "Gate":
    """The gate, of the load suite."""
    gate.options = ("--suite", "load")
    return gate


def until_under_load(started: "Started") -> None:
    """Wait until people are at work."""
    until(lambda: any(path.stat().st_size for path in started.runs.glob("2*/evidence/load.jsonl")))


def test_a_healthy_target_passes(loads: "Gate", unhurried: Path) -> None:
    """The load suite alone finds a healthy target good, and every sample is accounted for."""
    ran = loads("--profile", str(unhurried))

    assert ran.code == 0, ran.summary
    assert {one["name"]: one["passed"] for one in ran.verdict["suites"]} == {"load": 5}
    assert ran.verdict["facts"]["load:merged"].startswith("ok")
    assert "chats" in ran.verdict["facts"]["load:merged"]


def test_a_killed_load_is_inconclusive(loads: "Gate", unhurried: Path) -> None:
    """After kill -9 of Locust the gate says INCONCLUSIVE, and the evidence that was written is kept."""
    started = loads.begin("--profile", str(unhurried))
    until_under_load(started)
    started.member("-m", "locust").kill()
    ran = started.wait(60)

    assert ran.code == 20, ran.summary
    assert "journal load: it was never closed" in ran.reasons
    assert '"kind": "measured"' in (ran.folder / "evidence" / "load.jsonl").read_text(encoding="utf-8")
    assert started.gone()


def test_a_target_that_dies_is_no_go(loads: "Gate", unhurried: Path) -> None:
    """A target that dies under load is a NO_GO, and the trigger that fired says so."""
    started = loads.begin("--profile", str(unhurried))
    until_under_load(started)
    started.member("-m", "target_app").kill()
    ran = started.wait(120)

    assert ran.code == 11, ran.summary
    assert {"stream.whole-under-load", "health.stays-up"} <= ran.failed
    assert "error-rate" in {one["id"] for one in ran.verdict["triggers"] if one["state"] == "fired"}


def locust(gate: "Gate", unhurried: Path, *words: str) -> "Started":
    """Locust by hand, with runs of its own."""
    return gate.start(*LOCUST, "--target-profile", str(unhurried), "--runs", str(gate.runs), *words)


@pytest.mark.parametrize("words", [(), ("--processes", "2")], ids=["alone", "two-processes"])
def test_locust_alone(loads: "Gate", unhurried: Path, words: tuple[str, ...]) -> None:
    """Locust by itself starts the reference service, and exits as the verdict says; also from several processes."""
    ran = locust(loads, unhurried, *words).wait()

    assert ran.code == 0, ran.summary
    assert ran.out.startswith("GO "), ran.summary
    assert f"of {2 if words else 1} process(es)" in ran.verdict["facts"]["load:merged"]


def test_a_killed_worker_is_inconclusive(loads: "Gate", unhurried: Path) -> None:
    """When one of two workers is killed, what it measured last is missing, and nothing is decided."""
    words = ("--master", "--expect-workers", "2", "--master-bind-port", "15557")
    started = locust(loads, unhurried, *words)
    workers = [loads.start("locust", "-f", "load/chat.py", "--worker", "--master-port", "15557") for _ in range(2)]
    until_under_load(started)
    workers[0].process.kill()
    ran = started.wait(120)

    assert ran.code == 20, ran.summary
    assert "no last word from" in ran.reasons


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--host", "http://127.0.0.1:1"), 10, "the connection was refused"),
        (("--host", "https://chat.example.invalid", "--target-environment", "local"), 20, "could not be resolved"),
        (("--host", "https://chat.example.invalid"), 2, "environment production does not allow burst"),
        (("--load", "heavy"), 2, "there is no load profile 'heavy'"),
    ],
    ids=["refused", "unknown-host", "production", "no-such-profile"],
)
def test_what_cannot_be_loaded(loads: "Gate", words: tuple[str, ...], code: int, sentence: str) -> None:
    """A target that is not there, or must not be loaded, ends with a sentence and the code that the gate has for it."""
    environ = {"GONOGO_WEBHOOK_SECRET": "whsec_abcdefghijklmnop", "GONOGO_OPERATOR_TOKEN": "operator-0123456789"}
    ran: Ran = loads.start(*LOCUST, "--runs", str(loads.runs), *words, **environ).wait(60)

    assert ran.code == code, ran.summary
    assert sentence in " ".join((ran.out + ran.err).split()), ran.summary
