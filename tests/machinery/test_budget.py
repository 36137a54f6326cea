"""Requests are paced by the target's limits. The clock is ours and moves only when someone sleeps."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.budget import Budget, Limit

AUTH = Limit(name="auth", requests=3, window_s=60, scope="address", operations=("signin", "signup"))
API = Limit(name="api", requests=5, window_s=60, scope="user", operations="*")
SITE = Limit(name="site", requests=4, window_s=10, scope="global", operations=("signin", "history"))


class World:
    """A clock, a sleep that moves it to the earliest sleeper's end, and what was said."""

    def __init__(self, overslept: float = 0.0) -> None:
        self.now = 1000.0
        self.overslept = overslept
        self.said: list[str] = []
        self.sent: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the others go first, then be there."""
        until = self.now + seconds + self.overslept
        await asyncio.sleep(0)
        self.now = max(self.now, until)

    def budget(self, *limits: Limit, unlimited: tuple[str, ...] = (), margin_s: float = 0.0) -> Budget:
        return Budget(limits, self.clock, self.sleep, self.said.append, unlimited=unlimited, margin_s=margin_s)

    async def send(self, budget: Budget, operation: str, user: str = "ann", address: str = "127.0.0.1") -> float:
        """Take a place and note when it came."""
        await budget.take(operation, user, address)
        self.sent.append(self.now)
        return self.now - 1000


@pytest.fixture
def world() -> World:
    """A world at rest."""
    return World()


async def test_waits_just_until_the_window_has_room(world: World) -> None:
    """What fits goes at once; the next waits until the first has left the window."""
    budget = world.budget(AUTH)
    assert [await world.send(budget, "signin") for _ in range(3)] == [0, 0, 0]
    world.now += 20
    assert await world.send(budget, "signup") == 60


async def test_the_margin_is_added(world: World) -> None:
    """A wait is longer than the window by the margin, for requests that arrive at another pace than they leave."""
    budget = world.budget(AUTH, margin_s=0.5)
    assert [await world.send(budget, "signin") for _ in range(4)] == [0, 0, 0, 60.5]


async def test_says_what_it_waits_for(world: World) -> None:
    """A long wait is announced with its length, the limit's name and both its numbers."""
    budget = world.budget(AUTH)
    for _ in range(3):
        await world.send(budget, "signin")
    world.now += 19.5
    await world.send(budget, "signin")
    assert world.said == ["waiting 41 s for the target's auth limit (3 in 60 s)"]


async def test_a_short_wait_is_not_worth_a_word(world: World) -> None:
    """A wait of a second at most is not announced."""
    budget = world.budget(AUTH)
    for _ in range(3):
        await world.send(budget, "signin")
    world.now += 59
    assert await world.send(budget, "signin") == 60
    assert world.said == []


@pytest.mark.parametrize(
    ("limit", "operation", "user", "address", "waits"),
    [
        (AUTH, "signin", "bob", "127.0.0.1", True),
        (AUTH, "signin", "ann", "127.0.0.2", False),
        (AUTH, "history", "ann", "127.0.0.1", False),
        (API, "history", "ann", "127.0.0.2", True),
        (API, "history", "bob", "127.0.0.1", False),
        (SITE, "history", "bob", "127.0.0.2", True),
    ],
)
async def test_scope(world: World, limit: Limit, operation: str, user: str, address: str, waits: bool) -> None:  # noqa: FBT001  a table's column
    """Each user, each address, or all together have a window, as the limit's scope says."""
    budget = world.budget(limit)
    for _ in range(limit.requests):
        await world.send(budget, "signin")
    assert (await world.send(budget, operation, user, address) > 0) is waits


async def test_the_anonymous_count_by_address(world: World) -> None:
    """Who is not signed in has a window by address in a limit by user."""
    budget = world.budget(API)
    for _ in range(5):
        await world.send(budget, "plans", user="")
    assert await world.send(budget, "plans", user="", address="127.0.0.2") == 0
    assert await world.send(budget, "plans", user="") == 60


def test_limit_for(world: World) -> None:
    """An operation that a limit names is not counted by the limit on everything, nor is one that is unlimited."""
    budget = world.budget(API, AUTH, unlimited=("health",))
    assert budget.limit_for("signin") == AUTH
    assert budget.limit_for("history") == API
    assert budget.limit_for("health") is None


def test_the_slowest_limit_is_told(world: World) -> None:
    """Where several limits count an operation, the one with the fewest requests a second is told."""
    assert world.budget(SITE, AUTH).limit_for("signin") == AUTH


async def test_the_unlimited_never_wait(world: World) -> None:
    """An operation that no limit counts goes at once, and takes nobody's place."""
    budget = world.budget(API, unlimited=("health",))
    assert [await world.send(budget, "health") for _ in range(20)] == [0] * 20
    assert await world.send(budget, "history") == 0


async def test_a_recorded_burst_counts(world: World) -> None:
    """Requests that were sent on purpose without asking make the next one wait, without waiting themselves."""
    budget = world.budget(API)
    for _ in range(8):
        budget.record("history", "ann", "127.0.0.1")
    assert await world.send(budget, "history") == 60


