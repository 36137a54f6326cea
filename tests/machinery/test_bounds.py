"""Exact bounds, held against what is known and against chance."""

import math
import random

import pytest

from gonogo.bounds import (
    at_most,
    first_rank,
    last_rank,
    percentile_bounds,
    share_above,
    share_below,
    wanted,
    wanted_clean,
)
from gonogo.evidence import Evidence, JournalRead, Measured
from gonogo.policy import Slos
from gonogo.published import Outcome
from gonogo.slos import slos


@pytest.mark.parametrize(("k", "n"), [(0, 2995), (1, 4742), (2, 6294)])
def test_samples_for_one_in_a_thousand(k: int, n: int) -> None:
    """So many samples prove a share below one in a thousand, if so many count against it."""
    assert wanted_clean(0.001, k) == n
    assert share_below(k, n) <= 0.001 < share_below(k, n - 1)


@pytest.mark.parametrize(("k", "n", "p"), [(3, 20, 0.2), (0, 50, 0.01), (49, 50, 0.99), (7, 10, 0.5)])
def test_the_binomial_distribution(k: int, n: int, p: float) -> None:
    """The probability of so many events at most is the sum of those of each number."""
    exact = sum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k + 1))

    assert at_most(k, n, p) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(1, 10), (5, 100), (30, 33000)])
def test_bounds_of_a_share(k: int, n: int) -> None:
    """At its bounds, what was seen has just the probability that the confidence leaves."""
    assert at_most(k, n, share_below(k, n)) == pytest.approx(0.05, abs=1e-6)
    assert 1 - at_most(k - 1, n, share_above(k, n)) == pytest.approx(0.05, abs=1e-6)
    assert share_above(k, n) < k / n < share_below(k, n)


def test_nothing_and_everything() -> None:
    """Nothing seen has no lower bound, everything no upper one."""
    assert (share_above(0, 10), share_below(10, 10)) == (0.0, 1.0)
    assert (at_most(5, 5, 0.3), at_most(-1, 5, 0.3), at_most(0, 5, 0.0)) == (1.0, 0.0, 1.0)


def test_ranks_of_the_95th_percentile() -> None:
    """Of 59 samples the largest bounds the 95th percentile, of 58 none does."""
    assert (first_rank(58, 0.95), first_rank(59, 0.95), first_rank(100, 0.95)) == (59, 59, 99)
    assert last_rank(100, 0.95) == 91
    assert percentile_bounds([1.0], 0.95) == (-math.inf, math.inf)


def test_how_many_would_settle_it() -> None:
    """The number that would decide decides, if what comes is like what was seen; at the limit nothing does."""
    n = wanted(3, 100, 0.05)
    assert n is not None
    assert share_below(math.ceil(0.03 * n), n) <= 0.05
    more = wanted(8, 100, 0.05)
    assert more is not None
    assert share_above(math.floor(0.08 * more), more) > 0.05
    assert wanted(5, 100, 0.05) is None


@pytest.mark.parametrize(("true_p95", "right"), [(0.480, Outcome.PASS), (0.520, Outcome.FAIL)])
def test_a_hundred_runs_are_hardly_ever_judged_wrongly(true_p95: float, right: Outcome) -> None:
    """Of 100 seeded runs with a true 95th percentile beside the bound, 5 at most are judged the wrong way."""
    dice = random.Random(11)  # noqa: S311  no secret is made of it
    wrong = 0
    for _ in range(100):
        values = tuple(dice.expovariate(3.0 / true_p95) for _ in range(800))
        record = Measured(suite="load", scenario="one", name="http_s", values=values)
        (slo,) = slos(Evidence(journals=(JournalRead(name="load", records=(record,)),)), Slos(http_p95_s=0.5))
        wrong += slo.outcome not in {right, Outcome.ERROR}

    assert wrong <= 5
