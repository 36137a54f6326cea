"""Slots: one answer at a time in a conversation, over all workers; each can be stopped from any of them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from target_app.chat.slots import Slot, Slots
from target_app.errors import Problem
from target_app.store import Store, StoreDown
from target_app.stores.memory import MemoryStore


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("target_app.chat.slots.LOOK_S", 0.01)


@pytest.fixture
async def one(store: Store) -> Slots:
    """The slots as one worker sees them."""
    return Slots(store)


@pytest.fixture
async def other(store: Store) -> Slots:
    """The slots as another worker sees them, in the same store."""
    return Slots(store)


@pytest.fixture
async def slot(one: Slots) -> AsyncIterator[Slot]:
    """A slot that the one worker has taken."""
    async with one.taken("talk") as slot:
        pass
    yield slot
    await slot.free()


async def test_a_slot_is_taken_for_all_workers(slot: Slot, one: Slots, other: Slots) -> None:
    """While one worker answers, neither it nor another starts an answer there; elsewhere they may."""
    for slots in (one, other):
        with pytest.raises(Problem) as refused:
            async with slots.taken(slot.conversation_id):
                pass
        assert refused.value.status == 409
    async with other.taken("elsewhere") as free:
        pass
    await free.free()


async def test_a_freed_slot_can_be_taken_anywhere(slot: Slot, other: Slots) -> None:
    """When the answer has ended the next may come to another worker; freeing the old one again harms nobody."""
    await slot.free()
    async with other.taken(slot.conversation_id) as next_one:
        pass
    await slot.free()

    assert await other.stop(slot.conversation_id)
    assert next_one.stop.is_set()
    await next_one.free()


async def test_a_failed_start_frees_the_slot(one: Slots, other: Slots) -> None:
    """If the question cannot be taken after all, the slot is free for everybody."""
    with pytest.raises(RuntimeError):
        async with one.taken("talk"):
            raise RuntimeError

    assert not await other.stop("talk")


async def test_any_worker_can_stop_an_answer(slot: Slot, other: Slots) -> None:
    """The worker that writes learns that another was asked to stop it."""
    assert await other.stop(slot.conversation_id)
    async with asyncio.timeout(5):
        await slot.stop.wait()


async def test_nothing_to_stop(one: Slots) -> None:
    """Where no answer is being written there is nothing to stop."""
    assert not await one.stop("talk")


async def test_a_forgotten_claim_is_made_again(
    slot: Slot, other: Slots, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the store lost its memory, the running answer takes its slot back."""
    claim, claimed = store.claim, asyncio.Event()

    async def claim_and_tell(key: str, owner: bytes, *, ttl_s: float) -> bool:
        won = await claim(key, owner, ttl_s=ttl_s)
        claimed.set()
        return won

    monkeypatch.setattr(store, "claim", claim_and_tell)
    await store.drop("slot:talk")
    async with asyncio.timeout(5):
        await claimed.wait()

    assert not slot.stop.is_set()
    assert await other.stop("talk")


async def test_a_lost_slot_gives_way(slot: Slot, store: Store) -> None:
    """An answer whose slot was taken by another one stops, and leaves the slot alone."""
    await store.put("slot:talk", b"another", ttl_s=60)
    async with asyncio.timeout(5):
        await slot.stop.wait()
    await slot.free()

    assert await store.get("slot:talk") == b"another"


async def test_an_answer_outlives_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store is down a running answer goes on, and is watched again when the store is back."""
    store = MemoryStore()
    asked = asyncio.Event()

    async def down(_key: str) -> bytes | None:
        asked.set()
        raise StoreDown

    async with Slots(store).taken("talk") as slot:
        pass
    with monkeypatch.context() as while_down:
        while_down.setattr(store, "get", down)
        async with asyncio.timeout(5):
            await asked.wait()
    assert not slot.stop.is_set()

    await Slots(store).stop("talk")
    async with asyncio.timeout(5):
        await slot.stop.wait()
    await slot.free()
