"""Markdown stays readable while nothing of the target renders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reports.markdown import code, fence, prose, render

if TYPE_CHECKING:
    from tests.reports.conftest import Sample

SHOWN = {
    "plain": ("a write was answered 201, expected 403", "a write was answered 201, expected 403"),
    "numbers": ("first token after 0.62 s (5%)", "first token after 0.62 s (5%)"),
    "address": ("GET https://a.example/x, then stop.", "GET `https://a.example/x`, then stop."),
    "several odd words": ("said <b> @here now", "said `<b> @here` now"),
    "mention": ("@octocat", "`@octocat`"),
    "reference": ("see GH-12", "see `GH-12`"),
    "numbered": ("1. one", "`1`. one"),
    "emoji": (":tada:", "`:tada:`"),
}


@pytest.mark.parametrize(("said", "shown"), SHOWN.values(), ids=SHOWN.keys())
def test_prose(said: str, shown: str) -> None:
    """Only words that a renderer might act on become code."""
    assert prose(said) == shown


def test_code_holds_backticks() -> None:
    """A fence is longer than any run of backticks inside it."""
    assert code("a``b`") == "``` a``b` ```"
    assert fence("echo '```'") == "````sh\necho '```'\n````"


def test_sections_in_order(samples: dict[str, Sample]) -> None:
    """Conditions and findings stand before the scenarios, those before the rest."""
    text = render(samples["conditional"].verdict, samples["conditional"].evidence)
    titles = [line for line in text.splitlines() if line.startswith("## ")]

    assert titles == [
        "## Conditions",
        "## Findings",
        "## Would change if",
        "## Scenarios",
        "## Objectives",
        "## Rollback triggers",
        "## All planned checks",
        "## Facts",
    ]


def test_empty_parts_are_left_out(samples: dict[str, Sample]) -> None:
    """A run without evidence has no empty headings."""
    text = render(samples["empty"].verdict, samples["empty"].evidence)

    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Facts"]


def test_shows_the_command(samples: dict[str, Sample]) -> None:
    """A finding's command stands in a block of its own, ready to copy."""
    sample = samples["rollback"]

    assert f"```sh\n{sample.verdict.findings[0].reproduce}\n```" in render(sample.verdict, sample.evidence)
