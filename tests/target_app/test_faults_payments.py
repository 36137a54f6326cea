"""Each fault of payment misbehaves as it says, and only where it says."""

import httpx
import pytest
from fastapi import FastAPI

from target_app.billing import orders, payments
from target_app.fault import REGISTRY, choose, install
from target_app.faults import payments as family
from target_app.settings import Settings
from tests.target_app.till import Till


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    for name in ("verify", "receive", "remember", "grant", "PAID_EVENTS"):
        monkeypatch.setattr(payments, name, getattr(payments, name))
    for name in ("priced", "place", "find_own"):
        monkeypatch.setattr(orders, name, getattr(orders, name))
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


@pytest.fixture
async def till(alice: httpx.AsyncClient, settings: Settings) -> Till:
    """An order that waits for payment."""
    order = (await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"]
    return Till(alice, order, settings.webhook_secret.get_secret_value())


PAID = ("paid", 1, "PREMIUM")


async def test_without_a_fault_all_is_well(till: Till) -> None:
    """The twin of every test below: switched off, nothing of it happens."""
    assert await till.pay(signed=False) == 401
    assert await till.pay(secret="other") == 401
    assert await till.pay(age_s=400) == 401
    assert await till.state() == ("pending", 0, "FREE")
    assert await till.pay() == 200
    assert await till.pay() == 200
    assert await till.state() == PAID
    cheap = await till.member.post("/billing/orders", json={"plan": "PREMIUM", "amount_cents": 1})
    assert cheap.status_code == 422


@with_fault("webhook.unsigned-accepted")
async def test_unsigned_accepted(till: Till) -> None:
    """Without a signature the event is believed; with a wrong one it is not."""
    assert await till.pay(secret="other") == 401
    assert await till.pay(age_s=400) == 401
    assert await till.pay(signed=False) == 200
    assert await till.state() == PAID


@with_fault("webhook.any-signature")
async def test_any_signature(till: Till) -> None:
    """A wrong signature is believed; none is not."""
    assert await till.pay(signed=False) == 401
    assert await till.pay(secret="other") == 200
    assert await till.state() == PAID


@with_fault("webhook.old-accepted")
async def test_old_accepted(till: Till) -> None:
    """An old signature is believed; a wrong one or none is not."""
    assert await till.pay(signed=False) == 401
    assert await till.pay(secret="other") == 401
    assert await till.pay(age_s=86_400) == 200
    assert await till.state() == PAID


@with_fault("webhook.empty-key")
async def test_empty_key(till: Till) -> None:
    """A signature with an empty key is believed; none, a wrong or an old one is not."""
    assert await till.pay(signed=False) == 401
    assert await till.pay(secret="other") == 401
    assert await till.pay(age_s=400) == 401
    assert await till.pay(secret="") == 200
    assert await till.state() == PAID


@with_fault("webhook.signature-reused")
async def test_signature_reused(till: Till) -> None:
    """The signature of an event that was believed is good for another one; one never seen is not."""
    harmless = till.event("customer.created")
    header = till.header(harmless)
    assert await till.deliver(till.event(), header) == 401
    assert await till.deliver(harmless, header) == 200
    assert await till.deliver(till.event().replace(b"evt_1", b"evt_2"), header) == 200
    assert await till.state() == PAID


@with_fault("webhook.applied-unverified")
async def test_applied_unverified(till: Till) -> None:
    """The event is refused, and the plan is granted."""
    assert await till.pay(signed=False) == 401
    assert await till.state() == PAID
    assert await till.pay() == 200


@with_fault("webhook.any-type")
async def test_any_type(till: Till) -> None:
    """An event that says nothing of a payment pays."""
    body = till.event("customer.created")
    assert await till.deliver(body, "t=1,v1=0") == 401
    assert await till.deliver(body, till.header(body)) == 200
    assert await till.state() == PAID


@with_fault("webhook.unknown-fails")
async def test_unknown_fails(till: Till) -> None:
    """An event of an unknown type breaks the webhook; a payment, and the end of a checkout, do not."""
    body = till.event("customer.created")
    assert await till.deliver(body, till.header(body)) == 500
    ended = till.event("checkout.session.expired", number="evt_0")
    assert await till.deliver(ended, till.header(ended)) == 200
    assert await till.pay() == 200
    assert await till.state() == PAID


@with_fault("order.grants-at-once")
async def test_grants_at_once(till: Till) -> None:
    """The order waits for its payment, the plan does not."""
    assert await till.state() == ("pending", 0, "PREMIUM")


@with_fault("order.foreign-readable")
async def test_foreign_readable(till: Till, bob: httpx.AsyncClient) -> None:
    """Another member reads the order; one that is not there stays unknown."""
    assert (await bob.get(f"/billing/orders/{till.order}")).json()["id"] == till.order
    assert (await bob.get("/billing/orders/unknown")).status_code == 404


@with_fault("webhook.no-upgrade")
async def test_no_upgrade(till: Till) -> None:
    """The order is paid, and the plan stays."""
    assert await till.pay() == 200
    assert await till.state() == ("paid", 1, "FREE")


@with_fault("webhook.twice")
async def test_twice(till: Till) -> None:
    """The same event counts each time it comes."""
    assert await till.pay() == 200
    assert await till.state() == PAID
    assert await till.pay() == 200
    assert await till.state() == ("paid", 2, "PREMIUM")


@with_fault("order.client-price")
async def test_client_price(alice: httpx.AsyncClient) -> None:
    """The price is the one that the client says; who says none pays the catalogue's; other orders stay refused."""
    cheap = await alice.post("/billing/orders", json={"plan": "PREMIUM", "amount_cents": 1})
    usual = await alice.post("/billing/orders", json={"plan": "PREMIUM"})
    assert (cheap.status_code, cheap.json()["amount_cents"]) == (201, 1)
    assert (usual.status_code, usual.json()["amount_cents"]) == (201, 990)
    for body in (b"{}", b"[]", b"no json", b'{"plan": "GOLD", "amount_cents": 1}'):
        assert (await alice.post("/billing/orders", content=body)).status_code == 422


def test_every_fault_is_here() -> None:
    """Each registered fault of payment has a test in this file."""
    registered = {name for name, fault in REGISTRY.items() if fault.unit.__module__ == family.__name__}
    tested = {f"test_{name.partition('.')[2].replace('-', '_')}" for name in registered}
    assert len(registered) == 13
    assert tested <= globals().keys()
