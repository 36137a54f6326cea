"""Makes orders: the price is the catalogue's, and a repeated key makes no second order."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User
from target_app.billing.catalogue import PLANS, PaidPlanId
from target_app.billing.models import Order
from target_app.errors import Problem


def priced(user: User, plan_id: PaidPlanId, key: str | None) -> Order:
    """Write an order at the price of the catalogue."""
    plan = PLANS[plan_id]
    return Order(
        user_id=user.id,
        plan=plan.id,
        amount_cents=plan.price_cents,
        currency=plan.currency,
        idempotency_key=key,
    )


async def find_own(db: AsyncSession, user: User, order_id: str) -> Order:
    """Find an order of `user`; raises a 404 problem for any other."""
    order = await db.get(Order, order_id)
    if order is None or order.user_id != user.id:
        raise Problem(404, "There is no such order.")
    return order


async def made_by(db: AsyncSession, user: User) -> Sequence[Order]:
    """List the member's orders, newest first."""
    own = select(Order).where(Order.user_id == user.id)
    return (await db.scalars(own.order_by(Order.created_at.desc(), Order.id.desc()))).all()


async def order_with(db: AsyncSession, user: User, key: str) -> Order | None:
    """Find the order that the member made with this key."""
    return (await db.scalars(select(Order).where(Order.user_id == user.id, Order.idempotency_key == key))).first()


async def place(db: AsyncSession, user: User, plan_id: PaidPlanId, key: str | None) -> Order:
    """Make an order, or give the one made with the same key; raises 409 if that was for another plan."""
    order = await order_with(db, user, key) if key else None
    if order is None:
        order = await _insert(db, user, plan_id, key)
    if order.plan != plan_id:
        raise Problem(409, f"This idempotency key was used to order {order.plan}. Choose a new one.")
    return order


async def _insert(db: AsyncSession, user: User, plan_id: PaidPlanId, key: str | None) -> Order:
    order = priced(user, plan_id, key)
    db.add(order)
    try:
        await db.commit()
    except IntegrityError:
        # Another request with the same key was faster; its order is the one.
        await db.rollback()
        found = await order_with(db, user, key) if key else None
        if found is None:
            raise
        return found
    return order
