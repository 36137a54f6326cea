"""Plans, orders, and what the payment service tells."""

import base64
import hashlib
import hmac
import json
import os
import time
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import Headers

from tests.blind.service.accounts import Member
from tests.blind.service.state import STATE, Account, Refused, new_id

router = APIRouter(prefix="/v1")
PLANS = {"free": 0, "pro": 1200, "team": 4800}
CURRENCY = "eur"
TOLERANCE_S = 300
SECRET = os.environ.get("BLIND_WEBHOOK_SECRET", "").removeprefix("whsec_")


class Order(BaseModel):
    """What is wanted."""

    plan: str = Field(pattern="^(pro|team)$")


class Paid(BaseModel):
    """What an event is about."""

    order: str
    amount: int
    currency: str


class Event(BaseModel):
    """What the payment service tells."""

    id: str
    type: str
    created: int
    data: Paid


def shown(order: dict[str, Any]) -> dict[str, Any]:
    """An order as its member sees it."""
    return {key: value for key, value in order.items() if key != "owner"}


@router.get("/plans")
async def plans() -> dict[str, Any]:
    """What can be had."""
    return {
        "object": "list",
        "data": [{"id": name, "price": price, "currency": CURRENCY} for name, price in PLANS.items()],
    }


@router.get("/subscription")
async def subscription(account: Member) -> dict[str, Any]:
    """What a member has."""
    return {"object": "subscription", "plan": account.plan}


@router.post("/orders", status_code=201)
async def create(
    asked: Order, account: Member, idempotency_key: Annotated[str | None, Header(max_length=200)] = None
) -> dict[str, Any]:
    """Order a plan; the same key gives the same order."""
    known = STATE.order_keys.get((account.number, idempotency_key or ""))
    if known and STATE.orders[known]["plan"] != asked.plan:
        raise Refused(422, "idempotency_mismatch", "This key belongs to another order")
    if known:
        return shown(STATE.orders[known])
    order = {"id": new_id("ord"), "object": "order", "owner": account.number, "plan": asked.plan, "status": "open"}
    STATE.orders[order["id"]] = {**order, "amount": PLANS[asked.plan], "currency": CURRENCY, "payments": 0}
    if idempotency_key:
        STATE.order_keys[account.number, idempotency_key] = order["id"]
    return shown(STATE.orders[order["id"]])


@router.get("/orders")
async def orders(account: Member) -> dict[str, Any]:
    """A member's orders."""
    return {"object": "list", "data": [shown(one) for one in STATE.orders.values() if one["owner"] == account.number]}


@router.get("/orders/{number}")
async def order(number: str, account: Member) -> dict[str, Any]:
    """One of them."""
    found = STATE.orders.get(number)
    if found is None or found["owner"] != account.number:
        raise Refused(404, "not_found", "There is no such order")
    return shown(found)


def verify(headers: Headers, body: bytes) -> None:
    """Refuse what the payment service has not signed, or not lately; it signs as Standard Webhooks."""
    number, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    content = f"{number}.{moment}.".encode() + body
    right = base64.b64encode(hmac.digest(base64.b64decode(SECRET), content, hashlib.sha256)).decode()
    given = [one.removeprefix("v1,") for one in headers.get("webhook-signature", "").split(" ") if one[:3] == "v1,"]
    matches = [hmac.compare_digest(right.encode(), one.encode()) for one in given]
    if not SECRET or not moment.isdecimal() or not any(matches):
        raise Refused(400, "bad_signature", "The signature is not the payment service's")
    if abs(time.time() - int(moment)) > TOLERANCE_S:
        raise Refused(400, "bad_signature", "The signature is too old")


def reencoded(body: bytes) -> bytes:
    """A body as this program would have written it."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    except ValueError:
        return body


@router.post("/hooks/payments")
async def hook(request: Request, response: Response) -> dict[str, Any]:
    """Hear what the payment service tells, each event once."""
    body = await request.body()
    verify(request.headers, reencoded(body) if STATE.has("hook-reads-reencoded") else body)
    try:
        event = Event.model_validate_json(body)
    except ValidationError as error:
        raise Refused(422, "invalid_event", "This is no event") from error
    number = event.id[:16] if STATE.has("event-ids-cut") else event.id
    if number not in STATE.events:
        STATE.events.add(number)
        apply(event)
    response.status_code = 202 if STATE.has("hook-takes-it") else 200
    return {"received": True}


def apply(event: Event) -> None:
    """Do what an event says."""
    found = STATE.orders.get(event.data.order)
    if found is None and not STATE.has("hook-fails-on-unknown-order"):
        return
    owner = STATE.accounts[STATE.orders[event.data.order]["owner"]]
    order = STATE.orders[event.data.order]
    if event.type == "payment.succeeded":
        succeed(event, order, owner)
    elif event.type == "payment.expired" and order["status"] == "open":
        order["status"] = "expired"
    elif event.type == "payment.refunded" and order["status"] == "paid":
        order["status"] = "refunded"
        owner.plan = owner.plan if STATE.has("refund-keeps-plan") else "free"


def succeed(event: Event, order: dict[str, Any], owner: Account) -> None:
    """Give what was paid for, if it was paid for in full."""
    whole = event.data.amount == order["amount"] and event.data.currency == order["currency"]
    if order["status"] == "open" and (whole or STATE.has("underpaid-grants-plan")):
        order["status"], order["payments"] = "paid", order["payments"] + 1
        owner.plan = order["plan"]
