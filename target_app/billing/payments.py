"""Payment events: is it really the provider who speaks, and what follows from it."""

import logging

import stripe
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User
from target_app.billing.models import AppliedEvent, Order
from target_app.billing.schemas import CheckoutSession, PaymentEvent
from target_app.errors import Problem

log = logging.getLogger(__name__)

PAID_EVENTS = frozenset({"checkout.session.completed", "checkout.session.async_payment_succeeded"})


def verify(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
    """
    Raise a 401 problem unless `signature` covers exactly these bytes and is not too old.

    The scheme is Stripe's: `t=<unix>,v1=<hmac-sha256 of "t.body">`, more than one v1 while a secret is rotated.
    """
    try:
        # Text that is not ASCII cannot be compared in constant time, and no real signature has any.
        stripe.WebhookSignature.verify_header(body, (signature or "").encode().decode("ascii"), secret, tolerance_s)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise Problem(
            401,
            "The signature of this event is missing, wrong or too old.",
            headers={"WWW-Authenticate": 'Signature realm="webhook", header="Stripe-Signature"'},
        ) from error


async def remember(db: AsyncSession, event: PaymentEvent) -> bool:
    """Note that an event came; tell whether it came for the first time."""
    db.add(AppliedEvent(id=event.id, type=event.type[:100]))
    try:
        await db.flush()
    except IntegrityError:
        await db.rollback()
        return False
    return True


def covers(session: CheckoutSession, order: Order) -> bool:
    """Tell whether the payment is for the whole order, in its currency."""
    paid = (session.payment_status, session.amount_total, session.currency.lower())
    return paid == ("paid", order.amount_cents, order.currency)


async def grant(db: AsyncSession, order: Order) -> None:
    """Give the member the plan that was paid for."""
    user = await db.get(User, order.user_id)
    if user is not None:
        user.plan = order.plan


async def settle(db: AsyncSession, session: CheckoutSession) -> None:
    """Mark the order as paid and grant its plan; a payment that fits no order has no effect but a line in the log."""
    order = await db.get(Order, session.client_reference_id, with_for_update=True)
    if order is None or not covers(session, order):
        log.warning("Payment %s does not cover an order of ours", session.id)
        return
    order.status = "paid"
    order.times_paid += 1
    await grant(db, order)


async def receive(db: AsyncSession, body: bytes) -> None:
    """Let a verified event take effect, once; raises a 400 problem if it cannot be read."""
    try:
        event = PaymentEvent.model_validate_json(body)
        session = CheckoutSession.model_validate(event.data.object) if event.type in PAID_EVENTS else None
    except ValidationError as error:
        raise Problem(400, "This is not an event that we can read.") from error
    if await remember(db, event):
        if session is not None:
            await settle(db, session)
        await db.commit()
