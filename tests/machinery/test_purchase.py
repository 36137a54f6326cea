"""Payment events are signed, forged and priced as they say."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from gonogo import purchase
from gonogo.check import Effects
from gonogo.exchange import Exchange, Headers, Request
from gonogo.profile import Profile, load_profile
from gonogo.sections import Payment
from gonogo.trouble import HarnessTrouble
from gonogo.webhook import FRESH, ROTATED, SIGNINGS, Signing

if TYPE_CHECKING:
    from gonogo.member import Member

SECRETS = {"GONOGO_WEBHOOK_SECRET": "whsec_test", "GONOGO_OPERATOR_TOKEN": "operator-token"}
FORM = Headers((("Content-Type", "application/x-www-form-urlencoded"),))


@pytest.fixture(scope="module")
def profile() -> Profile:
    """The reference service's."""
    return load_profile("reference", SECRETS, base_url="https://chat.example.com", environment="staging")


def order(**captured: str) -> Exchange:
    """An order that was made."""
    request = Request(operation="create_order", method="POST", url="https://chat.example.com/x", body=b'{"plan":"P"}')
    return Exchange(id="x-1", person="buyer", request=request, status=201, captured=captured)


def test_a_payment_says_what_is_promised(profile: Profile) -> None:
    """An event is for the order, over the catalogue's price; each has an id of its own, and may say something else."""
    assert profile.allows(Effects.MONEY)
    values = purchase.payment(order(order_id="o1"), profile)
    assert {key: values[key] for key in ("order_id", "amount", "currency", "event_type")} == {
        "order_id": "o1",
        "amount": 990,
        "currency": "usd",
        "event_type": "checkout.session.completed",
    }
    other = purchase.payment(order(order_id="o1"), profile, event_type=purchase.UNKNOWN_TYPE)
    assert other["event_type"] == purchase.UNKNOWN_TYPE
    assert other["event_id"] != values["event_id"]


def test_a_payment_needs_an_order_and_promises(profile: Profile) -> None:
    """Without an order's id, a payment section or plans there is nothing to pay, and it is said."""
    with pytest.raises(HarnessTrouble, match="order_id"):
        purchase.payment(order(), profile)
    poor = profile.model_copy(update={"payment": None})
    for call in (lambda: purchase.payment(order(order_id="o1"), poor), lambda: purchase.payment_of(poor)):
        with pytest.raises(HarnessTrouble, match="payment"):
            call()
    with pytest.raises(HarnessTrouble, match="plans"):
        purchase.plans_of(profile.model_copy(update={"promises": profile.promises.model_copy(update={"plans": None})}))


def test_an_underpriced_order_names_the_price_as_the_target_does(profile: Profile) -> None:
    """The price goes into the fields in which the target tells it; what was there stays."""
    request = purchase.underpriced(profile, order().request)
    assert json.loads(request.body) == {"plan": "P", "amount_cents": 1, "currency": "idr"}
    form = replace(order().request, headers=FORM, body=b"plan=P")
    assert purchase.underpriced(profile, form).body == b"plan=P&amount_cents=1&currency=idr"
    assert purchase.with_fields(replace(form, body=b""), {"a": 1}).body == b"a=1"


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]"])
def test_an_order_without_fields_cannot_be_underpriced(profile: Profile, body: bytes) -> None:
    """A body that takes no fields is our trouble, and not the target's."""
    with pytest.raises(HarnessTrouble, match="no more fields"):
        purchase.underpriced(profile, replace(order().request, body=body))


@pytest.mark.parametrize("source", ["header:X-Price", ""])
def test_a_price_that_is_told_otherwise_cannot_be_sent(profile: Profile, source: str) -> None:
    """Where the price is in no JSON, nobody knows what field to send."""
    create = profile.operations["create_order"]
    told = {name: value for name, value in create.capture.items() if name != "order_amount"}
    told |= {"order_amount": source} if source else {}
    operations = {**profile.operations, "create_order": create.model_copy(update={"capture": told})}
    with pytest.raises(HarnessTrouble, match="order_amount"):
        purchase.underpriced(profile.model_copy(update={"operations": operations}), order().request)


def test_what_follows_a_forged_event_shows_its_effect() -> None:
    """A refused event may take effect all the same: the plan after each is among what is sent again."""
    event, plan = order(), replace(order(), id="x-2")
    one = purchase.Forged(how="unsigned", event=event, before=plan, after=plan)
    assert purchase.Forgeries(began=plan, tried=(one,), believed=event, steps=(event,)).trail == (event, event, plan)


def test_every_forged_signature_is_made_by_a_signing_of_its_own(profile: Profile) -> None:
    """None is written out by us, so that each stands behind a variable; only garbage and nothing need none."""

    class Signer:
        """Says how each event was signed."""

        def __init__(self) -> None:
            self.profile = profile

        def signed_event(self, signing: Signing = FRESH, **_values: object) -> Request:
            """An event whose signature names its variable."""
            return replace(order().request, headers=Headers((("Stripe-Signature", signing.variable),)))

    signer = cast("Member", Signer())
    sent = purchase.forged(signer, signer.signed_event(), {}) | purchase.outdated(signer, {})
    known = {one.variable for one in SIGNINGS if one is not ROTATED} | {"garbage", ""}
    assert {request.headers.get("Stripe-Signature") for request in sent.values()} == known


