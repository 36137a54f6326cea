"""Payment events: is it really the provider who speaks, is it news, and what follows from it."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User
from target_app.billing import settlement
from target_app.billing.models import AppliedEvent, Order
from target_app.billing.schemas import CheckoutSession, EndedCheckout, PaymentEvent, RefundedCharge
from target_app.errors import Problem

PAID_EVENTS = frozenset({"checkout.session.completed", "checkout.session.async_payment_succeeded"})
REFUND_EVENT = "charge.refunded"

Effect = Callable[[AsyncSession], Awaitable[None]]


async def prepare() -> None:
    """Load the provider's library, which takes a while, in a thread; once."""
    await asyncio.to_thread(importlib.import_module, "stripe")


def verify(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
    """
    Raise a 401 problem unless `signature` covers exactly these bytes and is not too old.

    The scheme is Stripe's: `t=<unix>,v1=<hmac-sha256 of "t.body">`, more than one v1 while a secret is rotated.
    """
    import stripe  # noqa: PLC0415  a service that is asked for nothing about money starts without it

    try:
        # Text that is not ASCII cannot be compared in constant time, and no real signature has any.
        stripe.WebhookSignature.verify_header(body, (signature or "").encode().decode("ascii"), secret, tolerance_s)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise Problem(
            401,
            "The signature of this event is missing, wrong or too old.",
            headers={"WWW-Authenticate": 'Signature realm="webhook", header="Stripe-Signature"'},
        ) from error


def verify_with_any(body: bytes, signature: str | None, secrets: Sequence[str], tolerance_s: int) -> None:
    """Raise a 401 problem unless one of the secrets, of which there is one at least, made the signature."""
    *others, last = secrets
    for secret in others:
        try:
            verify(body, signature, secret, tolerance_s)
        except Problem:
            continue
        return
    verify(body, signature, last, tolerance_s)


async def remember(db: AsyncSession, event: PaymentEvent) -> bool:
    """Note that an event came; tell whether it came for the first time."""
    db.add(AppliedEvent(id=event.id, type=event.type[:100]))
    try:
        await db.flush()
    except IntegrityError:
        await db.rollback()
        return False
    return True


async def grant(db: AsyncSession, order: Order) -> None:
    """Give the member the plan that was paid for."""
    user = await db.get(User, order.user_id)
    if user is not None:
        user.plan = order.plan


async def receive(db: AsyncSession, body: bytes) -> None:
    """Let a verified event take effect, once; raises a 400 problem if it cannot be read."""
    try:
        event = PaymentEvent.model_validate_json(body)
        effect = effect_of(event)
    except ValidationError as error:
        raise Problem(400, "This is not an event that we can read.") from error
    if await remember(db, event):
        if effect is not None:
            await effect(db)
        await db.commit()


def effect_of(event: PaymentEvent) -> Effect | None:
    """Tell what is to be done about an event; None if it means nothing to us. Raises pydantic's error."""
    subject = event.data.object
    if event.type in PAID_EVENTS:
        return partial(_paid, session=CheckoutSession.model_validate(subject))
    if event.type in settlement.ENDINGS:
        return partial(settlement.close, checkout=EndedCheckout.model_validate(subject), kind=event.type)
    if event.type == REFUND_EVENT:
        return partial(settlement.refund, charge=RefundedCharge.model_validate(subject))
    return None


async def _paid(db: AsyncSession, session: CheckoutSession) -> None:
    order = await settlement.pay(db, session)
    if order is not None:
        await grant(db, await settlement.newest_paid(db, order.user_id) or order)
