"""
What a payment event does to an order, in whatever sequence events arrive.

    pending -> expired or failed -> paid -> refunded

An order only moves to the right. Money decides: a payment that arrives after the end of its checkout counts,
one that arrives after its refund does not.
"""

import logging

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User
from target_app.billing.models import Order
from target_app.billing.schemas import CheckoutSession, EndedCheckout, OrderStatus, RefundedCharge

log = logging.getLogger(__name__)

RANK: dict[str, int] = {"pending": 0, "expired": 1, "failed": 1, "paid": 2, "refunded": 3}
ENDINGS: dict[str, OrderStatus] = {
    "checkout.session.expired": "expired",
    "checkout.session.async_payment_failed": "failed",
}


async def pay(db: AsyncSession, session: CheckoutSession) -> Order | None:
    """Mark an order as paid and return it; None if the payment fits no order, or has been given back before."""
    order = await _locked(db, session.client_reference_id)
    if order is None or not covers(session, order):
        log.warning("Payment %s does not cover an order of ours", session.id)
        return None
    order.times_paid += 1
    _advance(order, "paid")
    return order if order.status == "paid" else None


async def close(db: AsyncSession, checkout: EndedCheckout, kind: str) -> None:
    """Mark an order as not paid, unless it is."""
    order = await _locked(db, checkout.client_reference_id)
    if order is not None:
        _advance(order, ENDINGS[kind])


async def refund(db: AsyncSession, charge: RefundedCharge) -> None:
    """Mark an order as given back, if all of it was, and leave the member what else is paid for, or FREE."""
    order = await _locked(db, charge.metadata.order_id)
    if order is None or not charge.refunded:
        return
    _advance(order, "refunded")
    user = await db.get_one(User, order.user_id)
    left = await newest_paid(db, order.user_id)
    user.plan = "FREE" if left is None else left.plan


async def newest_paid(db: AsyncSession, user_id: str) -> Order | None:
    """
    Find the order that the member made last, of those that are paid.

    It decides about the plan, and not the event that came last: events overtake each other.
    """
    paid = select(Order).where(Order.user_id == user_id, Order.status == "paid")
    return (await db.scalars(paid.order_by(Order.created_at.desc(), Order.id.desc()).limit(1))).first()


def covers(session: CheckoutSession, order: Order) -> bool:
    """Tell whether the payment is for the whole order, in its currency."""
    paid = (session.payment_status, session.amount_total, session.currency.lower())
    return paid == ("paid", order.amount_cents, order.currency)


async def _locked(db: AsyncSession, order_id: str | None) -> Order | None:
    return None if order_id is None else await db.get(Order, order_id, with_for_update=True)


def _advance(order: Order, status: OrderStatus) -> None:
    if RANK[status] > RANK[order.status]:
        order.status = status
