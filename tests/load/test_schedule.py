"""Schedules are open, seeded, and count what they skip."""

import random
from itertools import pairwise
from typing import Literal

import pytest

from load.schedule import SECOND_NS, Schedule

Pacing = Literal["staggered", "poisson", "closed"]


def made(pacing: Pacing = "poisson", number: int = 3, seed: int = 1, most_behind_s: float = 1000.0) -> Schedule:
    """A schedule that begins at 0, with an action a second."""
    return Schedule(number=number, every_s=1.0, pacing=pacing, seed=seed, began_ns=0, most_behind_s=most_behind_s)


@pytest.mark.parametrize("pacing", ["staggered", "poisson"])
def test_it_does_not_wait_for_the_target(pacing: Pacing) -> None:
    """The slots are the same whether they are taken in time or late."""
    prompt, late = made(pacing), made(pacing)
    slots = [prompt.next(0) for _ in range(50)]

    assert [late.next(60 * SECOND_NS) for _ in range(50)] == slots
    assert slots == sorted(slots)


def test_the_seed_decides() -> None:
    """The same seed and person give the same slots, another seed or person does not."""
    first = [made().next(0) for _ in range(1)]

    assert [made().next(0)] == first
    assert [made(seed=2).next(0)] != first
    assert [made(number=4).next(0)] != first


def test_the_mean_is_as_asked() -> None:
    """A thousand slots with a mean of a second take about a thousand seconds."""
    one = made()
    last = [one.next(0) for _ in range(1000)][-1]

    assert 900 < last / SECOND_NS < 1100


def test_staggered_people_do_not_meet() -> None:
    """A hundred people's first slots are spread evenly over the interval."""
    phases = sorted(made("staggered", number).next(0) / SECOND_NS for number in range(100))
    gaps = [later - first for first, later in pairwise(phases)]

    assert max(gaps) < 0.02


def test_who_falls_too_far_behind_skips_slots_that_are_counted() -> None:
    """Slots further behind than allowed are skipped and counted; none is lost without a word."""
    one = made("staggered", number=0, most_behind_s=10.0)
    slots = [one.next(30 * SECOND_NS)]

    assert slots[0] == 20 * SECOND_NS
    assert one.missed == 20


def test_the_closed_loop_has_no_backlog() -> None:
    """In the closed loop the next action is always ahead."""
    one = made("closed")

    assert all(one.next(now) >= now for now in (0, 5 * SECOND_NS, 50 * SECOND_NS))
    assert one.left_until(10**15) == 0


def test_a_freeze_is_felt_by_whom_it_hit() -> None:
    """With a freeze of 2 s, latencies from the intended start are those of a full oracle, within 2 %."""
    frozen = (10.0, 12.0)
    dice = random.Random(5)  # noqa: S311  no secret is made of it
    oracle: list[float] = []
    ours: list[float] = []
    for number in range(100):
        one, free = made("poisson", number), 0.0
        for _ in range(20):
            intended = one.next(0) / SECOND_NS
            service = dice.uniform(0.04, 0.06)
            done = service + (frozen[1] if frozen[0] <= intended < frozen[1] else intended)
            oracle.append(done - intended)
            start = max(intended, free)  # one at a time, as a person with one connection
            ended = service + (frozen[1] if frozen[0] <= start < frozen[1] else start)
            ours.append(ended - intended)
            free = min(ended, intended + 0.06)  # the next action does not wait for this one
    share = [sum(value > 0.5 for value in one) / len(one) for one in (oracle, ours)]
    p95 = [sorted(one)[int(0.95 * len(one))] for one in (oracle, ours)]

    assert share[1] == pytest.approx(share[0], rel=0.02)
    assert p95[1] == pytest.approx(p95[0], rel=0.02)
