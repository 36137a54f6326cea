"""An order, and the provider who says what became of it."""

import hashlib
import hmac
import json
import time
from typing import Any

import httpx


class Till:
    """An order of Alice's, and the provider who says that it was paid."""

    def __init__(self, member: httpx.AsyncClient, order: str, secret: str) -> None:
        self.member = member
        self.order = order
        self.secret = secret

    def header(self, body: bytes, *, secret: str | None = None, age_s: int = 0) -> str:
        """Sign a body."""
        at = int(time.time()) - age_s
        key = (self.secret if secret is None else secret).encode()
        return f"t={at},v1={hmac.new(key, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"

    def event(self, kind: str = "checkout.session.completed", number: str = "evt_1", **other: Any) -> bytes:  # noqa: ANN401  JSON
        """Write an event; `other` is what its checkout says instead of the usual."""
        checkout = {
            "id": "cs_1",
            "client_reference_id": self.order,
            "amount_total": 990,
            "currency": "usd",
            "payment_status": "paid",
            **other,
        }
        return json.dumps({"id": number, "type": kind, "data": {"object": checkout}}).encode()

    async def pay(self, *, signed: bool = True, secret: str | None = None, age_s: int = 0) -> int:
        """Send the event that says that the order is paid, and give the status of the answer."""
        body = self.event()
        return await self.deliver(body, self.header(body, secret=secret, age_s=age_s) if signed else None)

    async def deliver(self, body: bytes, header: str | None) -> int:
        """Send an event and give the status of the answer."""
        headers = {} if header is None else {"Stripe-Signature": header}
        return (await self.member.post("/webhooks/payments", content=body, headers=headers)).status_code

    async def state(self) -> tuple[str, int, str]:
        """Give the order's status, how often it was paid, and the member's plan."""
        order = (await self.member.get(f"/billing/orders/{self.order}")).json()
        return order["status"], order["times_paid"], (await self.member.get("/billing/plan")).json()["plan"]
