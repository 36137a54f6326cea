from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from target_app.accounts.dependencies import CurrentUser
from target_app.billing import orders, payments, quota
from target_app.billing.catalogue import plans
from target_app.billing.schemas import NewOrder, OrderList, OrderOut, PlanList, PlanOut, PlanUse, Received
from target_app.database import Db
from target_app.errors import problems
from target_app.settings import Config

router = APIRouter(tags=["billing"])

IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=255, description="A retry with the same key makes no second order."),
]
EVENT = {
    "id": "evt_1",
    "type": "checkout.session.completed",
    "created": 1770000000,
    "livemode": False,
    "data": {
        "object": {
            "id": "cs_1",
            "client_reference_id": "0f8fad5bd9cb469fa16570867728950e",
            "amount_total": 990,
            "currency": "usd",
            "payment_status": "paid",
        }
    },
}
EVENT_SCHEMA = {
    "type": "object",
    "required": ["id", "type", "data"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 255},
        "type": {"type": "string"},
        "data": {"type": "object", "required": ["object"], "properties": {"object": {"type": "object"}}},
    },
}
# The route reads the bytes themselves, so FastAPI cannot know what is in them.
EVENT_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": EVENT_SCHEMA, "example": EVENT}},
    }
}


@router.get("/billing/plans", operation_id="list_plans", summary="List plans", responses=problems(429))
async def list_plans(settings: Config) -> PlanList:
    """List what can be had, and for how much."""
    return PlanList(items=[PlanOut.model_validate(plan) for plan in plans(settings).values()])


@router.get("/billing/plan", operation_id="plan", summary="Show the plan", responses=problems(401, 429))
async def show_plan(user: CurrentUser, db: Db, settings: Config) -> PlanUse:
    """Show the member's plan, and how much of this month is used."""
    plan = quota.plan_of(user, settings)
    return PlanUse(plan=plan.id, monthly_messages=plan.monthly_messages, used_messages=await quota.used(db, user))


@router.post(
    "/billing/orders",
    operation_id="create_order",
    summary="Order a plan",
    status_code=201,
    responses=problems(401, 403, 409, 422, 429),
)
async def create_order(
    new: NewOrder, user: CurrentUser, db: Db, response: Response, idempotency_key: IdempotencyKey = None
) -> OrderOut:
    """Order a plan at the price of the catalogue. It is granted when the payment provider says that it was paid."""
    order = await orders.place(db, user, new.plan, idempotency_key)
    response.headers["Location"] = f"/billing/orders/{order.id}"
    return OrderOut.model_validate(order)


@router.get("/billing/orders", operation_id="list_orders", summary="List orders", responses=problems(401, 429))
async def list_orders(user: CurrentUser, db: Db) -> OrderList:
    """List the member's orders, newest first."""
    return OrderList(items=[OrderOut.model_validate(order) for order in await orders.made_by(db, user)])


@router.get(
    "/billing/orders/{order_id}",
    operation_id="get_order",
    summary="Show an order",
    responses=problems(401, 404, 422, 429),
)
async def get_order(order_id: str, user: CurrentUser, db: Db) -> OrderOut:
    """Show an order of the member."""
    return OrderOut.model_validate(await orders.find_own(db, user, order_id))


@router.post(
    "/webhooks/payments",
    operation_id="payment_webhook",
    summary="Receive a payment event",
    responses=problems(400, 401, 413),
    openapi_extra=EVENT_BODY,
)
async def payment_webhook(
    request: Request,
    db: Db,
    settings: Config,
    stripe_signature: Annotated[str | None, Header(description="`t=<unix>,v1=<hex>`, as Stripe makes it")] = None,
) -> Received:
    """Receive an event of the payment provider. Its signature is checked over the bytes as they came."""
    body = await request.body()
    await payments.prepare()
    secrets = [
        secret.get_secret_value() for secret in (settings.webhook_secret, settings.webhook_previous_secret) if secret
    ]
    payments.verify_with_any(body, stripe_signature, secrets, settings.webhook_tolerance_s)
    await payments.receive(db, body)
    return Received()
