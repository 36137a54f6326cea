"""
Whether what the load decides is as right as it promises: simulated runs whose truth is known. Nothing is sent.

The service times of a run are drawn from a log-normal distribution with a known 95th percentile, and its failures with
a known rate. They are counted and judged as those of a real load are. A GO of a service that breaks its promise, or a
NO_GO of one that keeps it, is wrong; at 95 % confidence either may happen once in twenty runs.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import TYPE_CHECKING

from gonogo.bounds import CONFIDENCE
from gonogo.published import Outcome
from gonogo.slos import percentile_slo, share_slo
from load.histogram import SECOND_NS, Histogram, merged, packed, unpacked

if TYPE_CHECKING:
    from rich.console import Console

P95_S, RATES = (0.480, 0.495, 0.505, 0.520), (0.0005, 0.002)
LIMIT_S, LIMIT_RATE = 0.500, 0.001
SEEDS, SAMPLES, WORKERS = 25, 33_000, 4
SIGMA, Z_95 = 0.5, 1.6448536269514722
NEAR = 0.01
PERCENTILES = (0.5, 0.9, 0.95, 0.99)
RELATIVE = 0.0015


def decisions(console: Console, samples: int = SAMPLES) -> int:
    """Judge all runs, and tell; 0 when no more of them is wrong, or undecided, than may be."""
    told: dict[str, Counter[str]] = {"bad": Counter(), "good": Counter(), "far": Counter()}
    worst = 0.0
    for seed in range(SEEDS):
        for p95 in P95_S:
            for rate in RATES:
                chance = random.Random(f"{seed} {p95} {rate}")  # noqa: S311  no secret is made of it
                times = drawn(chance, p95, samples)
                whole = counted(times)
                worst = max(worst, error(whole, times))
                failed = sum(chance.random() < rate for _ in range(samples))
                verdict = judged(whole, failed, samples)
                good = p95 <= LIMIT_S and rate <= LIMIT_RATE
                told["good" if good else "bad"][verdict] += 1
                if abs(p95 / LIMIT_S - 1.0) > NEAR + 1e-9:
                    told["far"][verdict] += 1
    return concluded(console, told, worst)


def drawn(chance: random.Random, p95_s: float, samples: int) -> list[int]:
    """Service times in nanoseconds, of which 95 in a hundred are under the percentile."""
    middle = math.log(p95_s) - Z_95 * SIGMA
    return [round(chance.lognormvariate(middle, SIGMA) * SECOND_NS) for _ in range(samples)]


def counted(times: list[int]) -> Histogram:
    """The times as several workers count and send them; the same as one worker would."""
    parts = [Histogram() for _ in range(WORKERS)]
    alone = Histogram()
    for number, time_ns in enumerate(times):
        parts[number % WORKERS].record(time_ns)
        alone.record(time_ns)
    whole = merged(unpacked(packed({"http": one})) for one in parts)["http"]
    if whole.counts != alone.counts or whole.n != len(times):
        raise SystemExit("decisions: what several workers count is not what one counts")
    return whole


def error(whole: Histogram, times: list[int]) -> float:
    """By how much a percentile is off at worst, relative to the sample that it should be."""
    ordered = sorted(times)
    true = {share: ordered[math.ceil(share * len(ordered)) - 1] / SECOND_NS for share in PERCENTILES}
    return max(abs(whole.percentile(share) / value - 1.0) for share, value in true.items())


def judged(whole: Histogram, failed: int, samples: int) -> str:
    """What the two promised bounds make of a run, as the verdict's rules have it."""
    values = [value for value, count in whole.steps() for _ in range(count)]
    found = {
        percentile_slo("http_p95_s", LIMIT_S, values).outcome,
        share_slo("error_rate", LIMIT_RATE, [1.0] * failed + [0.0] * (samples - failed)).outcome,
    }
    if Outcome.FAIL in found:
        return "NO_GO"
    return "GO" if found == {Outcome.PASS} else "INCONCLUSIVE"


def concluded(console: Console, told: dict[str, Counter[str]], worst: float) -> int:
    """Tell the shares of what is wrong, and hold them against the confidence that is promised."""
    most = 1.0 - CONFIDENCE
    shares = {
        "GO of a service that breaks its promise": told["bad"]["GO"] / told["bad"].total(),
        "NO_GO of a service that keeps it": told["good"]["NO_GO"] / told["good"].total(),
        f"undecided further than {NEAR:.0%} from the bound": told["far"]["INCONCLUSIVE"] / told["far"].total(),
    }
    runs = told["bad"].total() + told["good"].total()
    console.print(
        f"{runs} simulated runs at {CONFIDENCE:.0%} confidence; good: {dict(told['good'])}, bad: {dict(told['bad'])}"
    )
    for what, share in shares.items():
        console.print(f"{'met   ' if share <= most else 'missed'} {what}: {share:.1%}, at most {most:.0%}")
    console.print(
        f"{'met   ' if worst <= RELATIVE else 'missed'} percentiles off by {worst:.3%}, at most {RELATIVE:.2%}"
    )
    return int(worst > RELATIVE or any(share > most for share in shares.values()))
