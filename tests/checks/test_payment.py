"""Each check of payment stays silent on what is right, complains of what is wrong, and judges nothing unseen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from checks import payment
from gonogo.check import Check
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.promises import Plans
from gonogo.purchase import Forged, Forgeries
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Bound

PLANS = Plans(free="FREE", paid="PREMIUM", price=990, currency="usd")
BELIEVED = [payment.unsigned_is_refused, payment.forged_is_refused]
BELIEVED += [payment.signature_covers_the_body, payment.old_event_is_refused]
every_forgery = pytest.mark.parametrize("check", BELIEVED, ids=[check.id for check in BELIEVED])


def answer(
    operation: str, status: int | None = 200, *, expected: int = 200, at: float = 0.0, **captured: str
) -> Exchange:
    """An answer, and what the profile reads of it."""
    return Exchange(
        id="x-1",
        person="buyer",
        request=Request(operation=operation, method="POST", url="https://chat.example.com/x"),
        status=status,
        expected=(expected,),
        failure=None if status else "the connection was refused",
        started_at=at,
        captured=captured,
    )


def plan(name: str | None, at: float = 0.0) -> Exchange:
    """An answer that tells the plan, or none."""
    return answer("plan", at=at, current_plan=name) if name else answer("plan", at=at)


def order(amount: str = "990", currency: str = "usd", status: int = 201) -> Exchange:
    """An order at a price."""
    return answer("create_order", status, expected=201, order_amount=amount, order_currency=currency)


def event(status: int | None = 200) -> Exchange:
    """What the webhook answered."""
    return answer("payment_webhook", status)


def forgeries(status: int | None = 401, *, began: str = "FREE", after: str = "FREE", twin: int = 200) -> Forgeries:
    """One event that must not be believed, and what came of it."""
    tried = Forged(how="without a signature", event=event(status), before=plan("FREE"), after=plan(after))
    return Forgeries(began=plan(began), tried=(tried,), believed=event(twin))


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


@pytest.mark.parametrize("second", [order(), order(currency="USD"), order("", "", status=422)])
def test_the_catalogues_price_is_right(second: Exchange) -> None:
    """The catalogue's price is right, and so is a refusal to hear of another."""
    assert said(payment.costs_what_the_catalogue_says(PLANS), [order(), second]) == []


@pytest.mark.parametrize(
    ("orders", "complaint"),
    [
        ([order("99"), order("", "", status=422)], "the order costs 99 usd, the catalogue says 990 usd"),
        ([order(), order("1")], "an order in which the client names the price costs 1 usd, the catalogue says 990 usd"),
        (
            [order(), order(currency="idr")],
            "an order in which the client names the price costs 990 idr, the catalogue says 990 usd",
        ),
        (
            [order(), order(status=500)],
            "an order in which the client names the price was answered with 500, 400 or 403 or 409 or 422 expected",
        ),
    ],
)
def test_another_price_is_wrong(orders: Sequence[Exchange], complaint: str) -> None:
    """Another amount, another currency and a crash are told with both prices."""
    assert said(payment.costs_what_the_catalogue_says(PLANS), orders) == [complaint]


def test_a_price_that_is_not_told_cannot_be_judged() -> None:
    """An order that holds no price, and a refusal whose twin failed, say nothing."""
    silent = answer("create_order", 201, expected=201)
    with pytest.raises(NotEvaluable, match="order_amount"):
        said(payment.costs_what_the_catalogue_says(PLANS), [silent, order()])
    with pytest.raises(NotEvaluable, match="twin"):
        said(payment.costs_what_the_catalogue_says(PLANS), [order(status=500), order(status=422)])


def test_an_order_is_no_payment() -> None:
    """The free plan stays until it is paid for; any other is told."""
    check = payment.ordering_is_not_paying("FREE")
    assert said(check, [plan("FREE"), plan("FREE")]) == []
    assert said(check, [plan("FREE"), plan("PREMIUM")]) == ["ordered and not paid, the plan is PREMIUM, FREE expected"]
    for unseen in ([plan("PREMIUM"), plan("PREMIUM")], [plan(None), plan("FREE")], [plan("FREE"), plan(None)]):
        with pytest.raises(NotEvaluable):
            said(check, unseen)


def test_a_payment_upgrades() -> None:
    """The plan that was paid for is right; another is told with how long it took."""
    check = payment.paying_upgrades(PLANS, 5.0)
    assert said(check, [plan("FREE"), event(), plan("PREMIUM")]) == []
    assert said(check, [plan("FREE"), event(), plan("FREE", at=5.2)]) == [
        "5.2 s after the payment the plan is FREE, PREMIUM promised within 5 s"
    ]
    for unseen in ([plan("PREMIUM"), event(), plan("PREMIUM")], [plan("FREE"), event(), plan(None)]):
        with pytest.raises(NotEvaluable):
            said(check, unseen)


@every_forgery
@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_refused_forgery_is_right(check: Check[Forgeries, [str]], status: int) -> None:
    """An event that was refused, and left the plan alone, is right."""
    assert said(check("FREE"), forgeries(status)) == []


