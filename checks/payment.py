"""Payment: who is believed, how often, and at what price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.refusal import FORBIDDEN, refused_with
from gonogo.check import Effects, Severity, check
from gonogo.exchange import Refusal
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange
    from gonogo.promises import Plans
    from gonogo.purchase import Forgeries

PAYMENT = {"payment"}
ORDERS = {"create_order", "promises.plans"}
EVENTS = {*ORDERS, "plan", "payment", "payment_webhook"}
UPGRADES = {*EVENTS, "new-accounts"}
FORGED = {*EVENTS, "money-allowed"}
EVENT_REFUSED = (400, 401, 403, 422)
ORDER_REFUSED = (400, 403, 409, 422)


def captured(exchange: Exchange, name: str) -> str:
    """What the profile reads of an answer. Raises NotEvaluable when it is not there."""
    if name not in exchange.captured:
        raise NotEvaluable(f"{exchange} holds no {name}; see capture in operations.{exchange.request.operation}")
    return exchange.captured[name]


def free_at_first(began: Exchange, free: str) -> None:
    """Raise NotEvaluable unless the member was on the free plan at first: who has paid cannot be upgraded."""
    plan = captured(began, "current_plan")
    if plan != free:
        raise NotEvaluable(f"the member began on the plan {plan}; only from {free} can an upgrade be seen")


@check("payment.catalogue-price", Severity.CRITICAL, scenarios=PAYMENT, effects=Effects.MONEY, needs=ORDERS)
def costs_what_the_catalogue_says(orders: Sequence[Exchange], plans: Plans) -> Complaints:
    """
    An order costs what the catalogue says, also when the client names another price (OWASP API3:2023).

    Whoever can name the price pays one cent.

    Fix: take amount and currency from the catalogue; refuse them in the request, or read past them.
    """
    usual, underpriced = orders
    yield from wrong_price(usual, "the order", plans)
    what = "an order in which the client names the price"
    if underpriced.ok:
        yield from wrong_price(underpriced, what, plans)
    else:
        yield from refused_with(Refusal(refused=underpriced, before=usual), ORDER_REFUSED, what)


def wrong_price(order: Exchange, what: str, plans: Plans) -> Complaints:
    """Complain of a price that is not the catalogue's."""
    amount, currency = captured(order, "order_amount"), captured(order, "order_currency")
    if (amount, currency.lower()) != (str(plans.price), plans.currency.lower()):
        yield f"{what} costs {amount} {currency}, the catalogue says {plans.price} {plans.currency}"


@check("payment.no-early-upgrade", Severity.BLOCKER, scenarios=PAYMENT, effects=Effects.MONEY, needs=UPGRADES)
def ordering_is_not_paying(plans: Sequence[Exchange], free: str) -> Complaints:
    """
    After the order and before the payment the plan is still the free one.

    Otherwise nobody ever pays.

    Fix: grant the plan when the payment event arrives, never when the order is made.
    """
    began, ordered = plans
    free_at_first(began, free)
    plan = captured(ordered, "current_plan")
    if plan != free:
        yield f"ordered and not paid, the plan is {plan}, {free} expected"


@check("payment.upgrades-plan", Severity.BLOCKER, scenarios=PAYMENT, effects=Effects.MONEY, needs=UPGRADES)
def paying_upgrades(seen: Sequence[Exchange], promised: Plans, within_s: float) -> Complaints:
    """
    Who pays has the plan that was paid for, within seconds.

    A member who paid and got nothing asks for the money back.

    Fix: look at what the webhook does after it has verified the event, and at its queue.
    """
    began, event, upgraded = seen
    free_at_first(began, promised.free)
    plan = captured(upgraded, "current_plan")
    if plan != promised.paid:
        waited = upgraded.started_at - event.started_at
        yield f"{waited:.1f} s after the payment the plan is {plan}, {promised.paid} promised within {within_s:.0f} s"


def paid_by_nobody_else(*, lent: bool) -> None:
    """Raise NotEvaluable for a plan that changed in an account that others use too."""
    if lent:
        raise NotEvaluable("the plan changed, but the account is lent: others may have paid with it meanwhile")


def not_believed(forgeries: Forgeries, free: str) -> Complaints:
    """Complain of each event that was not refused, or that changed the plan although it was."""
    if not forgeries.tried:
        raise NotEvaluable("no event was tried")
    if not forgeries.lent:
        free_at_first(forgeries.began, free)
    for one in forgeries.tried:
        what = f"a payment event {one.how}"
        yield from refused_with(Refusal(refused=one.event, after=forgeries.believed), EVENT_REFUSED, what)
        before, after = captured(one.before, "current_plan"), captured(one.after, "current_plan")
        if before != after:
            paid_by_nobody_else(lent=forgeries.lent)
            yield f"{what} took the plan from {before} to {after}"


