"""The words of the command line become options, or one sentence and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.arguments import parse
from gonogo.embedded import ROOT


@pytest.fixture(autouse=True)
def no_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """No build is expected unless a test says so."""
    monkeypatch.delenv("GONOGO_EXPECT_BUILD", raising=False)


def test_defaults() -> None:
    """Without words the embedded service is met with every suite that its environment allows."""
    options = parse(["gate"]).options
    assert (options.profile, options.base_url, options.environment, options.suites) == (
        "reference",
        None,
        None,
        (),
    )
    assert (options.faults, options.expect_build, options.wait_for_build_s) == ((), None, 0.0)
    assert (options.strict, options.runs, options.suite_args) == (False, ROOT / "runs", ())
    assert (options.embedded, options.lend, options.load.name) == (True, False, "smoke")


def test_everything() -> None:
    """Each word finds its option; what is unknown goes to pytest, with or without two dashes before it."""
    words = ["gate", "--base-url", "https://x", "--profile", "p", "--environment", "staging", "--suite", "smoke"]
    words += ["--suite", "smoke", "--expect-build", "b1", "--wait-for-build", "5m", "--strict", "--runs", "there"]
    options = parse([*words, "--", "-k", "chat", "-x"]).options
    assert (options.profile, options.base_url, options.environment) == ("p", "https://x", "staging")
    assert (options.suites, options.expect_build, options.wait_for_build_s) == (("smoke",), "b1", 300.0)
    assert (options.strict, options.runs, options.suite_args) == (True, Path("there"), ("-k", "chat", "-x"))
    assert not options.embedded
    assert parse(["gate", "-k", "chat"]).options.suite_args == ("-k", "chat")
    assert parse(["gate", "--fault", "a", "--fault", "b"]).options.faults == ("a", "b")


def test_the_expected_build_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline says in a variable what it has deployed; the command line wins."""
    monkeypatch.setenv("GONOGO_EXPECT_BUILD", "b1")
    assert parse(["gate"]).options.expect_build == "b1"
    assert parse(["gate", "--expect-build", "b2"]).options.expect_build == "b2"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("300s", 300.0), ("5m", 300.0), ("1h", 3600.0), ("2d", 172800.0), ("500ms", 0.5), ("1.5", 1.5)],
)
def test_durations(text: str, seconds: float) -> None:
    """A duration is a number with a unit, seconds without one."""
    assert parse(["cleanup", "--older-than", text]).older_than == seconds


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "required: command"),
        (["dance"], "invalid choice"),
        (["judge", "latest", "--shout"], "'judge' does not take --shout"),
        (["gate", "--suite", "sweet"], "invalid choice: 'sweet'"),
        (["gate", "--fault", "x", "--base-url", "https://x"], "cannot be used with --base-url"),
        (["gate", "--expect-build", ""], "the expected build is empty"),
        (["gate", "--wait-for-build", "5m"], "--wait-for-build needs --expect-build"),
        (["cleanup", "--older-than", "soon"], "'soon' is no duration; write 300s, 5m or 1h"),
        (["cleanup", "--older-than", "-1s"], "--older-than"),
    ],
)
def test_nonsense(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What makes no sense is told in one line, with exit code 2."""
    with pytest.raises(SystemExit) as end:
        parse(words)
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_an_empty_build_is_no_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that a pipeline leaves empty would check nothing; that is said, not passed over."""
    monkeypatch.setenv("GONOGO_EXPECT_BUILD", "")
    with pytest.raises(SystemExit):
        parse(["gate"])


def test_the_other_commands() -> None:
    """Every command knows its words."""
    assert parse(["judge"]).run == "latest"
    assert parse(["explain", "r1", "--profile", "p", "--json"]).profile == "p"
    assert parse(["checks", "--checklist"]).checklist
    assert parse(["replay", "latest", "F1", "--hold"]).finding == "F1"
    assert parse(["doctor", "--base-url", "https://x"]).options.base_url == "https://x"
