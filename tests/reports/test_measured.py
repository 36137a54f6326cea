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

    assert chart.series == (((10.0, 100.0), (15.0, 200.0)),) * 3
    assert chart.words == (
        "95th percentile of http_s over 5 s: 100 ms at first, 200 ms at last, 200 ms at most "
        "(p50 solid, p95 dashed, p99 dotted)"
    )
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
    assert not any(math.isnan(number) for one in charts(strange) for line in one.series for at in line for number in at)


def test_reports_show_it(samples: dict[str, Sample]) -> None:
    """The page and the summary have a row for each measure."""
    sample = samples["go"]
    seen = evidence(measured("ttft_s", 1.0, {0.1: 60}), measured("ttft_s", 6.0, {0.2: 60}))

    assert "| `ttft_s` | 120 | 100.0 | 200.0 | 200.0 | 200.0 |" in markdown.render(sample.verdict, seen)
    assert html.render(sample.verdict, seen).count("<svg") == 1


def test_rates_and_failures_are_drawn() -> None:
    """How many answers came in a second, and which share failed, are told over time."""
    told = [measured("http_s", float(at), {0.1: 10 * at}) for at in (1, 2, 4)]
    wrong = [measured("request_failed", float(at), {1.0: at, 0.0: 100 - at}) for at in (1, 2, 4)]

    _, rate, share = charts(evidence(*told, *wrong))

    assert rate.words == "answers a second over 2 s: 20 at first, 20 at last, 20 at most"
    assert share.words == "requests that failed over 3 s: 1.00 % at first, 4.00 % at last, 4.00 % at most"
