"""Payment events in any sequence: an order and a plan end where they belong, whichever event came last."""

import hashlib
import hmac
import itertools
import json
import time

import httpx
import pytest

from target_app.settings import Settings

PRICES = {"PREMIUM": 990, "ENTERPRISE": 9900}
PREVIOUS = "the secret before this one"

Event = tuple[str, dict[str, object]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings while the provider changes over to a new secret."""
    secret = Settings.model_validate({"environment": "test", "webhook_previous_secret": PREVIOUS})
    return settings.model_copy(update={"webhook_previous_secret": secret.webhook_previous_secret})


def checkout(kind: str, order: str, plan: str, status: str = "paid") -> Event:
    """Write an event about a checkout."""
    about = {"id": "cs_1", "client_reference_id": order, "amount_total": PRICES[plan], "currency": "usd"}
    return f"checkout.session.{kind}", {**about, "payment_status": status}


def refund(order: str | None, *, whole: bool = True) -> Event:
    """Write an event about money that went back."""
    return "charge.refunded", {"id": "ch_1", "refunded": whole, "metadata": {"order_id": order} if order else {}}


def signature(body: bytes, *secrets: str, scheme: str = "v1") -> str:
    """Write the header, with a signature by each of the secrets."""
    at = int(time.time())
    made = [hmac.new(one.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() for one in secrets]
    return ",".join([f"t={at}", *(f"{scheme}={one}" for one in made)])


class Provider:
    """The payment provider, which numbers its events."""

    def __init__(self, client: httpx.AsyncClient, secret: str) -> None:
        self.client = client
        self.secret = secret
        self.numbers = itertools.count(1)

    async def tell(self, event: Event, *secrets: str, scheme: str = "v1") -> int:
        """Deliver an event and give the status of the answer."""
        kind, about = event
        told = {"id": f"evt_{next(self.numbers)}", "type": kind, "created": 1, "data": {"object": about}}
        body = json.dumps(told).encode()
        header = signature(body, *(secrets or (self.secret,)), scheme=scheme)
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        return (await self.client.post("/webhooks/payments", content=body, headers=headers)).status_code


@pytest.fixture
def provider(client: httpx.AsyncClient, settings: Settings) -> Provider:
    """The payment provider."""
    return Provider(client, settings.webhook_secret.get_secret_value())


async def order(member: httpx.AsyncClient, plan: str = "PREMIUM") -> str:
    """Order a plan."""
    return str((await member.post("/billing/orders", json={"plan": plan})).json()["id"])


async def status(member: httpx.AsyncClient, order_id: str) -> tuple[str, int]:
    """Give the status of an order, and how often it was paid."""
    found = (await member.get(f"/billing/orders/{order_id}")).json()
    return found["status"], found["times_paid"]


async def plan(member: httpx.AsyncClient) -> str:
    """Name the member's plan."""
    return str((await member.get("/billing/plan")).json()["plan"])


@pytest.mark.parametrize("sequence", list(itertools.permutations(["completed", "expired", "async_payment_failed"])))
async def test_a_paid_order_stays_paid(alice: httpx.AsyncClient, provider: Provider, sequence: tuple[str, ...]) -> None:
    """Whenever the payment comes, before or after the end of its checkout, the order is paid at the end."""
    placed = await order(alice)
    for kind in sequence:
        assert await provider.tell(checkout(kind, placed, "PREMIUM")) == 200

    assert (await status(alice, placed), await plan(alice)) == (("paid", 1), "PREMIUM")


@pytest.mark.parametrize(("kind", "ends"), [("expired", "expired"), ("async_payment_failed", "failed")])
async def test_a_checkout_ends_unpaid(alice: httpx.AsyncClient, provider: Provider, kind: str, ends: str) -> None:
    """A checkout that ran out or failed leaves its order unpaid and the plan as it was."""
    placed = await order(alice)
    await provider.tell(checkout("completed", placed, "PREMIUM", "unpaid"))
    await provider.tell(checkout(kind, placed, "PREMIUM", "unpaid"))

    assert (await status(alice, placed), await plan(alice)) == ((ends, 0), "FREE")


@pytest.mark.parametrize("refund_first", [False, True])
async def test_a_refund_is_the_end(alice: httpx.AsyncClient, provider: Provider, refund_first: bool) -> None:  # noqa: FBT001  a parameter
    """Money that went back buys no plan, also if the refund overtook the payment."""
    placed = await order(alice)
    events = [checkout("completed", placed, "PREMIUM"), refund(placed)]
    for event in reversed(events) if refund_first else events:
        assert await provider.tell(event) == 200
    await provider.tell(checkout("expired", placed, "PREMIUM"))

    assert (await status(alice, placed), await plan(alice)) == (("refunded", 1), "FREE")


async def test_a_refund_leaves_what_else_is_paid(alice: httpx.AsyncClient, provider: Provider) -> None:
    """After a refund of one order the member has the plan of the other."""
    first, second = await order(alice), await order(alice, "ENTERPRISE")
    await provider.tell(checkout("completed", first, "PREMIUM"))
    await provider.tell(checkout("completed", second, "ENTERPRISE"))
    before = await plan(alice)
    await provider.tell(refund(second))

    assert (before, await plan(alice)) == ("ENTERPRISE", "PREMIUM")


@pytest.mark.parametrize("event", [refund(None), refund("unknown")])
async def test_a_refund_of_something_else_is_harmless(
    alice: httpx.AsyncClient, provider: Provider, event: Event
) -> None:
    """A refund of what is no order of ours, or of a part only, is received without effect."""
    placed = await order(alice)
    await provider.tell(checkout("completed", placed, "PREMIUM"))

    assert await provider.tell(event) == await provider.tell(refund(placed, whole=False)) == 200
    assert (await status(alice, placed), await plan(alice)) == (("paid", 1), "PREMIUM")


async def test_the_newest_order_decides(alice: httpx.AsyncClient, provider: Provider) -> None:
    """Payments of two orders that overtake each other leave the plan of the newer order."""
    first, second = await order(alice), await order(alice, "ENTERPRISE")
    await provider.tell(checkout("completed", second, "ENTERPRISE"))
    await provider.tell(checkout("completed", first, "PREMIUM"))

    assert await plan(alice) == "ENTERPRISE"
    assert [await status(alice, one) for one in (first, second)] == [("paid", 1)] * 2


async def test_both_secrets_are_good(alice: httpx.AsyncClient, provider: Provider) -> None:
    """While the secret changes, the new, the old and both together sign; a third one, or another scheme, does not."""
    placed = await order(alice)
    event = checkout("customer", placed, "PREMIUM")

    for secrets in ((provider.secret,), (PREVIOUS,), ("a third secret", PREVIOUS), (PREVIOUS, provider.secret)):
        assert await provider.tell(event, *secrets) == 200
    assert await provider.tell(event, "a third secret") == 401
    assert await provider.tell(event, PREVIOUS, provider.secret, scheme="v0") == 401