async def test_all_limits_of_an_operation_hold(world: World) -> None:
    """A request waits until every limit that counts it has room."""
    budget = world.budget(SITE, AUTH)
    for _ in range(3):
        await world.send(budget, "signin", address="127.0.0.1")
    assert await world.send(budget, "signin", address="127.0.0.2") == 0
    assert await world.send(budget, "history") == 10
    assert await world.send(budget, "signin", address="127.0.0.1") == 60


async def test_a_place_far_ahead_holds_nobody_up(world: World) -> None:
    """Who waits for a limit of their own does not hold up others in the limit that they share."""
    budget = world.budget(SITE, AUTH)
    for _ in range(3):
        await world.send(budget, "signin", address="127.0.0.1")
    blocked = asyncio.create_task(budget.take("signin", "ann", "127.0.0.1"))
    await asyncio.sleep(0)
    assert await world.send(budget, "history") == 0
    await blocked


async def test_a_cancelled_wait_gives_its_place_back(world: World) -> None:
    """Whoever is cancelled while waiting leaves no trace."""

    async def never(_: float) -> None:
        await asyncio.Event().wait()

    budget = Budget([AUTH], world.clock, never, margin_s=0)
    for _ in range(3):
        budget.record("signin", "ann", "127.0.0.1")
    waiting = asyncio.create_task(budget.take("signin", "ann", "127.0.0.1"))
    await asyncio.sleep(0)
    assert len(budget._windows["auth", "127.0.0.1"].reserved) == 1
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert budget._windows["auth", "127.0.0.1"].reserved == []


@given(
    count=st.integers(1, 25),
    requests=st.integers(1, 6),
    overslept=st.sampled_from([0.0, 0.3, 7.0]),
    bursts=st.integers(0, 3),
)
async def test_no_window_ever_holds_too_many(count: int, requests: int, overslept: float, bursts: int) -> None:
    """However many ask at once, and however late they wake, no window has more requests than the limit."""
    world = World(overslept)
    budget = world.budget(Limit(name="x", requests=requests, window_s=10, scope="global", operations="*"))
    for _ in range(min(bursts, requests)):
        budget.record("history", "ann", "")
        world.sent.append(world.now)
    await asyncio.gather(*(world.send(budget, "history", user=str(number)) for number in range(count)))
    assert len(world.sent) == count + min(bursts, requests)
    assert world.sent == sorted(world.sent)
    assert all(later >= first + 10 for first, later in zip(world.sent, world.sent[requests:], strict=False))


async def test_the_wait_is_no_longer_than_needed(world: World) -> None:
    """Many who ask at once go in groups of the limit's size, one window after the other."""
    budget = world.budget(API)
    await asyncio.gather(*(world.send(budget, "history") for _ in range(15)))
    starts = sorted(set(world.sent))
    assert [world.sent.count(start) for start in starts] == [5, 5, 5]
    assert [later - start for start, later in pairwise(starts)] == [60, 60]


async def test_spent(world: World) -> None:
    """What counts against a limit just now is what was sent in the window, by whoever shares it."""
    budget = world.budget(AUTH, margin_s=0.5)
    assert budget.spent(AUTH, "ann", "127.0.0.1") == 0
    await world.send(budget, "signin", user="ann")
    world.now += 30
    await world.send(budget, "signup", user="bob")
    assert budget.spent(AUTH, "ann", "127.0.0.1") == 2
    assert budget.spent(AUTH, "ann", "127.0.0.2") == 0
    world.now += 30
    assert budget.spent(AUTH, "ann", "127.0.0.1") == 1


async def test_old_requests_are_forgotten(world: World) -> None:
    """The log holds no more than a window of requests."""
    budget = world.budget(API)
    for _ in range(50):
        await world.send(budget, "history")
    assert len(budget._windows["api", "ann"].sent) <= 5


async def test_paces_by_the_real_clock_unless_told_otherwise() -> None:
    """Without a clock of one's own the budget waits for real."""
    budget = Budget([Limit(name="x", requests=1, window_s=0.02, scope="global", operations="*")], margin_s=0)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(3):
        await budget.take("history", "", "")
    assert loop.time() - began >= 0.04


async def test_what_was_not_sent_is_given_back(world: World) -> None:
    """A request that was counted and not sent after all leaves its place to another."""
    budget = world.budget(API)
    for _ in range(5):
        await world.send(budget, "history")
    budget.give_back("history", "ann", "127.0.0.1")
    budget.give_back("history", "bob", "127.0.0.1")

    assert budget.spent(API, "ann", "127.0.0.1") == 4
    assert budget.spent(API, "bob", "127.0.0.1") == 0
    assert await world.send(budget, "history") == 0.0


async def test_a_limit_holds_until_the_oldest_request_leaves(world: World) -> None:
    """A spent limit is sure to refuse only while everything that spent it is in the window."""
    budget = world.budget(AUTH)
    assert not budget.holds(AUTH, "ann", "127.0.0.1")
    await world.send(budget, "signin", user="ann")
    assert budget.holds(AUTH, "ann", "127.0.0.1")
    world.now += AUTH.window_s
    assert not budget.holds(AUTH, "ann", "127.0.0.1")
