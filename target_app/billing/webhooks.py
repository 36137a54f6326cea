"""The events of the payment provider that mean something to us, for documentation: they all arrive at one path."""

from typing import Literal

from pydantic import BaseModel

from target_app.billing.schemas import CheckoutSession, EndedCheckout, PaymentEvent, RefundedCharge


class AboutCheckout(BaseModel):
    """A checkout session that was paid."""

    object: CheckoutSession


class AboutEndedCheckout(BaseModel):
    """A checkout session that was not paid."""

    object: EndedCheckout


class AboutCharge(BaseModel):
    """A charge whose money went back."""

    object: RefundedCharge


class CheckoutPaid(PaymentEvent):
    """The money for an order came: the order is marked as paid, and its plan granted."""

    type: Literal["checkout.session.completed", "checkout.session.async_payment_succeeded"]
    data: AboutCheckout  # type: ignore[assignment]  # the general event does not say what it is about


class CheckoutEnded(PaymentEvent):
    """The money for an order will not come: the order is marked as expired or failed, unless it is paid."""

    type: Literal["checkout.session.expired", "checkout.session.async_payment_failed"]
    data: AboutEndedCheckout  # type: ignore[assignment]  # the same


class ChargeRefunded(PaymentEvent):
    """The money for an order went back: the order is marked as refunded, and its plan taken back."""

    type: Literal["charge.refunded"]
    data: AboutCharge  # type: ignore[assignment]  # the same


WEBHOOKS: dict[str, type[PaymentEvent]] = {
    "checkout_paid": CheckoutPaid,
    "checkout_ended": CheckoutEnded,
    "charge_refunded": ChargeRefunded,
}
