"""Payment events: who is believed, and what follows."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest

from target_app.settings import Settings

PREMIUM_CENTS = 990


@pytest.fixture
async def order(alice: httpx.AsyncClient) -> str:
    """An order of Alice's that waits for payment."""
    return str((await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"])


@pytest.fixture
def secret(settings: Settings) -> str:
    """What the provider signs with."""
    return settings.webhook_secret.get_secret_value()


def paid(order: str, **session: object) -> bytes:
    """Write the event that says that an order was paid."""
    checkout = {
        "id": "cs_1",
        "client_reference_id": order,
        "amount_total": PREMIUM_CENTS,
        "currency": "usd",
        "payment_status": "paid",
        **session,
    }
    event = {"id": "evt_1", "type": "checkout.session.completed", "created": 1, "data": {"object": checkout}}
    return json.dumps(event, indent=1).encode()


def digest(body: bytes, secret: str, at: int) -> str:
    """Sign a body at a moment."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def signed(body: bytes, secret: str, age_s: int = 0) -> str:
    """Write the signature header as the provider does."""
    at = int(time.time()) - age_s
    return f"t={at},v1={digest(body, secret, at)}"


async def deliver(client: httpx.AsyncClient, body: bytes, signature: str | None) -> httpx.Response:
    """Send an event as the provider does: without a session."""
    headers = {b"Content-Type": b"application/json"}
    if signature is not None:
        headers[b"Stripe-Signature"] = signature.encode("latin-1")
    return await client.post("/webhooks/payments", content=body, headers=headers)


async def state(member: httpx.AsyncClient, order: str) -> tuple[str, int, str]:
    """Give the order's status, how often it was paid, and the member's plan."""
    found = (await member.get(f"/billing/orders/{order}")).json()
    return found["status"], found["times_paid"], (await member.get("/billing/plan")).json()["plan"]


UNPAID = ("pending", 0, "FREE")
PAID = ("paid", 1, "PREMIUM")


async def test_a_payment_upgrades_the_plan(
    alice: httpx.AsyncClient, client: httpx.AsyncClient, order: str, secret: str
) -> None:
    """A signed event over the right amount marks the order as paid and grants the plan with its quota."""
    body = paid(order)
    answer = await deliver(client, body, signed(body, secret))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert await state(alice, order) == PAID
    assert (await alice.get("/billing/plan")).json()["monthly_messages"] == 500
    assert (await alice.patch("/settings", json={"default_model": "scripted-large"})).status_code == 200


async def test_one_good_signature_is_enough(
    alice: httpx.AsyncClient, client: httpx.AsyncClient, order: str, secret: str
) -> None:
    """While the provider changes its secret, a header has two signatures, and one of them is ours."""
    body = paid(order)
    at = int(time.time())
    header = f"t={at},v1={'0' * 64},v1={digest(body, secret, at)}"
    assert (await deliver(client, body, header)).status_code == 200
    assert await state(alice, order) == PAID


async def test_an_event_counts_once(
    alice: httpx.AsyncClient, client: httpx.AsyncClient, order: str, secret: str
) -> None:
    """The same event, sent again and again and at once, is thanked for each time and counts once."""
    body = paid(order)
    answers = await asyncio.gather(*(deliver(client, body, signed(body, secret)) for _ in range(5)))
    answers.append(await deliver(client, body, signed(body, secret)))
    assert {answer.status_code for answer in answers} == {200}
    assert await state(alice, order) == PAID


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "garbage",
        "t=1",
        "v1=abc",
        "t=x,v1=abc",
        "t=1,v1=\xe9",
        f"v1={'0' * 64},t={2**40}",
    ],
)
async def test_refuses_what_is_not_signed(
    alice: httpx.AsyncClient, client: httpx.AsyncClient, order: str, header: str | None
) -> None:
    """Without a readable signature an event is refused, and nothing changes."""
    answer = await deliver(client, paid(order), header)
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers
    assert await state(alice, order) == UNPAID


async def test_refuses_other_secrets_bodies_and_schemes(
    alice: httpx.AsyncClient, client: httpx.AsyncClient, order: str, secret: str
) -> None:
    """A signature by someone else, over something else, or of a scheme we do not know, is no signature."""
    body = paid(order)
    good = signed(body, secret)
    flipped = good[:-1] + ("0" if good[-1] != "0" else "1")
    for header in (signed(body, "other"), signed(body, ""), signed(b"{}", secret), flipped, good.replace("v1", "v0")):
        assert (await deliver(client, body, header)).status_code == 401
    reformatted = json.dumps(json.loads(body)).encode()
    assert (await deliver(client, reformatted, good)).status_code == 401
    assert await state(alice, order) == UNPAID
    assert (await deliver(client, body, good)).status_code == 200


@pytest.mark.parametrize(("age_s", "status"), [(290, 200), (310, 401), (86_400, 401)])
async def test_refuses_what_is_old(
    alice: httpx.AsyncClient, client: httpx.AsyncClient, order: str, secret: str, age_s: int, status: int
) -> None:
    """A signature is good for five minutes."""
    body = paid(order)
    assert (await deliver(client, body, signed(body, secret, age_s))).status_code == status
    assert await state(alice, order) == (PAID if status == 200 else UNPAID)


@pytest.mark.parametrize(
    "session",
    [
        {"amount_total": 989},
        {"amount_total": 1},
        {"currency": "eur"},
        {"payment_status": "unpaid"},
        {"client_reference_id": "unknown"},
    ],
)
async def test_a_payment_that_does_not_fit_has_no_effect(
    alice: httpx.AsyncClient,
    client: httpx.AsyncClient,
    order: str,
    secret: str,
    session: dict[str, object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Too little, another currency, no money yet or no order of ours: received, logged, and no effect."""
    body = paid(order, **session)
    assert (await deliver(client, body, signed(body, secret))).status_code == 200
    assert await state(alice, order) == UNPAID
    assert "cs_1 does not cover" in caplog.text


async def test_an_unknown_type_has_no_effect(
    alice: httpx.AsyncClient, client: httpx.AsyncClient, order: str, secret: str
) -> None:
    """An event of a type that means nothing to us is received without effect."""
    body = paid(order).replace(b"checkout.session.completed", b"customer.created")
    assert (await deliver(client, body, signed(body, secret))).status_code == 200
    assert await state(alice, order) == UNPAID


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"{}", b'{"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {}}}'],
)
async def test_refuses_what_cannot_be_read(client: httpx.AsyncClient, secret: str, body: bytes) -> None:
    """What is signed and yet no event is a problem of the sender."""
    assert (await deliver(client, body, signed(body, secret))).status_code == 400


async def test_refuses_bytes_that_are_no_text(client: httpx.AsyncClient, secret: str) -> None:
    """Bytes that are not UTF-8 are refused, whatever their signature."""
    assert (await deliver(client, b"\xff", signed(b"\xff", secret))).status_code == 401


async def test_only_the_payer_is_upgraded(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, client: httpx.AsyncClient, order: str, secret: str
) -> None:
    """A payment changes the plan of the member who ordered, and of nobody else."""
    body = paid(order)
    await deliver(client, body, signed(body, secret))
    assert (await alice.get("/billing/plan")).json()["plan"] == "PREMIUM"
    plan: dict[str, Any] = (await bob.get("/billing/plan")).json()
    assert plan["plan"] == "FREE"
