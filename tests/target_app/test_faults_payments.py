"""Each fault of payment misbehaves as it says, and only where it says."""

import hashlib
import hmac
import json
import time

import httpx
import pytest
from fastapi import FastAPI

from target_app.billing import orders, payments
from target_app.fault import REGISTRY, choose, install
from target_app.faults import payments as family
from target_app.settings import Settings


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    for name in ("verify", "remember", "grant"):
        monkeypatch.setattr(payments, name, getattr(payments, name))
    monkeypatch.setattr(orders, "priced", orders.priced)
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


class Till:
    """An order of Alice's, and the provider who says that it was paid."""

    def __init__(self, member: httpx.AsyncClient, order: str, secret: str) -> None:
        self.member = member
        self.order = order
        self.secret = secret

    def header(self, body: bytes, *, secret: str | None = None, age_s: int = 0) -> str:
        """Sign a body."""
        at = int(time.time()) - age_s
        key = (secret or self.secret).encode()
        return f"t={at},v1={hmac.new(key, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"

    async def pay(self, *, signed: bool = True, secret: str | None = None, age_s: int = 0) -> int:
        """Send the event and give the status of the answer."""
        checkout = {
            "id": "cs_1",
            "client_reference_id": self.order,
            "amount_total": 990,
            "currency": "usd",
            "payment_status": "paid",
        }
        event = {"id": "evt_1", "type": "checkout.session.completed", "data": {"object": checkout}}
        body = json.dumps(event).encode()
        headers = {"Stripe-Signature": self.header(body, secret=secret, age_s=age_s)} if signed else {}
        return (await self.member.post("/webhooks/payments", content=body, headers=headers)).status_code

    async def state(self) -> tuple[str, int, str]:
        """Give the order's status, how often it was paid, and the member's plan."""
        order = (await self.member.get(f"/billing/orders/{self.order}")).json()
        return order["status"], order["times_paid"], (await self.member.get("/billing/plan")).json()["plan"]


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
    assert len(registered) == 6
    assert tested <= globals().keys()
