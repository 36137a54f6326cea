"""
Annotations for GitHub, ten at most: print this file in a step, and each line becomes one.

The lines are orders to the runner on purpose, and the only ones: nothing of the target can add another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Severity
from gonogo.published import Decision, Outcome
from reports.headline import findings, headline
from reports.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.evidence import Evidence
    from gonogo.published import Finding, Verdict

MOST = 10
SHOWN = 500
LEVELS = {
    Severity.BLOCKER: "error",
    Severity.CRITICAL: "error",
    Severity.MAJOR: "warning",
    Severity.MINOR: "notice",
}
IN_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_TITLE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(verdict: Verdict, evidence: Evidence) -> str:
    """Render `github-annotations.txt`: the verdict, then the findings, what decides first."""
    return "".join(f"{line}\n" for line in lines(verdict, evidence))


def lines(verdict: Verdict, evidence: Evidence) -> Iterator[str]:
    """The verdict, and as many findings as there is room for; the last says how many more there are."""
    top, found = headline(verdict, evidence), findings(verdict)
    level = "notice" if verdict.verdict is Decision.GO else "error"
    room = MOST - 1 if len(found) < MOST else MOST - 2
    yield order(level, f"{top.verdict}, {top.action}", f"{top.lead} {top.rule}. {top.executed}.")
    for one in found[:room]:
        yield order(
            level_of(one), f"{one.outcome} {one.id} {one.check}", f"{one.message} ({one.suite}, {one.scenario})"
        )
    if found[room:]:
        yield order("notice", "more findings", f"{len(found) - room} more findings: see the report")


def level_of(found: Finding) -> str:
    """How loud a finding is: one that decides nothing is never loud."""
    return "notice" if found.shadow or found.outcome is Outcome.WAIVED else LEVELS[found.severity]


def order(level: str, title: str, text: str) -> str:
    """One order to the runner, its title and text escaped as it wants them."""
    shown = one_line(text, SHOWN).translate(IN_TEXT)
    return f"::{level} title={one_line(title, SHOWN).translate(IN_TITLE)}::{shown}"
