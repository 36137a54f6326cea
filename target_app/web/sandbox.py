"""
The payment provider of places that are not production: it takes no money, and says at once that it was paid.

What it says is what the real one says, and has the same effect.
"""

import json
import time

from fastapi import APIRouter

from target_app.accounts.dependencies import CurrentUser
from target_app.billing import orders, payments
from target_app.billing.models import Order
from target_app.database import Db, new_id
from target_app.errors import Problem
from target_app.settings import Config, Environment

router = APIRouter(include_in_schema=False)


@router.post("/checkout/{order_id}", status_code=204)
async def pay(order_id: str, user: CurrentUser, db: Db, settings: Config) -> None:
    """Pay an order of the member with money that does not exist."""
    if settings.environment is Environment.PRODUCTION:
        raise Problem(404)
    order = await orders.find_own(db, user, order_id)
    if order.status != "pending":
        raise Problem(409, f"This order is {order.status}.")
    await payments.receive(db, json.dumps(_paid(order)).encode())


def _paid(order: Order) -> dict[str, object]:
    session = {
        "id": f"cs_sandbox_{new_id()}",
        "client_reference_id": order.id,
        "amount_total": order.amount_cents,
        "currency": order.currency,
        "payment_status": "paid",
    }
    event = {"id": f"evt_sandbox_{new_id()}", "type": "checkout.session.completed", "created": int(time.time())}
    return {**event, "livemode": False, "data": {"object": session}}
