"""What makes no sense is exit 2 and one sentence, before or after the service was started; nothing is left running."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.gate.conftest import Stubs
    from tests.gate.gates import Gate

WRONG = {
    "a malformed URL": (["--base-url", "chat.example.com"], "'chat.example.com'", "write http:// or https://"),
    "an empty URL": (["--base-url", ""], "''", "write http:// or https://"),
    "an unknown profile": (["--profile", "refrence"], "profiles/", "did you mean 'reference'?"),
    "a profile that is not there": (["--profile", "no/such.yaml"], "no/such.yaml", "cannot be read"),
    "an unknown environment": (["--environment", "stagin"], "'stagin'", "did you mean 'staging'?"),
    "an unknown fault": (["--fault", "stream.no-ends"], "'stream.no-ends'", "stream.no-end"),
    "an unknown suite": (["--suite", "smok"], "'smok'", "smoke"),
    "a fault for another service": (
        ["--fault", "stream.no-end", "--base-url", "http://127.0.0.1:1"],
        "--fault",
        "--help",
    ),
    "a duration that is none": (["--wait-for-build", "soon"], "'soon'", "300s, 5m or 1h"),
    "a suite over several processes": (["-n", "2"], "one process", "leave out -n"),
    "an expression that is none": (["-k", "chat and"], "'-k'", "goes to pytest"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_is_one_sentence(gate: "Gate", name: str) -> None:
    """It is said in one sentence what is wrong, and what would be right."""
    options, wrong, way_out = WRONG[name]
    ran = gate(*options)

    assert ran.code == 2, ran.summary
    *before, sentence = ran.err.strip().splitlines()
    assert sentence.startswith("gonogo: ")
    assert wrong in sentence
    assert way_out in sentence
    assert all(line.startswith("gonogo 2") for line in before)
    assert "Traceback" not in ran.err + ran.out


def test_a_wrong_key_is_told_with_its_place(gate: "Gate", tmp_path: Path) -> None:
    """A key that no profile has is named with its file, its line, and the nearest one."""
    text = (gate.root / "profiles" / "reference.yaml").read_text(encoding="utf-8")
    profile = tmp_path / "mine.yaml"
    profile.write_text(text.replace("  sign_up: harness", "  signup: harness"), encoding="utf-8")
    line = 1 + text.splitlines().index("  sign_up: harness")
    ran = gate("--profile", str(profile))

    assert ran.code == 2, ran.summary
    (sentence,) = ran.err.strip().splitlines()
    assert sentence.startswith(f"gonogo: {profile} line {line}: ")
    assert "'signup'" in sentence
    assert "'sign_up'" in sentence


def test_a_secret_that_is_missing_is_named(gate: "Gate") -> None:
    """A variable that the profile needs and nobody set is named with its key."""
    ran = gate("--base-url", "https://chat.example.com")

    assert ran.code == 2, ran.summary
    (sentence,) = ran.err.strip().splitlines()
    assert "GONOGO_WEBHOOK_SECRET" in sentence
    assert "payment.secret" in sentence


def test_an_unknown_option_is_named(form_gate: "Gate", stub: "Stubs") -> None:
    """What neither gonogo nor pytest knows is named; nobody signed in for it."""
    target = stub(200)
    ran = form_gate("--base-url", target.url, "--no-such-option")

    assert ran.code == 2, ran.summary
    assert ran.err.strip().splitlines()[-1].startswith("gonogo: unrecognized arguments: --no-such-option")
    assert set(target.asked) == {"/healthz"}
