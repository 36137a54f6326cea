"""Faults of payment: who is believed, how often, and at what price."""

import json
from contextvars import ContextVar
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.models import User
from target_app.billing import orders, payments
from target_app.billing.catalogue import PaidPlanId
from target_app.billing.models import Order
from target_app.billing.schemas import PaymentEvent
from target_app.fault import fault


@fault("webhook.unsigned-accepted", detected_by={"payment.unsigned-refused"})
def unsigned_accepted(_app: FastAPI) -> None:
    """A payment event without any signature is believed."""
    verify = payments.verify

    def verify_if_signed(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        if signature is not None:
            verify(body, signature, secret, tolerance_s)

    payments.verify = verify_if_signed


@fault("webhook.any-signature", detected_by={"payment.forged-refused"})
def any_signature(_app: FastAPI) -> None:
    """A payment event needs a signature, but nobody looks whether it is right."""
    verify = payments.verify

    def verify_presence(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        if signature is None:
            verify(body, signature, secret, tolerance_s)

    payments.verify = verify_presence


@fault("webhook.old-accepted", detected_by={"payment.replay-refused"})
def old_accepted(_app: FastAPI) -> None:
    """A payment event is believed however long ago it was signed."""
    verify = payments.verify

    def verify_at_any_age(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        _ = tolerance_s
        verify(body, signature, secret, 0)

    payments.verify = verify_at_any_age


@fault("webhook.no-upgrade", detected_by={"payment.upgrades-plan"})
def no_upgrade(_app: FastAPI) -> None:
    """The order is marked as paid, but the member keeps the old plan."""

    async def grant_nothing(db: AsyncSession, order: Order) -> None:
        _ = db, order

    payments.grant = grant_nothing


@fault("webhook.twice", detected_by={"payment.applied-once"})
def twice(_app: FastAPI) -> None:
    """A payment event that comes twice counts twice."""
    remember = payments.remember

    async def remember_and_forget(db: AsyncSession, event: PaymentEvent) -> bool:
        await remember(db, event)
        return True

    payments.remember = remember_and_forget


@fault("order.client-price", detected_by={"payment.catalogue-price"})
def client_price(app: FastAPI) -> None:
    """Whoever orders says what it costs."""
    priced = orders.priced

    def priced_as_told(user: User, plan_id: PaidPlanId, key: str | None) -> Order:
        order = priced(user, plan_id, key)
        order.amount_cents = _told.get() or order.amount_cents
        return order

    orders.priced = priced_as_told
    app.add_middleware(_ReadsPrice)


_told: ContextVar[int | None] = ContextVar("_told", default=None)


class _ReadsPrice:
    """Takes everything but the plan out of an order, which would be refused, and notes the price."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", "/billing/orders"):
            receive = _replayed(_without_price(await Request(scope, receive).body()), receive)
        await self.app(scope, receive, send)


def _without_price(body: bytes) -> bytes:
    try:
        order: Any = json.loads(body)
    except ValueError:
        return body
    if not isinstance(order, dict):
        return body
    amount = order.get("amount_cents")
    _told.set(amount if isinstance(amount, int) else None)
    return json.dumps({"plan": order["plan"]} if "plan" in order else {}).encode()


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
