"""Each check of deliveries stays silent on what is right, complains of what is wrong, and judges nothing unseen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from checks import webhook
from gonogo.check import Check
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.check import Bound


def answer(status: int | None = 200, person: str = "bob", body: object = None, **captured: str) -> Exchange:
    """An answer, and what the profile reads of it."""
    return Exchange(
        id="x-1",
        person=person,
        request=Request(operation="get_order", method="GET", url="https://chat.example.com/x"),
        status=status,
        body=json.dumps(body).encode(),
        expected=(200,),
        failure=None if status else "the connection was refused",
        captured=captured,
    )


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


OK, REFUSED, CRASHED, DEAF = answer(), answer(409), answer(500), answer(None)
BROKE = "was answered with 500, no 5xx expected"


@pytest.mark.parametrize(
    ("seen", "complaints"),
    [
        ([OK, OK, answer(times_paid="1")], []),
        ([OK, REFUSED, answer(times_paid="1")], []),
        (
            [OK, OK, answer(times_paid="2")],
            ["2 deliveries of one event at once: the order was paid 2 times, once expected"],
        ),
        ([OK, CRASHED, answer(times_paid="1")], [f"a delivery among others at once {BROKE}"]),
    ],
)
def test_once_at_once(seen: list[Exchange], complaints: list[str]) -> None:
    """What comes at once may be refused, but counts once, and breaks nothing."""
    assert said(webhook.counts_once_at_once, seen) == complaints


def test_two_signatures() -> None:
    """The second signature must be read where a single one is."""
    assert said(webhook.two_signatures_are_taken, [OK, OK]) == []
    assert said(webhook.two_signatures_are_taken, [answer(401), OK]) == [
        "an event with a second, right signature was answered with 401, 200 expected"
    ]


def test_any_spacing() -> None:
    """Spaces change nothing where the event without them is taken."""
    assert said(webhook.spacing_is_free, [OK, OK]) == []
    assert said(webhook.spacing_is_free, [OK, REFUSED]) == [
        "an event whose JSON is spaced was answered with 409, though it is rightly signed"
    ]


def test_unknown_order() -> None:
    """Any answer but a broken one will do."""
    assert [said(webhook.unknown_order_is_harmless, one) for one in (OK, answer(404))] == [[], []]
    assert said(webhook.unknown_order_is_harmless, CRASHED) == [f"a payment for an order that is not there {BROKE}"]
    assert said(webhook.unknown_order_is_harmless, DEAF) == [
        "a payment for an order that is not there was answered with the connection was refused, no 5xx expected"
    ]


def test_the_whole_price() -> None:
    """Refused or thanked for, too little must not upgrade."""
    free, paid = answer(current_plan="FREE"), answer(current_plan="PREMIUM")
    check = webhook.only_the_whole_price_pays("FREE")
    assert said(check, [free, OK, free, answer(422), free]) == []
    assert said(check, [free, OK, free, OK, paid]) == [
        "a payment that does not cover the order (200) took the plan from FREE to PREMIUM"
    ]


def test_late_events() -> None:
    """The order reads the same after a late event, but for moments."""
    paid = answer(body={"status": "paid", "seen": "2026-01-01T00:00:00Z"})
    later = answer(body={"status": "paid", "seen": "2026-01-01T00:00:09Z"})
    assert said(webhook.late_event_is_harmless, [paid, paid, OK, later]) == []
    assert said(webhook.late_event_is_harmless, [paid, paid, CRASHED, paid]) == [f"an event that came late {BROKE}"]
    assert said(webhook.late_event_is_harmless, [paid, paid, OK, answer(body={"status": "expired"})]) == [
        "the paid order is another one after an event that came late"
    ]


def test_ordered_once() -> None:
    """One key is one order; whoever is told to wait has made none."""
    one, other = answer(order_id="o-1"), answer(order_id="o-2")
    assert said(webhook.ordered_once, [one, REFUSED, one]) == []
    assert said(webhook.ordered_once, [one, CRASHED]) == [f"an order that was sent again {BROKE}"]
    assert said(webhook.ordered_once, [one, other, one]) == [
        "3 times the same order with the same key made 2 orders, one expected"
    ]


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_key_of_another_order_is_refused(status: int) -> None:
    """Any word for "not with this key" will do, beside the same order with a key of its own."""
    assert said(webhook.key_binds_order, Refusal(before=OK, refused=answer(status), after=OK)) == []


@pytest.mark.parametrize("status", [200, 201, 404, 500])
def test_a_key_of_another_order_is_taken(status: int) -> None:
    """Whoever answers as if all was well, or breaks, is told."""
    assert said(webhook.key_binds_order, Refusal(before=OK, refused=answer(status), after=OK)) == [
        f"an order for another plan with the key of an order was answered with {status}, 400 or 409 or 422 expected"
    ]


def test_lists_of_orders() -> None:
    """Another member's list must lack what the member's own holds."""
    order, own, empty = answer(order_id="o-1"), answer(body=["o-1"], person="miser"), answer(body=[])
    assert said(webhook.lists_own_orders(own, empty), order) == []
    assert said(webhook.lists_own_orders(own, answer(body=["o-1"])), order) == [
        "bob's list of orders holds an order of miser"
    ]


@pytest.mark.parametrize(
    "look",
    [
        lambda: said(webhook.counts_once_at_once, [REFUSED, answer(times_paid="0")]),
        lambda: said(webhook.counts_once_at_once, [OK, answer()]),
        lambda: said(webhook.two_signatures_are_taken, [OK, REFUSED]),
        lambda: said(webhook.spacing_is_free, [REFUSED, OK]),
        lambda: said(webhook.only_the_whole_price_pays("FREE"), [answer(current_plan="PREMIUM")]),
        lambda: said(webhook.late_event_is_harmless, [OK, OK, OK, answer(404)]),
        lambda: said(webhook.ordered_once, [REFUSED, REFUSED]),
        lambda: said(webhook.key_binds_order, Refusal(before=REFUSED, refused=REFUSED, after=OK)),
        lambda: said(webhook.key_binds_order, Refusal(before=OK, refused=REFUSED, after=REFUSED)),
        lambda: said(webhook.lists_own_orders(answer(body=[]), answer(body=[])), answer(order_id="o-1")),
    ],
)
def test_what_shows_nothing(look: Callable[[], list[str]]) -> None:
    """Where nothing can be seen, nobody passes."""
    with pytest.raises(NotEvaluable):
        look()


FREE, PAID = answer(current_plan="free"), answer(current_plan="paid")


@pytest.mark.parametrize(
    ("seen", "complaints"),
    [
        ([FREE, PAID, OK, FREE], []),
        ([FREE, PAID, OK, PAID], ["0.0 s after the refund the plan is paid, free expected"]),
        ([FREE, PAID, CRASHED, FREE], [f"a refund {BROKE}"]),
    ],
)
def test_a_refund(seen: list[Exchange], complaints: list[str]) -> None:
    """What a refund pays back is no longer there."""
    assert said(webhook.refund_ends_the_plan("free"), seen) == complaints


@pytest.mark.parametrize("began", [FREE, PAID])
def test_a_refund_of_nothing(began: Exchange) -> None:
    """Where no payment changed the plan, its refund tells nothing."""
    with pytest.raises(NotEvaluable, match="before the refund"):
        said(webhook.refund_ends_the_plan("free"), [began, began, OK, FREE])
