"""Slots: one answer at a time in a conversation, over all workers; each can be stopped from any of them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from target_app.chat.answer import Answer, written
from target_app.chat.live import Live
from target_app.chat.provider import Said, ask_of
from target_app.chat.slots import Busy, Slots
from target_app.store import Store, StoreDown
from target_app.stores.memory import MemoryStore


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("target_app.chat.slots.BEAT_S", 0.01)


@pytest.fixture
async def one(store: Store) -> Slots:
    """The slots as one worker sees them."""
    return Slots(store)


@pytest.fixture
async def other(store: Store) -> Slots:
    """The slots as another worker sees them, in the same store."""
    return Slots(store)


async def silence() -> AsyncGenerator[Said, None]:
    """A model that never says a word."""
    await asyncio.Event().wait()
    yield ""


async def keep(answer: Answer) -> None:
    """Keep nothing."""
    _ = answer


async def begin(slots: Slots) -> Live:
    """Begin an answer that somebody hears."""
    await slots.take("talk", "m1")
    answer = Answer(
        message_id="m1", conversation_id="talk", question_id="q1", user_id="u1", month="2026-11", ask=ask_of("Hi")
    )
    stop = asyncio.Event()
    live = Live(answer, written(answer, silence(), stop, keep), stop, wait_s=60)
    live.join()
    slots.add(live)
    return live


@pytest.fixture
async def live(one: Slots) -> AsyncIterator[Live]:
    """An answer that the one worker writes."""
    live = await begin(one)
    yield live
    await live.end()


async def stopped(live: Live) -> None:
    """Wait until the answer ends."""
    async with asyncio.timeout(5):
        await asyncio.wait({live.task})


async def test_a_slot_is_taken_for_all_workers(live: Live, one: Slots, other: Slots) -> None:
    """While one worker answers, neither it nor another starts an answer there; elsewhere they may."""
    for slots in (one, other):
        with pytest.raises(Busy) as refused:
            await slots.take(live.answer.conversation_id, "m2")
        assert refused.value.status == 409
    await other.take("elsewhere", "m3")


async def test_a_freed_slot_can_be_taken_anywhere(one: Slots, other: Slots) -> None:
    """When the answer has ended the next may come to another worker; freeing the old one again harms nobody."""
    await one.take("talk", "m1")
    await one.free("talk", "m1")
    await other.take("talk", "m2")
    await one.free("talk", "m1")
    assert await one.being_written("talk") == "m2"


async def test_any_worker_can_stop_an_answer(live: Live, other: Slots) -> None:
    """The worker that writes learns that another was asked to stop it."""
    assert await other.stop("talk")
    await stopped(live)
    assert live.answer.status == "stopped"


async def test_nothing_to_stop(one: Slots) -> None:
    """Where no answer is being written there is nothing to stop."""
    assert not await one.stop("talk")


async def test_a_forgotten_claim_is_made_again(
    live: Live, other: Slots, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the store lost its memory, the running answer takes its slot back."""
    claim, claimed = store.claim, asyncio.Event()

    async def claim_and_tell(key: str, owner: bytes, *, ttl_s: float) -> bool:
        won = await claim(key, owner, ttl_s=ttl_s)
        claimed.set()
        return won

    monkeypatch.setattr(store, "claim", claim_and_tell)
    await store.drop("answering:talk")
    async with asyncio.timeout(5):
        await claimed.wait()
    assert not live.task.done()
    assert await other.being_written("talk") == "m1"


async def test_a_lost_slot_gives_way(live: Live, one: Slots, store: Store) -> None:
    """An answer whose slot was taken by another one stops, and leaves the slot alone."""
    await store.put("answering:talk", b"another", ttl_s=60)
    await stopped(live)
    await one.free("talk", "m1")
    assert await store.get("answering:talk") == b"another"


async def test_an_answer_outlives_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store is down a running answer goes on, and is watched again when the store is back."""
    store = MemoryStore()
    asked = asyncio.Event()

    async def down(_key: str) -> bytes | None:
        asked.set()
        raise StoreDown

    live = await begin(Slots(store))
    with monkeypatch.context() as while_down:
        while_down.setattr(store, "get", down)
        async with asyncio.timeout(5):
            await asked.wait()
    assert not live.task.done()
    await Slots(store).stop("talk")
    await stopped(live)
