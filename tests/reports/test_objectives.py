"""An objective that no suite of the run measures is told as such, and as no error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.published import Outcome
from reports import html, markdown, terminal

if TYPE_CHECKING:
    from tests.reports.conftest import Sample


def test_what_nobody_measured_is_no_error(samples: dict[str, Sample]) -> None:
    """Without a sample there is no sign of an error; with too few there is one."""
    sample = samples["go"]
    slo = sample.verdict.slos[0]
    for n, told in ((0, True), (12, False)):
        one = slo.model_copy(update={"n": n, "value": None, "outcome": Outcome.ERROR})
        verdict = sample.verdict.model_copy(update={"slos": (one,)})
        for report in (terminal, markdown, html):
            assert ("no suite measured it" in report.render(verdict, sample.evidence)) is told
    assert "- ttft_p95_s not evaluated: no suite measured it" in terminal.render(
        sample.verdict.model_copy(update={"slos": (slo.model_copy(update={"n": 0, "value": None}),)}), sample.evidence
    )
