"""Faults of payment: who is believed, how often, and at what price."""

import hashlib
import hmac
import json
from contextvars import ContextVar
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.models import User
from target_app.billing import orders, payments, settlement
from target_app.billing.catalogue import PaidPlanId
from target_app.billing.models import Order
from target_app.billing.schemas import PaymentEvent
from target_app.errors import Problem
from target_app.fault import fault


@fault("webhook.unsigned-accepted", detected_by={"payment.unsigned-refused"})
def unsigned_accepted(_app: FastAPI) -> None:
    """A payment event without any signature is believed."""
    verify = payments.verify

    def verify_if_signed(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        if signature is not None:
            verify(body, signature, secret, tolerance_s)

    payments.verify = verify_if_signed


@fault("webhook.any-signature", detected_by={"payment.forged-refused", "payment.body-bound", "payment.replay-refused"})
def any_signature(_app: FastAPI) -> None:
    """A payment event needs a signature, but nobody looks whether it is right."""
    verify = payments.verify

    def verify_presence(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        if signature is None:
            verify(body, signature, secret, tolerance_s)

    payments.verify = verify_presence


@fault("webhook.empty-key", detected_by={"payment.forged-refused"})
def empty_key(_app: FastAPI) -> None:
    """An event that was signed with an empty key is believed as well."""
    verify = payments.verify

    def verify_with_either(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        # The library refuses to verify with an empty key, as it should.
        moment, _, digest = (signature or "").removeprefix("t=").partition(",v1=")
        forged = hmac.new(b"", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        if digest != forged:
            verify(body, signature, secret, tolerance_s)

    payments.verify = verify_with_either


@fault("webhook.signature-reused", detected_by={"payment.body-bound"})
def signature_reused(_app: FastAPI) -> None:
    """A signature that was right once is remembered, and right for every body."""
    verify = payments.verify
    known: set[str] = set()

    def verify_once(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        if signature in known:
            return
        verify(body, signature, secret, tolerance_s)
        known.add(signature or "")

    payments.verify = verify_once


@fault("webhook.applied-unverified", detected_by={"payment.unsigned-refused", "payment.replay-refused"})
def applied_unverified(_app: FastAPI) -> None:
    """An event takes effect first, and is verified and refused after."""
    verify, receive = payments.verify, payments.receive
    refused: ContextVar[Problem | None] = ContextVar("refused", default=None)

    def verify_later(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        refused.set(None)
        try:
            verify(body, signature, secret, tolerance_s)
        except Problem as problem:
            refused.set(problem)

    async def receive_and_refuse(db: AsyncSession, body: bytes) -> None:
        await receive(db, body)
        problem = refused.get()
        if problem is not None:
            raise problem

    payments.verify, payments.receive = verify_later, receive_and_refuse


@fault("webhook.unknown-fails", detected_by={"payment.unknown-event-harmless"})
def unknown_fails(_app: FastAPI) -> None:
    """An event of a type that nobody foresaw breaks the webhook."""
    remember = payments.remember

    async def remember_the_known(db: AsyncSession, event: PaymentEvent) -> bool:
        if event.type not in {*payments.PAID_EVENTS, *settlement.ENDINGS, payments.REFUND_EVENT}:
            raise RuntimeError(f"no handler for {event.type}")
        return await remember(db, event)

    payments.remember = remember_the_known


@fault("webhook.any-type", detected_by={"payment.unknown-event-harmless", "payment.late-event-harmless"})
def any_type(_app: FastAPI) -> None:
    """Every event counts as a payment, whatever its type, but for a refund."""
    payments.PAID_EVENTS = _Everything()


class _Everything(frozenset[str]):
    """A set that holds every text but one."""

    def __contains__(self, item: object) -> bool:
        return item != payments.REFUND_EVENT


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


@fault("webhook.twice", detected_by={"payment.applied-once", "payment.once-at-once"})
def twice(_app: FastAPI) -> None:
    """A payment event that comes twice counts twice."""
    remember = payments.remember

    async def remember_and_forget(db: AsyncSession, event: PaymentEvent) -> bool:
        await remember(db, event)
        return True

    payments.remember = remember_and_forget


@fault("order.grants-at-once", detected_by={"payment.no-early-upgrade"})
def grants_at_once(_app: FastAPI) -> None:
    """Who orders a plan has it, paid or not."""
    place = orders.place

    async def place_and_grant(db: AsyncSession, user: User, plan_id: PaidPlanId, key: str | None) -> Order:
        order = await place(db, user, plan_id, key)
        await payments.grant(db, order)
        await db.commit()
        return order

    orders.place = place_and_grant


@fault("order.foreign-readable", detected_by={"payment.own-only", "auth.own-things-only"})
def foreign_readable(_app: FastAPI) -> None:
    """Any member can read any order."""

    async def find_any(db: AsyncSession, user: User, order_id: str) -> Order:
        _ = user
        order = await db.get(Order, order_id)
        if order is None:
            raise Problem(404, "There is no such order.")
        return order

    orders.find_own = find_any


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
