"""The verdict in ten lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo.evidence import Evidence
from gonogo.explain import LONGEST, explain
from gonogo.policy import Policy
from gonogo.verdict import judge

if TYPE_CHECKING:
    from tests.verdict.conftest import Story


def test_no_go(well: Story) -> None:
    """A NO_GO is explained by its rule, its check, what would change it, and the action with its trigger."""
    assert explain(well.fail("csrf.needs-token", "200 without a token").verdict).splitlines() == [
        "NO_GO: reference at https://127.0.0.1:8443",
        "Rule 2: a blocker failed or was flaky",
        "because: blocker check csrf.needs-token failed in csrf: 200 without a token",
        "it changes: if check csrf.needs-token passes in csrf",
        "Action: ROLLBACK (fired: security-blocker)",
    ]


def test_conditional_go(well: Story) -> None:
    """A conditional GO says so, and how it becomes unconditional."""
    text = explain(well.fail("headers.csp").verdict)

    assert text.startswith("GO with conditions: reference")
    assert "it changes: to an unconditional GO if check headers.csp passes in security-headers" in text


def test_ten_lines_at_most(well: Story) -> None:
    """However much is wrong, ten lines say it, and how much more there is."""
    story = well.without(lambda one: getattr(one, "kind", "") in {"checked", "fact"})

    for verdict in (story.verdict, judge(Evidence(), Policy(), None, 0.0)):
        text = explain(verdict)
        assert len(text.splitlines()) <= 10
        assert " more)" in text


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "one\ntwo\r\nthree", "\u202eback", "x" * 10_000, "\x9b2J"])
def test_hostile_words(well: Story, hostile: str) -> None:
    """What the target said cannot break a line, colour it, turn it around or fill the screen."""
    text = explain(well.fail("csrf.needs-token", hostile).verdict)

    assert len(text.splitlines()) == 5
    assert all(line.isprintable() and len(line) <= LONGEST + 1 for line in text.split("\n"))
