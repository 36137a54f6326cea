"""Numbers against their bounds."""

import math

import pytest

from gonogo.evidence import Evidence, Fact, JournalRead, Measured
from gonogo.policy import Goodput, Slos
from gonogo.published import Outcome
from gonogo.slos import p95, samples, share_at_least, slos


def measured(name: str, *values: float) -> Evidence:
    """Evidence with samples of one SLI."""
    record = Measured(suite="smoke", scenario="chat", name=name, values=values)
    return Evidence(journals=(JournalRead(name="smoke", records=(record, record)),))


@pytest.mark.parametrize(("n", "expected"), [(1, 1), (20, 19), (100, 95), (101, 96)])
def test_p95_was_really_seen(n: int, expected: int) -> None:
    """The 95th percentile is the sample at the nearest rank, in whatever order they came."""
    assert p95([float(number) for number in range(n, 0, -1)]) == expected


@pytest.mark.parametrize(("failed", "n", "expected"), [(0, 60, 0.0), (6, 60, 0.0534), (60, 60, 0.957)])
def test_lower_bound(failed: int, n: int, expected: float) -> None:
    """The lower bound of a share is the one-sided Wilson bound at 95 %."""
    assert share_at_least([1.0] * failed + [0.0] * (n - failed)) == pytest.approx(expected, abs=0.001)


def test_samples_of_a_suite() -> None:
    """Samples of all records come together, those of another suite or name do not."""
    evidence = measured("http_s", 1.0, 2.0)

    assert samples(evidence, "http_s") == (1.0, 2.0, 1.0, 2.0)
    assert samples(evidence, "http_s", "load") == ()
    assert samples(evidence, "ttft_s") == ()


@pytest.mark.parametrize(
    ("values", "outcome", "value"),
    [
        ((0.5,) * 30, Outcome.PASS, 0.5),
        ((0.5,) * 29, Outcome.ERROR, 0.5),
        ((0.1,) * 100 + (0.6,) * 5, Outcome.ERROR, 0.1),
        ((0.1,) * 100 + (0.6,) * 12, Outcome.FAIL, 0.6),
        ((0.501,) * 15, Outcome.FAIL, 0.501),
        ((0.1,) * 14, Outcome.ERROR, None),
        ((0.1,) * 14 + (math.nan,), Outcome.ERROR, None),
        ((math.inf,) * 15, Outcome.FAIL, None),
    ],
)
def test_bound(values: tuple[float, ...], outcome: Outcome, value: float | None) -> None:
    """A number is met or breached where its samples prove it, else undecided, as with few samples or what is none."""
    (slo,) = slos(measured("http_s", *values), Slos(http_p95_s=0.5))

    assert (slo.outcome, slo.value, slo.n) == (outcome, value, 2 * len(values))


def test_error_rate() -> None:
    """The share of failed requests is held against its bound."""
    (slo,) = slos(measured("request_failed", 1.0, *[0.0] * 19), Slos(error_rate=0.005))

    assert (slo.name, slo.value, slo.outcome) == ("error_rate", 0.05, Outcome.FAIL)


@pytest.mark.parametrize(
    ("wrong", "n", "outcome", "settles"),
    [(0, 2995, Outcome.PASS, None), (0, 2994, Outcome.ERROR, 2995), (9, 3000, Outcome.FAIL, None)],
)
def test_share(wrong: int, n: int, outcome: Outcome, settles: int | None) -> None:
    """A share below one in a thousand wants 2,995 clean samples; with fewer, that number is told."""
    counted = Measured(suite="load", scenario="one", name="stream_broken", values=(1.0, 0.0), counts=(wrong, n - wrong))
    evidence = Evidence(journals=(JournalRead(name="load", records=(counted,)),))
    (slo,) = slos(evidence, Slos(complete=0.999))

    assert (slo.name, slo.outcome, slo.settles, slo.n) == ("complete", outcome, settles, n)
    assert slo.at_least
    assert slo.value == pytest.approx(1 - wrong / n)


