"""The terminal says first what matters, and lets its commands be copied."""

from __future__ import annotations

import re
from io import BytesIO, StringIO, TextIOWrapper
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from gonogo.published import Action
from reports.headline import headline
from reports.terminal import picture, render, show

if TYPE_CHECKING:
    from tests.reports.conftest import Sample


def test_how_long_a_rollback_takes(samples: dict[str, Sample]) -> None:
    """Where the deployment is to be rolled back, the advice says how long that is expected to take."""
    verdict = samples["rollback"].verdict.model_copy(update={"rollback_takes_s": 90})
    evidence = samples["rollback"].evidence
    assert "It is expected to take 1 min 30 s." in headline(verdict, evidence).advice
    assert "expected to take" not in headline(verdict.model_copy(update={"action": Action.HOLD}), evidence).advice


def test_first_line_is_the_verdict(sample: Sample) -> None:
    """The first word in a pipe is the verdict."""
    assert render(sample.verdict, sample.evidence).split()[0] == sample.verdict.verdict.value


@pytest.mark.parametrize("width", [60, 80, 120])
def test_only_commands_are_wider_than_the_terminal(sample: Sample, width: int) -> None:
    """Everything fits the width, but for commands, which are never broken."""
    lines = render(sample.verdict, sample.evidence, width).splitlines()
    wide = [line.strip() for line in lines if len(line) > width]

    assert all(line.startswith(("curl ", "docker ")) for line in wide)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_commands_are_whole(samples: dict[str, Sample], width: int) -> None:
    """A finding's command is one line, whatever the width, and so is the rollback."""
    sample = samples["rollback"]
    lines = [line.strip() for line in render(sample.verdict, sample.evidence, width).splitlines()]

    assert sample.verdict.findings[0].reproduce in lines
    assert sample.verdict.rollback_command in lines


@pytest.mark.parametrize("width", [60, 80, 120])
def test_each_scenario_has_a_line(samples: dict[str, Sample], width: int) -> None:
    """A scenario's outcome, name, counts and time stand on one line, whatever the width."""
    lines = [
        " ".join(line.split())
        for line in render(samples["rollback"].verdict, samples["rollback"].evidence, width).splitlines()
    ]

    assert any(line.startswith("✗ fail csrf 1 fail, 4 pass 0.8 s") for line in lines)
    assert any(line.startswith("✓ pass rate_limiting 5 pass 1 min 11 s") for line in lines)


def test_plain_in_a_pipe(samples: dict[str, Sample]) -> None:
    """Without a terminal there is no escape sequence at all."""
    assert "\x1b" not in render(samples["rollback"].verdict, samples["rollback"].evidence)


def test_coloured_on_a_terminal(samples: dict[str, Sample]) -> None:
    """On a terminal the verdict stands in a band of its own colour."""
    file = StringIO()
    show(
        samples["rollback"].verdict,
        Console(file=file, width=80, force_terminal=True, color_system="truecolor", _environ={}),
    )

    assert "48;2;179;38;30m  NO_GO  The deployment is not good." in file.getvalue()


def test_survives_an_old_encoding(sample: Sample) -> None:
    """A terminal that knows no Unicode gets words and escapes, not a crash."""
    raw = BytesIO()
    file = TextIOWrapper(raw, encoding="ascii", errors="strict")

    show(sample.verdict, Console(file=file, width=80, _environ={}))
    file.flush()

    assert sample.verdict.verdict.value in raw.getvalue().decode("ascii")


def test_names_the_report(samples: dict[str, Sample]) -> None:
    """The last lines say where the report is, and the exit code."""
    lines = render(samples["go"].verdict, samples["go"].evidence).splitlines()

    assert lines[-2].split() == ["report", "runs/20260101T090000Z-7f3a/report.html"]
    assert lines[-1].split() == ["exit", "code", "0"]


def test_fired_trigger_says_why(samples: dict[str, Sample]) -> None:
    """A trigger that fired is shown with what made it fire; armed ones are only counted and named."""
    text = " ".join(render(samples["rollback"].verdict, samples["rollback"].evidence).split())

    assert "security-blocker fired (ROLLBACK): csrf.refuses-missing failed in csrf" in text
    assert "3 triggers armed: authentication-down" in text


def test_picture_asks_for_no_font(samples: dict[str, Sample]) -> None:
    """The picture is an SVG that fetches nothing, and is the same each time."""
    drawn = picture(samples["go"].verdict)

    assert drawn.startswith("<svg")
    assert "@font-face" not in drawn
    assert "cdn" not in drawn
    assert not re.search(r"url\((?!#)|href|@import", drawn)
    assert drawn == picture(samples["go"].verdict)
