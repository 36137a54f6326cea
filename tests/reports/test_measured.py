"""What was measured is shown as distributions and over time, whatever the evidence holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from gonogo.evidence import Evidence, JournalRead, Measured
from reports import html, markdown
from reports.measured import charts, distributions

if TYPE_CHECKING:
    from tests.reports.conftest import Sample


def evidence(*records: Measured) -> Evidence:
    """Evidence of the load suite."""
    return Evidence(journals=(JournalRead(name="load", records=records),))


def measured(name: str, at: float, counts: dict[float, int]) -> Measured:
    """Counted samples up to a moment."""
    values = tuple(counts)
    return Measured(suite="load", scenario="under-load", name=name, values=values, counts=tuple(counts.values()), at=at)


def test_distributions_add_up() -> None:
    """The samples of all records together make a measure's percentiles; shares are no durations."""
    found = distributions(
        evidence(
            measured("itl_s", 1.0, {0.02: 3}),
            measured("ttft_s", 1.0, {0.1: 90, 0.5: 4}),
            measured("ttft_s", 2.0, {0.5: 6}),
            measured("request_failed", 2.0, {0.0: 100}),
        )
    )

    assert [one.name for one in found] == ["ttft_s", "itl_s"]
    assert (found[0].n, found[0].p50, found[0].p95, found[0].largest) == (100, 100.0, 500.0, 500.0)


def test_a_chart_tells_in_words_what_it_draws() -> None:
    """A promised duration that was measured more than once is drawn, and told."""
    (chart,) = charts(evidence(measured("http_s", 10.0, {0.1: 5}), measured("http_s", 15.0, {0.2: 5})))

    assert chart.points == "6.0,60.0 634.0,6.0"
    assert chart.words == "95th percentile of http_s over 5 s: 100 ms at first, 200 ms at last, 200 ms at most"
    assert charts(evidence(measured("http_s", 10.0, {0.1: 5}))) == ()


def test_what_the_target_says_is_drawn() -> None:
    """A figure of the target that changed is drawn, and is no duration of ours; one that stood still says nothing."""
    told = [measured("target:metrics:queue_s", float(at), {at / 4: 1}) for at in (1, 2, 3)]
    still = [measured("target:metrics:threads", float(at), {7.0: 1}) for at in (1, 2, 3)]
    (chart,) = charts(evidence(*told, *still))

    assert chart.words == "the target's metrics:queue_s over 2 s: 0.25 at first, 0.75 at last, 0.75 at most"
    assert distributions(evidence(*told)) == ()


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_strange_numbers_break_nothing(value: float) -> None:
    """What is no finite number is not shown, and breaks no report."""
    strange = evidence(measured("http_s", value, {value: 5, 0.1: 1}), measured("http_s", 1.0, {0.1: 1}))

    assert distributions(strange)[0].largest == 100.0
    assert "nan" not in "".join(chart.points for chart in charts(strange))


def test_reports_show_it(samples: dict[str, Sample]) -> None:
    """The page and the summary have a row for each measure."""
    sample = samples["go"]
    seen = evidence(measured("ttft_s", 1.0, {0.1: 60}), measured("ttft_s", 6.0, {0.2: 60}))

    assert "| `ttft_s` | 120 | 100.0 | 200.0 | 200.0 | 200.0 |" in markdown.render(sample.verdict, seen)
    assert '<polyline points="' in html.render(sample.verdict, seen)