def test_goodput() -> None:
    """The share of good answers is held against its lower bound; who measured too slowly knows nothing of it."""
    counted = Measured(suite="load", scenario="one", name="stream_not_good", values=(1.0, 0.0), counts=(20, 980))
    promised = Slos(goodput=Goodput(share=0.95, ttft_s=1.0))
    (slo,) = slos(Evidence(journals=(JournalRead(name="load", records=(counted,)),)), promised)
    assert (slo.name, slo.value, slo.limit, slo.outcome, slo.at_least) == ("goodput", 0.98, 0.95, Outcome.PASS, True)

    late = Fact(name="load:generator", state="unknown", detail="the loop lagged")
    (slo,) = slos(Evidence(journals=(JournalRead(name="load", records=(counted, late)),)), promised)
    assert (slo.outcome, slo.value) == (Outcome.ERROR, 0.98)


def test_a_slow_generator_knows_nothing_of_latencies() -> None:
    """Where the generator says that it was too slow, no latency is met or breached."""
    fact = Fact(name="load:generator", state="unknown", detail="the loop lagged")
    records = (Measured(suite="load", scenario="one", name="http_s", values=(9.0,) * 100), fact)
    (slo,) = slos(Evidence(journals=(JournalRead(name="load", records=records),)), Slos(http_p95_s=0.5))

    assert slo.outcome is Outcome.ERROR


def test_nothing_promised() -> None:
    """Where nothing is promised, nothing is published."""
    assert slos(measured("http_s", 1.0), Slos()) == ()


def in_stages(name: str, *stages: tuple[float, ...]) -> Evidence:
    """Evidence with samples of one SLI that came in several stages."""
    whole = tuple(value for stage in stages for value in stage)
    told = {name: whole, **{f"stage{number}:{name}": stage for number, stage in enumerate(stages, 1)}}
    records = tuple(Measured(suite="load", scenario="under-load", name=one, values=told[one]) for one in told)
    return Evidence(journals=(JournalRead(name="load", records=records),))


@pytest.mark.parametrize(
    ("last", "outcome", "value", "n"),
    [
        ((0.1,) * 60, Outcome.PASS, 0.1, 1060),
        ((0.1,) * 50 + (0.6,) * 10, Outcome.FAIL, 0.6, 60),
        ((0.1,) * 52 + (0.6,) * 8, Outcome.FAIL, 0.6, 60),
        ((0.1,) * 53 + (0.6,) * 7, Outcome.PASS, 0.1, 1060),
        ((0.6,), Outcome.PASS, 0.1, 1001),
    ],
)
def test_a_stage(last: tuple[float, ...], outcome: Outcome, value: float, n: int) -> None:
    """What is breached for certain in one stage is breached, whatever the others say; else the whole counts."""
    (slo,) = slos(in_stages("http_s", (0.1,) * 1000, last), Slos(http_p95_s=0.5))
    assert (slo.outcome, slo.value, slo.n) == (outcome, value, n)


def test_a_stage_with_failures() -> None:
    """Also a share is held against its bound in each stage, from whichever side it is promised."""
    stages = ((0.0,) * 4000, (1.0,) * 4 + (0.0,) * 96)
    (rate,) = slos(in_stages("request_failed", *stages), Slos(error_rate=0.01))
    (whole,) = slos(in_stages("stream_broken", *stages), Slos(complete=0.99))
    assert (rate.outcome, rate.value, rate.n) == (Outcome.FAIL, 0.04, 100)
    assert (whole.outcome, whole.value, whole.n) == (Outcome.FAIL, 0.96, 100)


def test_a_stage_of_a_slow_generator() -> None:
    """Who measured too slowly knows nothing of a stage's latencies either."""
    evidence = in_stages("http_s", (0.1,) * 1000, (0.6,) * 60)
    slow = JournalRead(name="slow", records=(Fact(name="load:generator", state="unknown", detail="", at=0.0),))
    (slo,) = slos(Evidence(journals=(*evidence.journals, slow)), Slos(http_p95_s=0.5))
    assert slo.outcome is Outcome.ERROR
