"""The search for the rate at which a promised bound breaks finds it, and says what it knows."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest

from gonogo.policy import Goodput, Slos
from load.capacity import Counted, Search, Step, step_of
from load.climb import climb, through
from load.histogram import Histogram
from load.profiles import Stage

SLO = Slos(
    ttft_p95_s=1.0, http_p95_s=0.5, error_rate=0.01, complete=0.99, goodput=Goodput(share=0.9, ttft_s=1.0, gap_s=1.0)
)
SECOND = 1_000_000_000


def step(users: int, broke: str = "", slow: str = "") -> Step:
    """A step at which this broke."""
    parts = {"broke": (broke,) if broke else (), "slow": (slow,) if slow else ()}
    return Step(users=users, rate_s=users / 2, ttft_p95_s=0.1, http_p95_s=0.05, failed=0.0, **parts)


def searched(breaks_at: int, most: int = 400) -> Search:
    """A search among people of whom so many are too many."""
    search = Search(first=25, most=most)
    while search.users:
        search.take(step(search.users, "http_p95_s 0.9 > 0.5" if search.users >= breaks_at else ""))
    return search


@pytest.mark.parametrize("breaks_at", [26, 60, 111, 250, 399])
def test_it_comes_close(breaks_at: int) -> None:
    """What held and what broke lie on both sides of the breaking point, and close together."""
    found = searched(breaks_at)
    assert found.held is not None
    assert found.broke is not None
    assert found.held.users < breaks_at <= found.broke.users
    assert found.broke.users - found.held.users <= max(5, 0.1 * found.held.users)
    assert len(found.steps) <= 9


def test_what_is_said() -> None:
    """What was found is one sentence, also where nothing broke, or everything."""
    assert searched(1000).told().startswith("nothing broke up to 400 people, 200.0 requests/s")
    assert [one.users for one in searched(1000).steps] == [25, 50, 100, 200, 400]
    assert searched(1).told() == "held with nobody, and not with 25 at 12.5 requests/s: http_p95_s 0.9 > 0.5"
    assert searched(40).told().startswith("held with 37 people at 18.5 requests/s, and not with 40")
    assert Search(first=25, most=10).users == 10


def test_a_slow_generator_is_nobodys_breaking_point() -> None:
    """Where the generator could not keep up the search ends, and says that it was not the target."""
    search = Search(first=5, most=400)
    search.take(step(5))
    search.take(step(10, slow="the loop lagged 90 ms behind"))
    assert search.users == 0
    assert "the generator was too slow: the loop lagged 90 ms behind" in search.told()


def test_what_is_provoked_is_not_judged() -> None:
    """What is judged ends with the last step before one broke, also where later ones hold."""
    search = Search(first=25, most=400)
    moments = [counted(10, n) for n in (1, 2, 3, 4)]
    for moment, broke in zip(moments, ("", "", "http_p95_s 0.9 > 0.5", ""), strict=True):
        search.take(step(search.users, broke), moment)
    assert search.good is moments[1]
    at_once = Search(first=25, most=400)
    at_once.take(step(25, "http_p95_s 0.9 > 0.5"), moments[0])
    assert at_once.good is moments[0]


def test_few_people_while_the_target_rests() -> None:
    """After too much there are as few people as at first, until the search goes on."""
    search = Search(first=25, most=400)
    search.take(step(25))
    search.resting = True
    assert (search.people, search.users) == (25, 50)
    search.resting = False
    assert search.people == 50


def counted(ms: int, n: int, **counts: int) -> Counted:
    """So many calls and first tokens of so many milliseconds, and what else was counted."""
    one = Histogram()
    for _ in range(n):
        one.record(ms * SECOND // 1000)
    watched = Histogram()
    watched.record(0)
    found = Counter({name.replace("_of_", ":"): number for name, number in counts.items()})
    return Counted(histograms={"ttft": one, "http": one, "loop_lag": watched}, counts=found)


def test_a_step_is_what_came_in_it() -> None:
    """A step counts what came since it began, and says which bounds broke for certain."""
    before = counted(2000, 100, chats=50, calls=50)
    after = Counted(
        histograms={name: Histogram(one.counts) for name, one in before.histograms.items()}, counts=before.counts.copy()
    )
    for name in ("ttft", "http"):
        for _ in range(200):
            after.histograms[name].record(SECOND * 6 // 10)
    after.counts.update({"chats": 100, "calls": 100, "broken:cut": 9, "not_good": 30})
    found = step_of(40, 20.0, after.since(before), SLO)
    assert (found.users, found.rate_s) == (40, 10.0)
    assert found.ttft_p95_s == pytest.approx(0.6, rel=0.002)
    assert [one.split()[0].rstrip(":") for one in found.broke] == ["http_p95_s", "error_rate", "complete", "goodput"]
    assert "40 people, 10.0 requests/s: TTFT p95 600 ms" in str(found)


def test_a_few_samples_break_nothing() -> None:
    """What its samples do not prove is not broken."""
    few = counted(2000, 1, chats=10, calls=10, broken_of_cut=1).since(counted(0, 0))
    assert step_of(1, 1.0, few, Slos(http_p95_s=0.5, complete=0.99)).broke == ()


class Target:
    """A target that counts a second's calls whenever somebody sleeps, slow for more than so many people."""

    def __init__(self, search: Search, breaks_at: int, gets_over_it: bool) -> None:  # noqa: FBT001  a table's column
        self.search, self.breaks_at, self.gets_over_it = search, breaks_at, gets_over_it
        self.now = counted(0, 0)
        self.overdone = False

    def sleep(self, seconds: float) -> None:
        """Let some time pass."""
        slow = self.search.people >= self.breaks_at
        self.overdone = self.overdone or slow
        slow = slow or (self.overdone and not self.gets_over_it)
        new = counted(2000 if slow else 10, int(seconds * self.search.people))
        sent = sum(one.n for name, one in new.histograms.items() if name == "http")
        histograms = {name: Histogram(one.counts) for name, one in self.now.histograms.items()}
        for name, one in new.histograms.items():
            histograms[name].add(one)
        self.now = Counted(histograms, Counter(calls=self.now.counts["calls"] + sent))


