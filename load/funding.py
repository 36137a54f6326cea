"""What a load will send, whether that decides what is promised, and whether somebody pays for it. No I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.bounds import first_rank, wanted_clean
from gonogo.slos import P95
from gonogo.trouble import UsageError
from load.accounts import members_of
from load.limits import pace_s
from load.profiles import offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.profile import Profile
    from load.profiles import LoadProfile

TALKS = frozenset({"chat", "stop"})
SIGMAS = 4
"""By how much chance lets one of many people send more than the mean (Poisson)."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a load is expected to send: answers, plain calls, and messages of the member who sends the most."""

    chats: int
    calls: int
    each: int
    minutes: float


def expected(profile: Profile, plan: LoadProfile) -> Expected:
    """What a load profile comes to at a target, whose limits may stretch it."""
    mix = offered(profile, plan)
    weights = sum(mix.values())
    share = sum(weight for name, weight in mix.items() if name in TALKS) / weights if weights else 0.0
    addresses = plan.users if profile.met_from_loopback else 1
    members = members_of(profile, plan.users)
    pace = pace_s(profile, plan, plan.users, addresses, members)
    acts = sum(stage.users * stage.seconds for stage in plan.stages) / pace
    mean = plan.seconds / pace * share * plan.users / max(members, 1)
    each = math.ceil(mean + (SIGMAS * math.sqrt(mean) if plan.pacing == "poisson" else 0))
    return Expected(chats=round(acts * share), calls=round(acts * (1 - share)), each=each, minutes=plan.seconds / 60)


def wants(profile: Profile, plan: LoadProfile, found: Expected) -> Iterator[tuple[str, int, int]]:
    """Each promised bound that the load is to decide, the clean samples that it wants at least, and what will come."""
    slo, ranks = profile.slo, next(n for n in range(1, 1000) if first_rank(n, P95) <= n)
    both = found.chats + found.calls
    for name, bound, wanted, comes in (
        ("ttft_p95_s", slo.ttft_p95_s, ranks, found.chats),
        ("http_p95_s", slo.http_p95_s, ranks, found.calls),
        ("error_rate", slo.error_rate, clean(slo.error_rate), both),
        ("complete", slo.complete, clean(None if slo.complete is None else 1 - slo.complete), found.chats),
        ("goodput", slo.goodput, clean(None if slo.goodput is None else 1 - slo.goodput.share), found.chats),
    ):
        if bound is not None and name in plan.judges:
            yield name, wanted, comes


def clean(limit: float | None) -> int:
    """How many samples, none of which went wrong, prove that a share is within its limit."""
    return 0 if limit is None else wanted_clean(limit)


def sentences(profile: Profile, plan: LoadProfile) -> Iterator[str]:
    """What is said of a load before it begins."""
    found = expected(profile, plan)
    yield (
        f"load {plan.name}: {plan.users} people for {found.minutes:.1f} min send about {found.chats:,} messages and "
        f"{found.calls:,} plain requests, one person {found.each} messages at most"
    )
    for name, wanted, comes in wants(profile, plan, found):
        enough = "decides" if comes >= wanted else "will NOT decide"
        yield f"  {name}: about {comes:,} samples come, {wanted:,} clean ones are wanted: this load {enough} it"


def refuse_what_nobody_funds(profile: Profile, plan: LoadProfile) -> None:
    """Raise UsageError for a load that the profile's cost, or the quota of its members, does not cover."""
    found, cost = expected(profile, plan), profile.policy.cost
    way = "choose a shorter load (--load)"
    if cost.max_messages is not None and found.chats > cost.max_messages:
        said = f"about {found.chats:,} messages, and policy.cost.max_messages is {cost.max_messages:,}"
        raise UsageError(f"{profile.name}: the load {plan.name} sends {said}; raise it, or {way}")
    price = found.chats * cost.usd_per_message
    if cost.max_usd is not None and price > cost.max_usd:
        raise UsageError(
            f"{profile.name}: the load {plan.name} costs about ${price:,.2f}, and policy.cost.max_usd is "
            f"${cost.max_usd:,.2f}; raise it, or {way}"
        )
    most = most_messages(profile)
    if most is not None and found.each > most:
        raise UsageError(
            f"{profile.name}: in the load {plan.name} one person sends {found.each} messages, and promises.quota "
            f"allows {most}; {way}, or name accounts that may send more"
        )


def most_messages(profile: Profile) -> int | None:
    """How many messages one person can be brought to be allowed; None where nothing is promised."""
    quota = profile.promises.quota
    if quota is None:
        return None
    return quota.paid if quota.paid is not None and can_pay(profile) else quota.messages


def must_pay(profile: Profile, plan: LoadProfile) -> bool:
    """Whether the people of a load need the plan that is paid for."""
    quota = profile.promises.quota
    if quota is None or quota.paid is None or not can_pay(profile):
        return False
    return expected(profile, plan).each > quota.messages


def can_pay(profile: Profile) -> bool:
    """Whether members who are made by the run can buy a plan in the sandbox."""
    needed = {"create_order", "payment_webhook", "plan"} <= set(profile.operations)
    return needed and bool(profile.promises.plans) and profile.allows("money") and profile.identity.sign_up == "harness"
