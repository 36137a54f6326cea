"""Payment: order a plan, pay by a signed event, be upgraded; nobody is believed who is not the payment service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from checks import payment, webhook
from gonogo import purchase
from gonogo.member import Member
from gonogo.purchase import OTHER_CURRENCY, PAID_WITHIN_S, UNDERPRICE, UNKNOWN_TYPE, Forgeries, plans_of
from gonogo.webhook import ROTATED

if TYPE_CHECKING:
    from gonogo.checker import Checker
    from gonogo.people import Cast
    from gonogo.profile import Profile

AT_ONCE = 5


@pytest_asyncio.fixture(loop_scope="session")
async def returner(cast: Cast) -> Member:
    """A member who wants the money back."""
    return await Member(cast.person("returner"), cast, "payment").join()


@pytest_asyncio.fixture(loop_scope="session")
async def latecomer(cast: Cast) -> Member:
    """A member whose payment is told too late, and then in time."""
    return await Member(cast.person("latecomer"), cast, "payment").join()


@pytest_asyncio.fixture(loop_scope="session")
async def miser(cast: Cast) -> Member:
    """A member who never pays enough."""
    return await Member(cast.person("miser"), cast, "payment").join()


@pytest.mark.needs("create_order", "promises.plans", "plan", "payment", "payment_webhook", "new-accounts")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=6, free=1)
async def test_a_payment_upgrades_the_plan(buyer: Member, check: Checker, profile: Profile) -> None:
    """Who orders is still on the free plan, who pays has the plan that was paid for."""
    plans = plans_of(profile)
    began = await buyer.do("plan")
    order = await buyer.do("create_order", plan=plans.paid)
    ordered = await buyer.do("plan")
    event = buyer.signed_event(**purchase.payment(order, profile))
    paid = buyer.answered(await buyer.exchange(event))
    upgraded = await buyer.until("plan", "current_plan", plans.paid, within_s=PAID_WITHIN_S)

    check([began, ordered], payment.ordering_is_not_paying(plans.free), trail=[began, order, ordered])
    check([began, paid, upgraded], payment.paying_upgrades(plans, PAID_WITHIN_S))


@pytest.mark.needs("create_order", "promises.plans")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=4)
async def test_the_catalogue_makes_the_price(alice: Member, check: Checker, profile: Profile) -> None:
    """An order costs what the catalogue says, whatever the client says."""
    plans = plans_of(profile)
    request = alice.request("create_order", plan=plans.paid)
    order = alice.answered(await alice.exchange(request))
    underpriced = await alice.exchange(purchase.underpriced(profile, request))

    check([order, underpriced], payment.costs_what_the_catalogue_says(plans))


@pytest.mark.needs("create_order", "promises.plans", "plan", "payment", "payment_webhook")
@pytest.mark.effects("hostile", "money")
@pytest.mark.cost(auth=3, api=12, free=8)
async def test_only_the_payment_service_is_believed(visitor: Member, check: Checker, profile: Profile) -> None:
    """A payment event is believed only with a fresh signature of this very body by the payment service."""
    plans = plans_of(profile)
    began = await visitor.do("plan")
    order = await visitor.do("create_order", plan=plans.paid)
    harmless = visitor.signed_event(**purchase.payment(order, profile, event_type=UNKNOWN_TYPE))
    seen = await visitor.exchange(harmless)
    values, lent = purchase.payment(order, profile), not visitor.person.account.made
    unsigned, *wrong, foreign = await purchase.forge(visitor, purchase.forged(visitor, harmless, values))
    believed = visitor.answered(await visitor.exchange(visitor.signed_event(**values)))

    check(
        Forgeries(began=began, tried=(unsigned,), believed=believed, lent=lent),
        payment.unsigned_is_refused(plans.free),
    )
    check(
        Forgeries(began=began, tried=tuple(wrong), believed=believed, lent=lent),
        payment.forged_is_refused(plans.free),
    )
    check(
        Forgeries(began=began, tried=(foreign,), believed=believed, steps=(seen,), lent=lent),
        payment.signature_covers_the_body(plans.free),
    )


@pytest.mark.needs("create_order", "promises.plans", "plan", "payment", "payment_webhook", "signed-moment")
@pytest.mark.effects("hostile", "money")
@pytest.mark.cost(auth=3, api=4, free=2)
async def test_an_old_event_is_refused(latecomer: Member, check: Checker, profile: Profile) -> None:
    """What was signed minutes ago is not believed any more."""
    plans = plans_of(profile)
    began = await latecomer.do("plan")
    values = purchase.payment(await latecomer.do("create_order", plan=plans.paid), profile)
    tried = await purchase.forge(latecomer, purchase.outdated(latecomer, values))
    believed = latecomer.answered(await latecomer.exchange(latecomer.signed_event(**values)))

    check(
        Forgeries(began=began, tried=tried, believed=believed, lent=not latecomer.person.account.made),
        payment.old_event_is_refused(plans.free),
    )


@pytest.mark.needs(
    "create_order", "promises.plans", "plan", "payment", "payment_webhook", "get_order", "promises.payments_counted"
)
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=5, free=3)
async def test_an_event_counts_once(bob: Member, check: Checker, profile: Profile) -> None:
    """The same payment event counts once, however often it is delivered."""
    order = await bob.do("create_order", plan=plans_of(profile).paid)
    event = bob.signed_event(**purchase.payment(order, profile))
    first = bob.answered(await bob.exchange(event))
    await bob.until("get_order", "times_paid", "1", within_s=PAID_WITHIN_S)
    again = await asyncio.gather(bob.exchange(event), bob.exchange(event))
    afterwards = await bob.do("get_order")

    check([first, *again, afterwards], payment.applied_once)


@pytest.mark.needs("create_order", "promises.plans", "plan", "payment", "payment_webhook")
@pytest.mark.effects("money")
@pytest.mark.cost(api=3, free=1)
async def test_an_unknown_event_is_harmless(alice: Member, check: Checker, profile: Profile) -> None:
    """An event of a type that nobody knows is received, and changes nothing."""
    order = await alice.do("create_order", plan=plans_of(profile).paid)
    before = await alice.do("plan")
    event = alice.signed_event(**purchase.payment(order, profile, event_type=UNKNOWN_TYPE))
    unknown = await alice.exchange(event)
    after = await alice.do("plan")

    check([before, unknown, after], payment.unknown_event_is_harmless(lent=not alice.person.account.made))


@pytest.mark.needs("create_order", "promises.plans", "get_order")
@pytest.mark.effects("money")
@pytest.mark.cost(api=5)
async def test_an_order_is_ones_own(alice: Member, bob: Member, check: Checker, profile: Profile) -> None:
    """Nobody sees what another member ordered."""
    order = await alice.do("create_order", plan=plans_of(profile).paid)
    await alice.do("get_order")

    check(
        await alice.keeps_from(bob, "get_order", order_id=order.captured.get("order_id", "")),
        payment.others_cannot_see_an_order,
    )


@pytest.mark.needs(
    "create_order", "promises.plans", "plan", "payment", "payment_webhook", "get_order", "promises.payments_counted"
)
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=5, free=5)
async def test_deliveries_at_once_count_once(bob: Member, check: Checker, profile: Profile) -> None:
    """A payment event that comes five times at once counts once."""
    order = await bob.do("create_order", plan=plans_of(profile).paid)
    event = bob.signed_event(**purchase.payment(order, profile))
    deliveries = await asyncio.gather(*(bob.exchange(event) for _ in range(AT_ONCE)))
    await bob.until("get_order", "times_paid", "1", within_s=PAID_WITHIN_S)

    check([*deliveries, await bob.do("get_order")], webhook.counts_once_at_once)


@pytest.mark.needs("create_order", "promises.plans", "plan", "payment", "payment_webhook", "signed-moment")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=1, free=2)
async def test_a_second_signature_is_read(bob: Member, check: Checker, profile: Profile) -> None:
    """While a secret is replaced, the right one of two signatures counts."""
    order = await bob.do("create_order", plan=plans_of(profile).paid)
    values = purchase.payment(order, profile)
    rotated = await bob.exchange(bob.signed_event(ROTATED, **values))

    check([rotated, await bob.exchange(bob.signed_event(**values))], webhook.two_signatures_are_taken)


@pytest.mark.needs("create_order", "promises.plans", "plan", "payment", "payment_webhook")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=1, free=1)
async def test_an_unknown_order_breaks_nothing(bob: Member, check: Checker, profile: Profile) -> None:
    """A payment for an order that nobody made is no reason to break."""
    order = await bob.do("create_order", plan=plans_of(profile).paid)
    values = purchase.payment(order, profile) | {"order_id": purchase.new_event_id()}

    check(await bob.exchange(bob.signed_event(**values)), webhook.unknown_order_is_harmless)


@pytest.mark.needs("create_order", "promises.plans", "plan", "payment", "payment_webhook", "new-accounts")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=4, free=2)
async def test_too_little_pays_nothing(miser: Member, check: Checker, profile: Profile) -> None:
    """Neither one cent nor another currency pays for the plan."""
    plans = plans_of(profile)
    order = await miser.do("create_order", plan=plans.paid)
    seen = [await miser.do("plan")]
    for wrong in ({"amount": UNDERPRICE}, {"currency": OTHER_CURRENCY}):
        event = miser.signed_event(**purchase.payment(order, profile, **wrong))
        seen += [await miser.exchange(event), await miser.do("plan")]

    check(seen, webhook.only_the_whole_price_pays(plans.free))


@pytest.mark.needs("create_order", "promises.plans", "plan", "payment", "payment_webhook", "json-events")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=1, free=2)
async def test_an_event_may_be_spaced(bob: Member, check: Checker, profile: Profile) -> None:
    """The signature counts for the text as it was sent, spaces and all."""
    order = await bob.do("create_order", plan=plans_of(profile).paid)
    dense, spaced = (purchase.payment(order, profile, event_type=UNKNOWN_TYPE) for _ in range(2))
    seen = [
        await bob.exchange(bob.signed_event(**dense)),
        await bob.exchange(bob.signed_event(spaced=True, **spaced)),
    ]

    check(seen, webhook.spacing_is_free)


@pytest.mark.needs(
    "create_order", "promises.plans", "plan", "payment", "payment_webhook", "get_order", "promises.late_event"
)
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=4, free=2)
async def test_late_news_change_nothing(bob: Member, check: Checker, profile: Profile) -> None:
    """A paid order stays paid when an older event comes."""
    check(await purchase.late(bob, profile), webhook.late_event_is_harmless)


@pytest.mark.needs("create_order", "promises.plans", "plan", "payment", "payment_webhook", "new-accounts")
@pytest.mark.needs("promises.refund_event")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=5, free=2)
async def test_a_refund_ends_the_plan(returner: Member, check: Checker, profile: Profile) -> None:
    """Who gets the money back has what everybody has."""
    check(await purchase.refund(returner, profile), webhook.refund_ends_the_plan(plans_of(profile).free))


@pytest.mark.needs("create_order", "promises.plans", "promises.order_key")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=6)
async def test_an_order_is_made_once(miser: Member, check: Checker) -> None:
    """An order that is sent again with its key is the same order, also when all come at once."""
    check(await purchase.order_at_once(miser, AT_ONCE), webhook.ordered_once)


@pytest.mark.needs("create_order", "promises.plans", "promises.order_key", "promises.other_plan")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=3, api=3)
async def test_a_key_is_for_one_order(miser: Member, check: Checker) -> None:
    """The key of an order makes none for another plan."""
    check(await purchase.order_with_taken_key(miser), webhook.key_binds_order)


@pytest.mark.needs("create_order", "promises.plans", "list_orders")
@pytest.mark.effects("money")
@pytest.mark.cost(auth=6, api=3)
async def test_a_list_of_orders_is_ones_own(bob: Member, miser: Member, check: Checker, profile: Profile) -> None:
    """Nobody's list holds what another member ordered."""
    order = await miser.do("create_order", plan=plans_of(profile).paid)
    own, foreign = await miser.do("list_orders"), await bob.do("list_orders")

    check(order, webhook.lists_own_orders(own, foreign), trail=[order, own, foreign])
