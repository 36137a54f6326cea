"""Plans and orders: prices are ours, keys make retries safe."""

import asyncio

import httpx
import pytest

from target_app.billing import quota
from target_app.database import utcnow


async def test_catalogue_is_public(client: httpx.AsyncClient) -> None:
    """Anyone may read what the plans cost and allow."""
    items = (await client.get("/billing/plans")).json()["items"]
    told = [(one["id"], one["price_cents"], one["currency"], one["monthly_messages"]) for one in items[:2]]
    assert told == [("FREE", 0, "usd", 100), ("PREMIUM", 990, "usd", 500)]
    assert [one["id"] for one in items] == ["FREE", "PREMIUM", "ENTERPRISE"]
    assert len(items[0]["models"]) == 5
    assert all(set(items[0]["models"]) <= set(one["models"]) for one in items)


async def test_a_newcomer_is_free(alice: httpx.AsyncClient) -> None:
    """A new member has the free plan, and all of it left."""
    assert (await alice.get("/billing/plan")).json() == {"plan": "FREE", "monthly_messages": 100, "used_messages": 0}


async def test_orders_at_the_price_of_the_catalogue(alice: httpx.AsyncClient) -> None:
    """An order has the catalogue's price, waits for payment, and can be read again."""
    made = await alice.post("/billing/orders", json={"plan": "PREMIUM"})
    order = made.json()
    assert made.status_code == 201
    assert (order["plan"], order["amount_cents"], order["currency"]) == ("PREMIUM", 990, "usd")
    assert (order["status"], order["times_paid"]) == ("pending", 0)
    assert (await alice.get(made.headers["location"])).json() == order
    assert (await alice.get("/billing/plan")).json()["plan"] == "FREE"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"plan": "FREE"},
        {"plan": "GOLD"},
        {"plan": None},
        {"plan": "PREMIUM", "amount_cents": 1},
        {"plan": "PREMIUM", "currency": "xyz"},
        *({"plan": "PREMIUM", "quantity": quantity} for quantity in (0, -1, 1.5, 1e9, "1", None)),
    ],
)
async def test_refuses_an_order_that_says_more_or_less(alice: httpx.AsyncClient, body: dict[str, object]) -> None:
    """Only a plan that costs something can be ordered, and nothing else can be said about it."""
    assert (await alice.post("/billing/orders", json=body)).status_code == 422


async def test_same_key_same_order(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Retries with one key, also at once, make one order; another member's key is another key."""
    key = {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(
        *(alice.post("/billing/orders", json={"plan": "PREMIUM"}, headers=key) for _ in range(5))
    )
    other = await bob.post("/billing/orders", json={"plan": "PREMIUM"}, headers=key)
    ids = {answer.json()["id"] for answer in answers}
    assert {answer.status_code for answer in answers} == {201}
    assert len(ids) == 1
    assert other.status_code == 201
    assert other.json()["id"] not in ids


async def test_a_key_is_for_one_plan(alice: httpx.AsyncClient) -> None:
    """The same key for another plan is refused."""
    key = {"Idempotency-Key": "k1"}
    await alice.post("/billing/orders", json={"plan": "PREMIUM"}, headers=key)
    assert (await alice.post("/billing/orders", json={"plan": "ENTERPRISE"}, headers=key)).status_code == 409


async def test_orders_without_a_key_are_many(alice: httpx.AsyncClient) -> None:
    """Without a key each request is an order of its own."""
    ids = [(await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"] for _ in range(2)]
    assert ids[0] != ids[1]


async def test_an_order_is_for_its_owner_alone(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another member's order looks like none."""
    made = await alice.post("/billing/orders", json={"plan": "PREMIUM"})
    foreign = await bob.get(made.headers["location"])
    unknown = await bob.get("/billing/orders/unknown")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.text == unknown.text


@pytest.mark.parametrize(
    ("today", "reset"), [("2026-11-22", "2026-12-01"), ("2026-12-31", "2027-01-01"), ("2028-01-31", "2028-02-01")]
)
def test_names_the_day_of_the_reset(monkeypatch: pytest.MonkeyPatch, today: str, reset: str) -> None:
    """The quota starts anew on the first day of the next month."""
    moment = utcnow().fromisoformat(f"{today}T23:59:59+00:00")
    monkeypatch.setattr(quota, "utcnow", lambda: moment)
    assert quota.next_month() == reset


async def test_lists_own_orders(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """A member sees each of their orders, newest first, and nobody else's."""
    plans = ("PREMIUM", "ENTERPRISE", "PREMIUM")
    made = [(await alice.post("/billing/orders", json={"plan": plan})).json() for plan in plans]
    assert (await alice.get("/billing/orders")).json() == {"items": made[::-1]}
    assert (await bob.get("/billing/orders")).json() == {"items": []}