@pytest.mark.parametrize(("gets_over_it", "steps"), [(True, [25, 50, 100, 75, 62]), (False, [25, 50, 100])])
def test_a_climb(
    gets_over_it: bool,  # noqa: FBT001  a table's column
    steps: list[int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each step is taken and told; between two the target rests, and one that does not get over it ends the search."""
    search = Search(first=25, most=400)
    target = Target(search, 61, gets_over_it)
    ticks = count(0, 20)
    monkeypatch.setattr("load.climb.time.monotonic", lambda: next(ticks))
    climb(search, 20.0, Slos(http_p95_s=0.5), lambda: target.now, target.sleep)
    assert [one.users for one in search.steps][: len(steps)] == steps
    assert ("did not get over it" in capsys.readouterr().err) is not gets_over_it
    assert search.held is not None
    assert search.held.users == (59 if gets_over_it else 50)


def test_stages_one_by_one() -> None:
    """Each stage is told apart: its people, and what came in its time."""
    search = Search(first=10, most=400)
    target = Target(search, 61, gets_over_it=True)
    told: list[tuple[int, Step, int]] = []

    def tell(number: int, found: Step, new: Counted) -> None:
        told.append((number, found, new.counts["calls"]))
        search.users = 100

    stages = (Stage(users=10, seconds=30), Stage(users=100, seconds=20))
    through(stages, Slos(http_p95_s=0.5), lambda: target.now, tell, target.sleep)
    assert [(number, one.users, sent) for number, one, sent in told] == [(1, 10, 300), (2, 100, 2000)]
    assert [bool(one.broke) for _, one, _ in told] == [False, True]
