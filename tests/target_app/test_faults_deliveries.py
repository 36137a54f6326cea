"""Each fault of deliveries misbehaves as it says, and only where it says."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from target_app.billing import orders, payments, settlement
from target_app.fault import REGISTRY, choose, install
from target_app.faults import deliveries as family
from target_app.settings import Settings
from tests.target_app.till import Till

REPLACED = [(payments, "verify"), (payments, "remember"), (orders, "place"), (orders, "made_by")]
REPLACED += [(settlement, name) for name in ("pay", "close", "covers", "refund")]
PAID, PENDING = ("paid", 1, "PREMIUM"), ("pending", 0, "FREE")


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    for module, name in REPLACED:
        monkeypatch.setattr(module, name, getattr(module, name))
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


@pytest.fixture
async def till(app: FastAPI, alice: httpx.AsyncClient, settings: Settings) -> Till:
    """An order that waits for payment."""
    _ = app
    order = (await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"]
    return Till(alice, order, settings.webhook_secret.get_secret_value())


def with_and_without(fault: str, told: object, usual: object) -> pytest.MarkDecorator:
    """Run a test with the fault, and without; what is to be seen each time."""
    return pytest.mark.parametrize(("app", "seen"), [(fault, told), (None, usual)], indirect=["app"])


async def sent(till: Till, body: bytes) -> int:
    """Send an event, rightly signed."""
    return await till.deliver(body, till.header(body))


@with_and_without("webhook.raced", 5, 1)
async def test_raced(till: Till, seen: int) -> None:
    """What comes at once counts each time; what comes again later does not."""
    assert await asyncio.gather(*(till.pay() for _ in range(5))) == [200] * 5
    assert await till.pay() == 200
    assert (await till.state())[1] == seen


@with_and_without("webhook.first-signature-only", 401, 200)
async def test_first_signature_only(till: Till, seen: int) -> None:
    """A right signature behind a wrong one is not read; alone, or before it, it is."""
    moment, _, right = till.header(till.event()).partition(",")
    assert await till.deliver(till.event(), f"{moment},v1=00,{right}") == seen
    assert await till.deliver(till.event(), f"{moment},{right},v1=00") == 200


@with_and_without("webhook.old-scheme", 200, 401)
async def test_old_scheme(till: Till, seen: int) -> None:
    """A right signature of an old scheme is believed; a wrong one is not."""
    assert await till.deliver(till.event(), till.header(till.event(), secret="other").replace(",v1=", ",v0=")) == 401
    assert await till.deliver(till.event(), till.header(till.event()).replace(",v1=", ",v0=")) == seen


@with_and_without("webhook.unknown-order-fails", 500, 200)
async def test_unknown_order_fails(till: Till, seen: int) -> None:
    """A payment for an order that is not there breaks the webhook; one for another does not."""
    assert await sent(till, till.event(number="evt_0", client_reference_id="unknown")) == seen
    assert await till.pay() == 200
    assert await till.state() == PAID


@with_and_without("webhook.any-amount", PAID, PENDING)
async def test_any_amount(till: Till, seen: tuple[str, int, str]) -> None:
    """One cent pays."""
    assert await sent(till, till.event(amount_total=1)) == 200
    assert await till.state() == seen


@with_and_without("webhook.late-wins", "expired", "paid")
async def test_late_wins(till: Till, seen: str) -> None:
    """The end of the checkout, told after the payment, is the end of the order."""
    assert await till.pay() == 200
    assert await sent(till, till.event("checkout.session.expired", number="evt_0")) == 200
    assert (await till.state())[0] == seen


@with_and_without("webhook.refund-keeps-plan", ("refunded", 1, "PREMIUM"), ("refunded", 1, "FREE"))
async def test_refund_keeps_plan(till: Till, seen: tuple[str, int, str]) -> None:
    """The order's money goes back, and its plan stays."""
    assert await till.pay() == 200
    back = till.event("charge.refunded", number="evt_2", refunded=True, metadata={"order_id": till.order})
    assert await sent(till, back) == 200
    assert await till.state() == seen


@with_and_without("order.key-ignored", 2, 1)
async def test_key_ignored(alice: httpx.AsyncClient, app: FastAPI, seen: int) -> None:
    """Two orders with one key are two."""
    _ = app
    for _ in range(2):
        await alice.post("/billing/orders", json={"plan": "PREMIUM"}, headers={"Idempotency-Key": "once"})
    assert len((await alice.get("/billing/orders")).json()["items"]) == seen


@with_and_without("order.key-for-anything", (201, 1), (409, 1))
async def test_key_for_anything(alice: httpx.AsyncClient, app: FastAPI, seen: tuple[int, int]) -> None:
    """The key of an order answers with that order, whatever is ordered; no second one is made."""
    _ = app
    first, other = [
        await alice.post("/billing/orders", json={"plan": plan}, headers={"Idempotency-Key": "once"})
        for plan in ("PREMIUM", "ENTERPRISE")
    ]
    assert first.status_code == 201
    assert (other.status_code, len((await alice.get("/billing/orders")).json()["items"])) == seen


@with_and_without("order.list-of-all", 1, 0)
async def test_list_of_all(till: Till, bob: httpx.AsyncClient, seen: int) -> None:
    """Another member's list holds the order."""
    _ = till
    assert len((await bob.get("/billing/orders")).json()["items"]) == seen


def test_every_fault_is_here() -> None:
    """Each registered fault of deliveries has a test in this file."""
    registered = {name for name, fault in REGISTRY.items() if fault.unit.__module__ == family.__name__}
    assert {f"test_{name.partition('.')[2].replace('-', '_')}" for name in registered} <= globals().keys()
    assert len(registered) == 10
