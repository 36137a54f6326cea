"""The store: what is kept, counted and claimed, and for how long. Redis keeps to the same, where it is given."""

import asyncio
import socket
import time

import pytest

from target_app.store import Store, StoreDown
from target_app.stores import open_store
from target_app.stores.memory import ENTRY_BYTES, MemoryStore


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the store in this process."""
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> MemoryStore:
    """The store in this process, with a clock that is set by hand."""
    return MemoryStore(clock)


async def test_a_value_is_kept_and_dropped(store: Store) -> None:
    """What was put is given back, byte for byte, until it is dropped; what was put last counts."""
    await store.put("a", b"first", ttl_s=60)
    await store.put("a", b"\x00second\xff", ttl_s=60)

    assert await store.get("a") == b"\x00second\xff"
    assert await store.get("b") is None
    await store.drop("a")
    assert await store.get("a") is None


async def test_counts_add_up_at_once(store: Store) -> None:
    """Many who count at the same time each get a sum of their own, and none is lost."""
    sums = await asyncio.gather(*(store.count("n", 2, ttl_s=60) for _ in range(20)))

    assert sorted(sums) == list(range(2, 41, 2))
    await store.drop("n")
    assert await store.count("n", ttl_s=60) == 1


async def test_one_of_many_claims_wins(store: Store) -> None:
    """Of those who claim the same at once one gets it, and who has not cannot renew or release it."""
    claims = [store.claim("slot", bytes([number]), ttl_s=60) for number in range(10)]
    won = await asyncio.gather(*claims)
    owner = bytes([won.index(True)])

    assert sum(won) == 1
    assert await store.get("slot") == owner
    assert not await store.renew("slot", b"stranger", ttl_s=60)
    assert not await store.release("slot", b"stranger")
    assert await store.renew("slot", owner, ttl_s=60)
    assert await store.release("slot", owner)
    assert await store.claim("slot", b"next", ttl_s=60)


async def test_exactly_the_limit_passes_at_once(store: Store) -> None:
    """Of 30 at the same time ten pass; each is told how many are in, and the truth about the wait."""
    taken = await asyncio.gather(*(store.take("alice", limit=10, window_s=60) for _ in range(30)))

    assert sorted(one.used for one in taken if one.allowed) == list(range(1, 11))
    assert {one.used for one in taken if not one.allowed} == {10}
    assert all(59 < one.reset_s <= 60 for one in taken)
    assert (await store.take("bob", limit=10, window_s=60)).allowed


async def test_the_window_is_exact(store: Store) -> None:
    """Knocked at without a pause, any window lets through its three and no more, and no later than it must."""
    limit, window, ends = 3, 0.15, time.monotonic() + 1
    passed: list[tuple[float, float]] = []  # when each that passed had been asked for, and was answered
    while (asked := time.monotonic()) < ends:
        taken = await store.take("alice", limit=limit, window_s=window)
        answered = time.monotonic()
        if taken.allowed:
            passed.append((asked, answered))
        else:
            assert asked - passed[-limit][1] < window

    assert len(passed) > 2 * limit
    assert all(later[1] - sooner[0] >= window for sooner, later in zip(passed, passed[limit:], strict=False))


async def test_a_store_that_is_away_says_so() -> None:
    """Where nobody listens every question ends in StoreDown, the next ones without asking again."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = open_store(f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")
        questions = [
            away.ping(),
            away.get("a"),
            away.put("a", b"", ttl_s=1),
            away.drop("a"),
            away.count("a", ttl_s=1),
            away.claim("a", b"", ttl_s=1),
            away.renew("a", b"", ttl_s=1),
            away.release("a", b""),
            away.take("a", limit=1, window_s=1),
        ]
        for question in questions:
            with pytest.raises(StoreDown):
                await question
        await away.close()


async def test_the_store_answers(store: Store) -> None:
    """Asked whether it is there, it is."""
    await store.ping()


async def test_what_ends_is_gone(memory: MemoryStore, clock: Clock) -> None:
    """Values, claims and counts end when their seconds are over, not before; a count's run from its first amount."""
    await memory.put("value", b"1", ttl_s=10)
    await memory.claim("claim", b"me", ttl_s=10)
    await memory.count("count", ttl_s=10)
    clock.now = 9.9
    assert await memory.get("value") == b"1"
    assert not await memory.claim("claim", b"you", ttl_s=10)
    assert await memory.count("count", ttl_s=10) == 2

    clock.now = 10
    assert await memory.get("value") is None
    assert not await memory.renew("claim", b"me", ttl_s=10)
    assert await memory.claim("claim", b"you", ttl_s=10)
    assert await memory.count("count", ttl_s=10) == 1


async def test_a_renewed_claim_lives_on(memory: MemoryStore, clock: Clock) -> None:
    """A claim's seconds start again when it is renewed."""
    await memory.claim("claim", b"me", ttl_s=10)
    clock.now = 9
    await memory.renew("claim", b"me", ttl_s=10)
    clock.now = 18

    assert not await memory.claim("claim", b"you", ttl_s=10)


async def test_values_stay_within_their_room(memory: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """When room is short, the values that were used least recently go; the room that they took is free again."""
    monkeypatch.setattr(memory._values, "most", 3 * (ENTRY_BYTES + 101))
    for key in "abc":
        await memory.put(key, b"x" * 100, ttl_s=60)
    await memory.get("a")
    await memory.put("d", b"x" * 100, ttl_s=60)

    assert [await memory.get(key) is not None for key in "abcd"] == [True, False, True, True]
    for key in "abcd":
        await memory.drop(key)
    assert memory._values.weight == 0


async def test_callers_take_bounded_memory(memory: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask, so many windows are kept and no more; the busiest stay counted."""
    monkeypatch.setattr(memory._windows, "most", 3)
    for key in ("busy", "b", "c", "busy", "d", "e"):
        last = await memory.take(key, limit=3, window_s=10)

    assert last.used == 1
    assert memory._windows.entries.keys() == {"busy", "d", "e"}
    assert (await memory.take("busy", limit=3, window_s=10)).used == 3
