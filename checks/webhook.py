"""Payment events that come at once, late, signed twice or for too little, and orders that are sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.payment import EVENTS, ORDERS, PAYMENT, UPGRADES, captured
from checks.refusal import refused_with
from gonogo.check import Effects, Severity, check
from gonogo.links import changed
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal

BROKEN = 500
KEY_REFUSED = (400, 409, 422)
COUNTED = {*EVENTS, "get_order", "promises.payments_counted"}


@check("payment.once-at-once", Severity.CRITICAL, scenarios=PAYMENT, effects=Effects.MONEY, needs=COUNTED)
def counts_once_at_once(seen: Sequence[Exchange]) -> Complaints:
    """
    The same payment event, delivered several times at once, counts once.

    Payment services deliver again while the first delivery is at work; who looks first and writes later pays twice.

    Fix: insert the event's id under a unique key in the transaction that applies it, and apply it only if that worked.
    """
    *deliveries, order = seen
    if not any(one.ok for one in deliveries):
        raise NotEvaluable(f"none of {len(deliveries)} deliveries was taken")
    yield from unbroken(deliveries, "a delivery among others at once")
    times = captured(order, "times_paid")
    if times != "1":
        yield f"{len(deliveries)} deliveries of one event at once: the order was paid {times} times, once expected"


@check(
    "payment.two-signatures",
    Severity.MAJOR,
    scenarios=PAYMENT,
    effects=Effects.MONEY,
    needs={*EVENTS, "signed-moment"},
)
def two_signatures_are_taken(seen: Sequence[Exchange]) -> Complaints:
    """
    An event with two signatures is taken if one of them is right (Stripe: one for each secret that is active).

    While a secret is replaced, every event has two; who reads the first alone loses payments for a day.

    Fix: give the whole header field to the payment service's own library.
    """
    rotated, single = seen
    if not single.ok:
        raise NotEvaluable(f"the same event with one signature was answered with {single.status or single.failure}")
    if not rotated.ok:
        status = rotated.status or rotated.failure
        yield f"an event with a second, right signature was answered with {status}, {single.status} expected"


@check("payment.any-spacing", Severity.MAJOR, scenarios=PAYMENT, effects=Effects.MONEY, needs={*EVENTS, "json-events"})
def spacing_is_free(seen: Sequence[Exchange]) -> Complaints:
    """
    An event that is rightly signed is taken however its JSON is spaced.

    A framework that reads the body first gives the signature another text than was signed: it fits while both happen
    to write JSON alike, and no longer after an upgrade of either.

    Fix: compute the signature over the raw bytes of the body, before anything reads it.
    """
    dense, spaced = seen
    if not dense.ok:
        raise NotEvaluable(f"the same event without spaces was answered with {dense.status or dense.failure}")
    if not spaced.ok:
        got = spaced.status or spaced.failure
        yield f"an event whose JSON is spaced was answered with {got}, though it is rightly signed"


@check("payment.unknown-order-harmless", Severity.MAJOR, scenarios=PAYMENT, effects=Effects.MONEY, needs=EVENTS)
def unknown_order_is_harmless(event: Exchange) -> Complaints:
    """
    A payment for an order that is not there breaks nothing.

    Payment services send an event again for days after a 500, and then switch the webhook off.

    Fix: log the payment of an order that nobody knows, and answer 2xx, or 404 where that is documented.
    """
    yield from unbroken([event], "a payment for an order that is not there")


@check("payment.covers-order", Severity.CRITICAL, scenarios=PAYMENT, effects=Effects.MONEY, needs=UPGRADES)
def only_the_whole_price_pays(seen: Sequence[Exchange], free: str) -> Complaints:
    """
    A payment of another amount, or in another currency, grants no plan.

    Coupons, partial captures and wrong links send such events, rightly signed.

    Fix: compare amount and currency with the order before anything is granted.
    """
    before, *pairs = seen
    plan = captured(before, "current_plan")
    if plan != free:
        raise NotEvaluable(f"the member is on the plan {plan} already; only from {free} can an upgrade be seen")
    for event, after in zip(pairs[::2], pairs[1::2], strict=True):
        became = captured(after, "current_plan")
        if became != plan:
            yield f"a payment that does not cover the order ({event.status}) took the plan from {plan} to {became}"
            return


@check(
    "payment.late-event-harmless",
    Severity.MAJOR,
    scenarios=PAYMENT,
    effects=Effects.MONEY,
    needs={*EVENTS, "get_order", "promises.late_event"},
)
def late_event_is_harmless(seen: Sequence[Exchange]) -> Complaints:
    """
    An event that comes late moves no paid order backwards.

    Payment services promise no order of delivery: the news of yesterday may come after today's.

    Fix: give the states of an order a rank, and let an event only move it to a higher one.
    """
    before, again, event, after = seen
    if not before.ok or not after.ok:
        raise NotEvaluable("the order could not be read before and after the event")
    yield from unbroken([event], "an event that came late")
    if changed(before, again, after):
        yield "the paid order is another one after an event that came late"


@check(
    "payment.refund-ends-plan",
    Severity.MAJOR,
    scenarios=PAYMENT,
    effects=Effects.MONEY,
    needs={*EVENTS, "promises.refund_event", "new-accounts"},
)
def refund_ends_the_plan(seen: Sequence[Exchange], free: str) -> Complaints:
    """
    Who gets the money back has the plan no longer.

    It is the cheapest of all plans: pay, be refunded, and stay.

    Fix: let the event that ends a payment end what it bought, in the same transaction.
    """
    began, paid, after = (captured(one, "current_plan") for one in (*seen[:2], seen[3]))
    if not (began == free and paid not in {"", began}):
        raise NotEvaluable(f"the plan went from {began or 'nothing'} to {paid or 'nothing'} before the refund")
    yield from unbroken(seen[2:3], "a refund")
    if after != free:
        waited = seen[3].started_at - seen[2].started_at
        yield f"{waited:.1f} s after the refund the plan is {after or 'not told'}, {free} expected"


@check(
    "payment.order-once",
    Severity.MAJOR,
    scenarios=PAYMENT,
    effects=Effects.MONEY,
    needs={*ORDERS, "promises.order_key"},
)
def ordered_once(orders: Sequence[Exchange]) -> Complaints:
    """
    An order that is sent again with the same key, also at once, is the same order (IETF idempotency-key draft).

    People press the button twice, and clients try again: each would be an order to pay.

    Fix: keep the key with the order under a unique index, and answer a known key with its order.
    """
    made = sorted({captured(one, "order_id") for one in orders if one.ok})
    if not made:
        raise NotEvaluable(f"none of {len(orders)} orders was taken")
    yield from unbroken(orders, "an order that was sent again")
    if len(made) > 1:
        yield f"{len(orders)} times the same order with the same key made {len(made)} orders, one expected"


@check(
    "payment.key-binds-order",
    Severity.MAJOR,
    scenarios=PAYMENT,
    effects=Effects.MONEY,
    needs={*ORDERS, "promises.order_key", "promises.other_plan"},
)
def key_binds_order(refusal: Refusal) -> Complaints:
    """
    The key of an order makes no order for another plan (IETF idempotency-key draft: 422; Stripe: 400).

    Whoever gets the old order, or a second one, believes to have ordered what was asked for.

    Fix: keep what was ordered beside its key, and refuse the key with anything else.
    """
    yield from refused_with(refusal, KEY_REFUSED, "an order for another plan with the key of an order")


@check(
    "payment.list-own-only", Severity.BLOCKER, scenarios=PAYMENT, effects=Effects.MONEY, needs={*ORDERS, "list_orders"}
)
def lists_own_orders(order: Exchange, own: Exchange, foreign: Exchange) -> Complaints:
    """
    The list of orders holds the member's own ones, and nobody else's (OWASP API1:2023).

    It tells who buys what.

    Fix: ask the database for the orders of the member who asks.
    """
    number = captured(order, "order_id")
    if number not in own.text:
        raise NotEvaluable("the member's own list does not hold the order that was just made")
    if number in foreign.text:
        yield f"{foreign.person}'s list of orders holds an order of {own.person}"


def unbroken(answers: Sequence[Exchange], what: str) -> Complaints:
    """Complain of answers that are none, or say that the target broke."""
    for one in answers:
        if one.status is None or one.status >= BROKEN:
            yield f"{what} was answered with {one.status or one.failure}, no 5xx expected"