@check("payment.unsigned-refused", Severity.BLOCKER, scenarios=PAYMENT, effects=Effects.HOSTILE, needs=FORGED)
def unsigned_is_refused(forgeries: Forgeries, free: str) -> Complaints:
    """
    A payment event without a signature is refused, and changes nothing (OWASP ASVS 5.0, 4.1.5).

    The webhook's address is no secret: anyone could upgrade anyone.

    Fix: refuse an event whose signature is missing before anything else is done with it.
    """
    yield from not_believed(forgeries, free)


@check("payment.forged-refused", Severity.BLOCKER, scenarios=PAYMENT, effects=Effects.HOSTILE, needs=FORGED)
def forged_is_refused(forgeries: Forgeries, free: str) -> Complaints:
    """
    A payment event with a wrong signature is refused, and changes nothing.

    One changed digit, garbage and an empty key are what a forger tries first; a check that fails open
    lets all of them in.

    Fix: verify with the payment service's own library, and refuse to start without the secret.
    """
    yield from not_believed(forgeries, free)


@check("payment.body-bound", Severity.BLOCKER, scenarios=PAYMENT, effects=Effects.HOSTILE, needs=FORGED)
def signature_covers_the_body(forgeries: Forgeries, free: str) -> Complaints:
    """
    A signature is good for the body that was signed, and for no other.

    One harmless event that somebody saw would otherwise sign every payment.

    Fix: compute the signature over the raw bytes of the body as they came.
    """
    yield from not_believed(forgeries, free)


@check(
    "payment.replay-refused",
    Severity.CRITICAL,
    scenarios=PAYMENT,
    effects=Effects.HOSTILE,
    needs={*FORGED, "signed-moment"},
)
def old_event_is_refused(forgeries: Forgeries, free: str) -> Complaints:
    """
    A payment event that was signed minutes ago is refused (Stripe's tolerance is 300 s).

    A recorded event could otherwise be sent again at any time.

    Fix: compare the signed timestamp with the clock, and refuse what is older than five minutes.
    """
    yield from not_believed(forgeries, free)


@check(
    "payment.applied-once",
    Severity.CRITICAL,
    scenarios=PAYMENT,
    effects=Effects.MONEY,
    needs={*EVENTS, "get_order", "promises.payments_counted"},
)
def applied_once(seen: Sequence[Exchange]) -> Complaints:
    """
    The same payment event, delivered again, is thanked for and counts once.

    Payment services deliver at least once: every retry would otherwise pay again.

    Fix: keep the ids of the events that were applied under a unique key, in the same transaction.
    """
    *deliveries, order = seen
    if len(deliveries) < 2:  # noqa: PLR2004  once is no repetition
        raise NotEvaluable(f"{len(deliveries)} deliveries of an event cannot show whether it counts once")
    for number, delivery in enumerate(deliveries, 1):
        if not delivery.ok:
            yield f"delivery {number} of the same event was answered with {delivery.status or delivery.failure}"
    times = captured(order, "times_paid")
    if times != "1":
        yield f"{len(deliveries)} deliveries of one event: the order was paid {times} times, once expected"


@check("payment.unknown-event-harmless", Severity.MAJOR, scenarios=PAYMENT, effects=Effects.MONEY, needs=EVENTS)
def unknown_event_is_harmless(seen: Sequence[Exchange], *, lent: bool = False) -> Complaints:
    """
    An event of a type that means nothing here is thanked for, and has no effect.

    Payment services invent new types; a refusal makes them retry for days, and then switch the webhook off.

    Fix: answer 2xx to every event whose signature is right, and act on the known types alone.
    """
    before, event, after = seen
    if not event.ok:
        promised = " or ".join(str(status) for status in event.expected)
        yield f"an event of an unknown type was answered with {event.status or event.failure}, {promised} expected"
    was, became = captured(before, "current_plan"), captured(after, "current_plan")
    if was != became:
        paid_by_nobody_else(lent=lent)
        yield f"an event of an unknown type took the plan from {was} to {became}"


@check("payment.own-only", Severity.BLOCKER, scenarios=PAYMENT, effects=Effects.MONEY, needs={*ORDERS, "get_order"})
def others_cannot_see_an_order(refusal: Refusal) -> Complaints:
    """
    Nobody sees another member's order (OWASP API1:2023).

    It tells who buys what, and often at which address.

    Fix: look an order up by its id and its owner together.
    """
    yield from refused_with(refusal, (401, *FORBIDDEN), "another member's order")
