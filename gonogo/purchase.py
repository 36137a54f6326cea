"""
A plan that is ordered and paid for, and the payment events that nobody may believe.

No money is moved: an event is what the payment service would send, signed with the test secret.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gonogo.body import FORM, urlencoded
from gonogo.exchange import Refusal
from gonogo.trouble import HarnessTrouble
from gonogo.webhook import FLIPPED, KEYLESS, OLD_SCHEME, STALE, signature_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.exchange import Exchange, Request
    from gonogo.member import Member
    from gonogo.profile import Profile
    from gonogo.promises import Plans
    from gonogo.sections import Payment

UNKNOWN_TYPE = "gonogo.nothing.happened"
PAID_WITHIN_S = 5.0
UNDERPRICE = 1
OTHER_CURRENCY = "idr"
EVENTS_OF_THIS_RUN = f"evt_gonogo{secrets.token_hex(5)}"
"""Together with its end as long as Stripe's, which no column may cut."""


@dataclass(frozen=True, kw_only=True)
class Forged:
    """An event that must not be believed, how it is wrong, and the member's plan before and after it."""

    how: str
    event: Exchange
    before: Exchange
    after: Exchange

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The event, and the plan after it: a target may refuse an event and believe it all the same."""
        return (self.event, self.after)


@dataclass(frozen=True, kw_only=True)
class Forgeries:
    """
    Events with the same body, of which only the last one, `believed`, is the payment service's.

    `began` is the member's plan before the order. `steps` are what must go before to reproduce it. The account is
    `lent` where it may have paid before, and where others may pay with it now.
    """

    began: Exchange
    tried: tuple[Forged, ...]
    believed: Exchange
    steps: tuple[Exchange, ...] = ()
    lent: bool = False

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """What leads to the events, and they themselves."""
        return (*self.steps, *(exchange for one in self.tried for exchange in one.trail))


def plans_of(profile: Profile) -> Plans:
    """The promised plans. Raises HarnessTrouble where there are none: the part must be marked with needs."""
    if profile.promises.plans is None:
        raise HarnessTrouble("the profile makes no promises.plans: mark the part with needs")
    return profile.promises.plans


def payment(order: Exchange, profile: Profile, **other: Any) -> dict[str, Any]:  # noqa: ANN401  a template takes any value
    """Values for an event that says that an order is paid in full; `other` makes it say something else."""
    if profile.payment is None or "order_id" not in order.captured:
        raise HarnessTrouble(f"{order} captured no order_id, or the profile has no payment")
    plans = plans_of(profile)
    return {
        "event_id": new_event_id(),
        "event_type": profile.payment.paid_event,
        "created": int(time.time()),
        "order_id": order.captured["order_id"],
        "amount": plans.price,
        "currency": plans.currency,
        **other,
    }


async def upgrade(member: Member) -> None:
    """Have a member pay for the plan that is sold. Raises OperationFailed where that cannot be done."""
    profile, plans = member.profile, plans_of(member.profile)
    order = await member.do("create_order", plan=plans.paid)
    member.answered(await member.exchange(member.signed_event(**payment(order, profile))))
    await member.until("plan", "current_plan", plans.paid, within_s=PAID_WITHIN_S)


def new_event_id() -> str:
    """An id that no event has had; of those of one run only the end differs, as with a real payment service's."""
    return f"{EVENTS_OF_THIS_RUN}{secrets.token_hex(4)}"


def forged(member: Member, harmless: Request, values: Mapping[str, Any]) -> dict[str, Request]:
    """The same event in every way in which it must not be believed; `harmless` is another one, rightly signed."""
    payment = payment_of(member.profile)
    signed = foreign = member.signed_event(**values)
    for field in signature_fields(payment):
        foreign = foreign.with_header(field, harmless.headers.get(field))
    old = {} if payment.scheme == "hmac" else {"signed by an old scheme": member.signed_event(OLD_SCHEME, **values)}
    return {
        "without a signature": signed.without_header(payment.header),
        "with one digit of the signature changed": member.signed_event(FLIPPED, **values),
        "with garbage for a signature": signed.with_header(payment.header, "garbage"),
        "signed with an empty key": member.signed_event(KEYLESS, **values),
        **old,
        "with the signature of another event": foreign,
    }


def outdated(member: Member, values: Mapping[str, Any]) -> dict[str, Request]:
    """The same event, rightly signed, but too long ago."""
    return {f"signed {STALE.age_s:.0f} s ago": member.signed_event(STALE, **values)}


def keyed_order(member: Member, plan: str, key: str) -> Request:
    """An order that can be sent again with its key."""
    field = member.profile.promises.order_key
    if field is None:
        raise HarnessTrouble("the profile has no promises.order_key: mark the part with needs")
    return member.request("create_order", plan=plan).with_header(field, key)


