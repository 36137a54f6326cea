from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from target_app.billing.catalogue import PaidPlanId, PlanId

OrderStatus = Literal["pending", "expired", "failed", "paid", "refunded"]


class PlanOut(BaseModel):
    """A plan of the catalogue; prices are for a month, in the smallest unit of the currency."""

    model_config = ConfigDict(from_attributes=True)

    id: PlanId
    price_cents: int
    currency: str
    monthly_messages: int | None = Field(description="Null where there is no limit.")
    models: list[str]


class PlanList(BaseModel):
    """The catalogue."""

    items: list[PlanOut]


class PlanUse(BaseModel):
    """The member's plan, and how much of this calendar month (UTC) is used."""

    plan: PlanId
    monthly_messages: int | None = Field(description="Null where there is no limit.")
    used_messages: int


class NewOrder(BaseModel):
    """What a member chooses; the price comes from the catalogue, and any other field is refused."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"plan": "PREMIUM"}]})

    plan: PaidPlanId


class OrderOut(BaseModel):
    """An order; `times_paid` counts the payments received for it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    plan: PaidPlanId
    amount_cents: int
    currency: str
    status: OrderStatus
    times_paid: int
    created_at: AwareDatetime


class OrderList(BaseModel):
    """A member's orders, newest first."""

    items: list[OrderOut]


class CheckoutSession(BaseModel):
    """The part of a checkout session that decides about an order."""

    id: str
    client_reference_id: str
    amount_total: Annotated[int, Field(examples=[990])]
    currency: Annotated[str, Field(examples=["usd"])]
    payment_status: Annotated[str, Field(examples=["paid"])]


class EndedCheckout(BaseModel):
    """The part of a checkout session that says which order was not paid."""

    id: str
    client_reference_id: str | None = None


class ChargeMetadata(BaseModel):
    """What was written on the charge when the order was paid; nothing if it was for something else."""

    order_id: str | None = None


class RefundedCharge(BaseModel):
    """The part of a charge that says which order's money went back. `refunded` is true if all of it did."""

    id: str
    refunded: bool
    metadata: ChargeMetadata = Field(default_factory=ChargeMetadata)


class EventData(BaseModel):
    """What an event is about; its shape depends on the type of the event."""

    object: dict[str, object]


class PaymentEvent(BaseModel):
    """An event of the payment provider, in Stripe's shape. Fields that we do not use are allowed."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    type: str
    data: EventData


class Received(BaseModel):
    """The provider need not send this event again."""

    received: Literal[True] = True
