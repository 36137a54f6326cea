"""Faults of payment events that come at once, late, signed twice or for too little, and of orders sent again."""

import asyncio
from collections.abc import Sequence

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User
from target_app.billing import orders, payments, settlement
from target_app.billing.catalogue import PaidPlanId
from target_app.billing.models import Order
from target_app.billing.schemas import CheckoutSession, EndedCheckout, PaymentEvent, RefundedCharge
from target_app.fault import fault

APART_S = 0.1


@fault("webhook.raced", detected_by={"payment.once-at-once"})
def raced(_app: FastAPI) -> None:
    """Whether an event came before is looked up first and noted later: what comes at once counts each time."""
    known: set[str] = set()
    at_work: list[str] = []

    async def look_and_note(db: AsyncSession, event: PaymentEvent) -> bool:
        _ = db
        news = event.id not in known
        at_work.append(event.id)
        await asyncio.sleep(APART_S * at_work.count(event.id))
        known.add(event.id)
        return news

    payments.remember = look_and_note


@fault("webhook.first-signature-only", detected_by={"payment.two-signatures"})
def first_signature_only(_app: FastAPI) -> None:
    """Of several signatures only the first is read."""
    verify = payments.verify

    def verify_first(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        verify(body, ",".join((signature or "").split(",")[:2]), secret, tolerance_s)

    payments.verify = verify_first


@fault("webhook.old-scheme", detected_by={"payment.forged-refused"})
def old_scheme(_app: FastAPI) -> None:
    """A signature counts whatever its scheme is called."""
    verify = payments.verify

    def verify_any_scheme(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        verify(body, signature and signature.replace(",v0=", ",v1="), secret, tolerance_s)

    payments.verify = verify_any_scheme


@fault("webhook.unknown-order-fails", detected_by={"payment.unknown-order-harmless"})
def unknown_order_fails(_app: FastAPI) -> None:
    """A payment for an order that is not there breaks the webhook."""
    pay = settlement.pay

    async def pay_known(db: AsyncSession, session: CheckoutSession) -> Order | None:
        await db.get_one(Order, session.client_reference_id)
        return await pay(db, session)

    settlement.pay = pay_known


@fault("webhook.any-amount", detected_by={"payment.covers-order"})
def any_amount(_app: FastAPI) -> None:
    """A payment pays for the order, however much it is."""

    def covers_all(session: CheckoutSession, order: Order) -> bool:
        _ = session, order
        return True

    settlement.covers = covers_all


@fault("webhook.late-wins", detected_by={"payment.late-event-harmless"})
def late_wins(_app: FastAPI) -> None:
    """An order is what the event that came last says."""

    async def close(db: AsyncSession, checkout: EndedCheckout, kind: str) -> None:
        order = await db.get(Order, checkout.client_reference_id)
        if order is not None:
            order.status = settlement.ENDINGS[kind]

    settlement.close = close


@fault("order.key-ignored", detected_by={"payment.order-once", "payment.key-binds-order"})
def key_ignored(_app: FastAPI) -> None:
    """An order that is sent again with its key is a new order."""
    place = orders.place

    async def place_anew(db: AsyncSession, user: User, plan_id: PaidPlanId, key: str | None) -> Order:
        _ = key
        return await place(db, user, plan_id, None)

    orders.place = place_anew


@fault("order.key-for-anything", detected_by={"payment.key-binds-order"})
def key_for_anything(_app: FastAPI) -> None:
    """An order with a known key gives the order that was made with it, whatever is ordered now."""
    place = orders.place

    async def place_or_find(db: AsyncSession, user: User, plan_id: PaidPlanId, key: str | None) -> Order:
        known = await orders.order_with(db, user, key) if key else None
        return known or await place(db, user, plan_id, key)

    orders.place = place_or_find


@fault("order.list-of-all", detected_by={"payment.list-own-only"})
def list_of_all(_app: FastAPI) -> None:
    """The list of orders is everybody's."""

    async def made_by_anybody(db: AsyncSession, user: User) -> Sequence[Order]:
        _ = user
        return (await db.scalars(select(Order).order_by(Order.created_at.desc()))).all()

    orders.made_by = made_by_anybody


@fault("webhook.refund-keeps-plan", detected_by={"payment.refund-ends-plan"})
def refund_keeps_plan(_app: FastAPI) -> None:
    """The order is marked as given back, and the member keeps what it bought."""
    give_back = settlement.refund

    async def keep(db: AsyncSession, charge: RefundedCharge) -> None:
        order = await db.get(Order, charge.metadata.order_id)
        user = await db.get(User, order.user_id) if order else None
        plan = user.plan if user else ""
        await give_back(db, charge)
        if user:
            user.plan = plan

    settlement.refund = keep