@every_forgery
@pytest.mark.parametrize(
    ("subject", "complaint"),
    [
        (
            forgeries(200),
            "a payment event without a signature was answered with 200, 400 or 401 or 403 or 422 expected",
        ),
        (
            forgeries(500),
            "a payment event without a signature was answered with 500, 400 or 401 or 403 or 422 expected",
        ),
        (
            forgeries(404),
            "a payment event without a signature was answered with 404, 400 or 401 or 403 or 422 expected",
        ),
        (
            forgeries(None),
            (
                "a payment event without a signature was answered with the connection was refused, "
                "400 or 401 or 403 or 422 expected"
            ),
        ),
        (forgeries(401, after="PREMIUM"), "a payment event without a signature took the plan from FREE to PREMIUM"),
    ],
    ids=["believed", "crashed", "lost", "cut", "refused and applied"],
)
def test_a_believed_forgery_is_wrong(check: Check[Forgeries, [str]], subject: Forgeries, complaint: str) -> None:
    """An event that was believed, or refused and applied all the same, is told."""
    assert said(check("FREE"), subject) == [complaint]


@every_forgery
@pytest.mark.parametrize(
    "subject",
    [
        replace(forgeries(), tried=()),
        forgeries(began="PREMIUM"),
        forgeries(twin=401),
        replace(forgeries(), began=plan(None)),
    ],
    ids=["nothing tried", "paid before", "the twin failed", "no plan"],
)
def test_a_forgery_unseen_cannot_be_judged(check: Check[Forgeries, [str]], subject: Forgeries) -> None:
    """Without an event, a member on the free plan and a twin that was believed, nothing is proven."""
    with pytest.raises(NotEvaluable):
        said(check("FREE"), subject)


def test_an_event_counts_once() -> None:
    """Paid once is right; more, fewer, or a delivery that was refused is told."""
    once, twice, never = (answer("get_order", times_paid=times) for times in ("1", "2", "0"))
    assert said(payment.applied_once, [event(), event(), once]) == []
    assert said(payment.applied_once, [event(), event(), event(), twice]) == [
        "3 deliveries of one event: the order was paid 2 times, once expected"
    ]
    assert said(payment.applied_once, [event(), event(), never]) == [
        "2 deliveries of one event: the order was paid 0 times, once expected"
    ]
    assert said(payment.applied_once, [event(), event(409), once]) == [
        "delivery 2 of the same event was answered with 409"
    ]


def test_a_single_delivery_cannot_be_judged() -> None:
    """One delivery is no repetition, and an order that does not count its payments tells nothing."""
    for unseen in ([event(), answer("get_order", times_paid="1")], [event(), event(), answer("get_order")]):
        with pytest.raises(NotEvaluable):
            said(payment.applied_once, unseen)


def test_an_unknown_event_is_harmless() -> None:
    """It is thanked for and changes nothing; a refusal and an effect are told."""
    check = payment.unknown_event_is_harmless
    assert said(check, [plan("FREE"), event(), plan("FREE")]) == []
    assert said(check, [plan("FREE"), event(500), plan("FREE")]) == [
        "an event of an unknown type was answered with 500, 200 expected"
    ]
    assert said(check, [plan("FREE"), event(), plan("PREMIUM")]) == [
        "an event of an unknown type took the plan from FREE to PREMIUM"
    ]
    with pytest.raises(NotEvaluable):
        said(check, [plan("FREE"), event(), plan(None)])


def test_a_lent_account_may_have_paid() -> None:
    """In a lent account somebody else may pay, before and meanwhile; an event that is believed is told all the same."""
    check = payment.forged_is_refused("FREE")
    assert said(check, replace(forgeries(began="PREMIUM"), lent=True)) == []
    assert said(check, replace(forgeries(200, began="PREMIUM"), lent=True)) != []
    with pytest.raises(NotEvaluable, match="others may have paid"):
        said(check, replace(forgeries(after="PREMIUM"), lent=True))
    with pytest.raises(NotEvaluable, match="others may have paid"):
        said(payment.unknown_event_is_harmless(lent=True), [plan("FREE"), event(), plan("PREMIUM")])


def test_an_order_is_ones_own() -> None:
    """Another member is refused what the owner gets."""
    check, own = payment.others_cannot_see_an_order, answer("get_order")
    assert said(check, Refusal(refused=answer("get_order", 404), before=own, after=own)) == []
    assert said(check, Refusal(refused=own, before=own, after=own)) == [
        "another member's order was answered with 200, 401 or 403 or 404 expected"
    ]
    for unseen in (Refusal(refused=answer("get_order", 404)), Refusal(refused=own, before=answer("get_order", 404))):
        with pytest.raises(NotEvaluable):
            said(check, unseen)


def test_a_finding_shows_what_leads_to_it() -> None:
    """The trail of forgeries starts with what must go before them, and shows the plan after each."""
    subject = replace(forgeries(), steps=(event(),))
    assert subject.trail == (event(), event(401), subject.tried[0].after)
    assert subject.tried[0].trail == (event(401), subject.tried[0].after)
