"""How a part of a scenario ended: from what pytest says of its setup, its call and its teardown to one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from gonogo.evidence import Attempt
from gonogo.plan import scenario_id
from gonogo.trouble import OperationFailed
from gonogo.visible import ORDER_IN_LOG, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

Phase: TypeAlias = "tuple[pytest.CallInfo[None], pytest.TestReport]"
FINISHED = "finished"


class ChecksFailed(AssertionError):
    """The target failed checks of this part; the evidence has them one by one."""


def scenario_of(item: pytest.Item) -> str:
    """The scenario that a part belongs to: its file."""
    return scenario_id(item.path.stem)


def attempt(suite: str, item: pytest.Item, phases: list[Phase]) -> Attempt:
    """The record of one part's end: of its setup, its call and its teardown, the first that did not go well counts."""
    ends = [how_it_ended(call, report) for call, report in phases]
    ended, reason = next((end for end in ends if end[0] != FINISHED), (FINISHED, ""))
    function: Any = item
    title = (function.obj.__doc__ or item.name).strip().splitlines()[0]
    return Attempt.model_validate(
        {
            "suite": suite,
            "scenario": scenario_of(item),
            "title": title,
            "part": item.name,
            "ended": ended,
            "reason": reason,
            "started_at": phases[0][0].start,
            "duration_s": sum(call.duration for call, _ in phases),
        }
    )


def outcome_of(phases: list[Phase]) -> str:
    """What pytest says of a part: the first of its phases that did not pass."""
    return next((report.outcome for _, report in phases if not report.passed), "passed")


def how_it_ended(call: pytest.CallInfo[None], report: pytest.TestReport) -> tuple[str, str]:
    """Whose fault was it? Failed checks are a finished part, a failed operation stopped it, the rest is ours."""
    error = call.excinfo.value if call.excinfo else None
    if report.passed or isinstance(error, ChecksFailed):
        return FINISHED, ""
    if report.skipped:
        said = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        return "skipped", said.removeprefix("Skipped: ")
    if isinstance(error, OperationFailed):
        return "stopped", str(error)
    return "crashed", f"{type(error).__name__}: {error}" if error else str(report.longrepr)


def make_harmless(report: pytest.TestReport, redact: Callable[[str], str]) -> None:
    """Let pytest show what went wrong, and what was printed, without secrets, so that no terminal obeys it."""
    report.sections = [(title, harmless(text, redact)) for title, text in report.sections]
    if report.longrepr is None or isinstance(report.longrepr, tuple):
        return
    said = str(report.longrepr)
    shown = harmless(said, redact)
    if shown != said:
        report.longrepr = shown


def harmless(text: str, redact: Callable[[str], str]) -> str:
    """A text without secrets, that nobody obeys who shows it."""
    return visible(redact(text), ORDER_IN_LOG)