def new_key() -> str:
    """A key that no order has had."""
    return f"gonogo-{secrets.token_hex(8)}"


async def order_at_once(member: Member, times: int) -> list[Exchange]:
    """Send the same order so many times at once and then again, all with the same key."""
    keyed = keyed_order(member, plans_of(member.profile).paid, new_key())
    together = await asyncio.gather(*(member.exchange(keyed) for _ in range(times)))
    return [*together, member.answered(await member.exchange(keyed))]


async def order_with_taken_key(member: Member) -> Refusal:
    """Order a plan, then another one with the same key, and then that one with a key of its own."""
    plan, key = member.profile.promises.other_plan, new_key()
    if plan is None:
        raise HarnessTrouble("the profile has no promises.other_plan: mark the part with needs")
    order = await member.exchange(keyed_order(member, plans_of(member.profile).paid, key))
    again = await member.exchange(keyed_order(member, plan, key))
    other = await member.exchange(keyed_order(member, plan, new_key()))
    return Refusal(before=order, refused=again, after=other, steps=(order,))


async def late(member: Member, profile: Profile) -> list[Exchange]:
    """Pay for an order, read it twice, have an event come that says what was before, and read it again."""
    if profile.promises.late_event is None:
        raise HarnessTrouble("the profile has no promises.late_event: mark the part with needs")
    order = await member.do("create_order", plan=plans_of(profile).paid)
    values = payment(order, profile)
    await member.exchange(member.signed_event(**values))
    before, again = await member.do("get_order"), await member.do("get_order")
    news = {"event_type": profile.promises.late_event, "event_id": new_event_id(), "created": values["created"] - 60}
    event = await member.exchange(member.signed_event(**(values | news)))
    return [before, again, event, await member.do("get_order")]


async def refund(member: Member, profile: Profile) -> list[Exchange]:
    """Pay for a plan, have the money given back, and read the plan before, between and after."""
    if profile.promises.refund_event is None:
        raise HarnessTrouble("the profile has no promises.refund_event: mark the part with needs")
    plans, began = plans_of(profile), await member.do("plan")
    values = payment(await member.do("create_order", plan=plans.paid), profile)
    member.answered(await member.exchange(member.signed_event(**values)))
    paid = await member.until("plan", "current_plan", plans.paid, within_s=PAID_WITHIN_S)
    news = {"event_type": profile.promises.refund_event, "event_id": new_event_id(), "created": int(time.time())}
    event = await member.exchange(member.signed_event(**(values | news)))
    return [began, paid, event, await member.until("plan", "current_plan", plans.free, within_s=PAID_WITHIN_S)]


def payment_of(profile: Profile) -> Payment:
    """How events are signed. Raises HarnessTrouble where the profile does not say."""
    if profile.payment is None:
        raise HarnessTrouble("the profile has no payment: mark the part with needs")
    return profile.payment


async def forge(member: Member, events: Mapping[str, Request]) -> tuple[Forged, ...]:
    """Send events that nobody may believe, and read the member's plan after each."""
    tried: list[Forged] = []
    before = await member.do("plan")
    for how, request in events.items():
        event = await member.exchange(request)
        after = await member.do("plan")
        tried.append(Forged(how=how, event=event, before=before, after=after))
        before = after
    return tuple(tried)


def underpriced(profile: Profile, request: Request) -> Request:
    """
    The same order, in which the client says what it costs.

    It says so in the fields in which the target itself tells the price. Raises HarnessTrouble where the profile does
    not say which these are, or the body has no fields.
    """
    captures = profile.operations[request.operation].capture
    sources = [captures.get(name, "") for name in ("order_amount", "order_currency")]
    amount, currency = (source.rpartition("/")[2] if source.startswith("json:/") else "" for source in sources)
    if not amount or not currency:
        raise HarnessTrouble(f"{request.operation} captures order_amount and order_currency from no JSON")
    return with_fields(request, {amount: UNDERPRICE, currency: OTHER_CURRENCY})


def with_fields(request: Request, fields: Mapping[str, Any]) -> Request:
    """The same request with fields added to its form or JSON object. Raises HarnessTrouble for any other body."""
    if request.headers.get("content-type") == FORM:
        added = urlencoded((name, str(value)) for name, value in fields.items()).encode()
        return replace(request, body=b"&".join(filter(None, (request.body, added))))
    try:
        document = {**json.loads(request.body), **fields}
    except (ValueError, TypeError) as error:
        raise HarnessTrouble(f"the body of {request.operation} takes no more fields") from error
    return replace(request, body=json.dumps(document).encode())