@pytest.mark.parametrize(
    ("scheme", "header", "fields", "count"),
    [
        ("stripe", "Stripe-Signature", {"stripe-signature"}, 6),
        ("standard-webhooks", "webhook-signature", {"webhook-id", "webhook-timestamp", "webhook-signature"}, 6),
        ("hmac", "X-Sign", {"x-sign"}, 5),
    ],
)
def test_each_scheme_is_forged_as_it_can_be(
    profile: Profile, scheme: str, header: str, fields: set[str], count: int
) -> None:
    """Another event's signature comes with all that it covers; a scheme without versions has no old one."""
    signs = Payment(mode="signed-event", secret="whsec_c2VjcmV0", scheme=scheme, header=header)

    class Signer:
        """Signs a body."""

        profile_of = profile.model_copy(update={"payment": signs})

        def __init__(self) -> None:
            self.profile = self.profile_of

        def signed_event(self, signing: Signing = FRESH, **values: object) -> Request:
            """An event with all the fields of its signature."""
            body = json.dumps(values).encode()
            return replace(
                order().request, body=body, headers=Headers(tuple(signing.headers(signs, body, 1.0).items()))
            )

    signer = cast("Member", Signer())
    harmless = signer.signed_event(harmless=True)
    sent = purchase.forged(signer, harmless, {"order": 1})
    foreign = sent["with the signature of another event"]
    assert len(sent) == count
    assert foreign.headers == harmless.headers
    assert foreign.body == sent["with garbage for a signature"].body != harmless.body
    assert {name.lower() for name, _ in foreign.headers} == fields
    assert header not in sent["without a signature"].headers


async def test_without_the_promise_nothing_is_tried(profile: Profile) -> None:
    """What the profile does not promise is marked with needs, and not tried."""
    silent = profile.model_copy(
        update={
            "promises": profile.promises.model_copy(
                update={"order_key": None, "other_plan": None, "late_event": None, "refund_event": None},
            )
        }
    )
    member = cast("Member", SimpleNamespace(profile=silent))
    with pytest.raises(HarnessTrouble, match=r"promises\.order_key"):
        await purchase.order_at_once(member, 2)
    with pytest.raises(HarnessTrouble, match=r"promises\.other_plan"):
        await purchase.order_with_taken_key(member)
    with pytest.raises(HarnessTrouble, match=r"promises\.late_event"):
        await purchase.late(member, silent)
    with pytest.raises(HarnessTrouble, match=r"promises\.refund_event"):
        await purchase.refund(member, silent)


async def test_a_taken_key_stands_between_two_orders_that_are_not(profile: Profile) -> None:
    """Only the plan differs from the order before, and only the key from the one after; the first leads to it."""
    sent: list[tuple[str, str]] = []

    class Orderer:
        """Notes what is ordered."""

        def __init__(self) -> None:
            self.profile = profile

        def request(self, _operation: str, *, plan: str) -> Request:
            """An order for a plan."""
            return replace(order().request, body=plan.encode())

        async def exchange(self, request: Request) -> Exchange:
            """Send it to nobody."""
            sent.append((request.body.decode(), request.headers.get("Idempotency-Key")))
            return replace(order(), request=request)

    refusal = await purchase.order_with_taken_key(cast("Member", Orderer()))
    (first, key), (second, same), (third, fresh) = sent
    assert (first, second, third) == ("PREMIUM", "ENTERPRISE", "ENTERPRISE")
    assert key == same != fresh
    assert refusal.before is not None
    assert refusal.trail == (refusal.before, refusal.refused)


async def test_a_refund_comes_after_the_payment(profile: Profile) -> None:
    """The plan is read before the order, once it is paid, and after the event that gives the money back."""
    done: list[str] = []

    class Returner:
        """Notes what is done, and in what order."""

        def __init__(self) -> None:
            self.profile = profile

        async def do(self, operation: str, **_: str) -> Exchange:
            """Do a step."""
            done.append(operation)
            return order(order_id="o1")

        async def until(self, operation: str, _name: str, wanted: str, *, within_s: float) -> Exchange:
            """Wait for a plan."""
            assert within_s > 0
            done.append(f"{operation} {wanted}")
            return order()

        def signed_event(self, *, event_type: str, event_id: str, **values: object) -> Request:
            """An event of a type, for the same order, under an id of its own."""
            assert values["order_id"] == "o1"
            return replace(order().request, operation=event_type, body=event_id.encode())

        async def exchange(self, request: Request) -> Exchange:
            """Send it to nobody."""
            done.append(request.operation)
            return replace(order(), request=request)

        def answered(self, exchange: Exchange) -> Exchange:
            """Take it as answered."""
            return exchange

    seen = await purchase.refund(cast("Member", Returner()), profile)
    events = ["checkout.session.completed", "plan PREMIUM", "charge.refunded", "plan FREE"]
    assert done == ["plan", "create_order", *events]
    assert seen[2].request.operation == "charge.refunded"
