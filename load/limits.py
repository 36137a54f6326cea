"""How often one person may act, so that the load stays below the target's limits by construction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.budget import Budget
from load.profiles import ACTIONS, offered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gonogo.profile import Profile
    from load.profiles import LoadProfile

SHARE = 0.9
"""Of each limit; the rest is for whoever else looks at the target meanwhile."""


def least_interval_s(
    profile: Profile, operations: Iterable[str], users: int, addresses: int, members: int | None = None
) -> float:
    """The least mean time between two requests of one of so many people: so many members at so many addresses."""
    budget = Budget(profile.promises.limits, unlimited=profile.promises.unlimited)
    slowest, sharing = 0.0, {"user": users / max(members or users, 1), "address": users / max(addresses, 1)}
    for operation in operations:
        limit = budget.limit_for(operation)
        if limit is None:
            continue
        slowest = max(slowest, limit.window_s / (limit.requests * SHARE) * sharing.get(limit.scope, float(users)))
    return slowest


def pace_s(profile: Profile, plan: LoadProfile, users: int, addresses: int, members: int) -> float:
    """The mean time between two actions of one person: the load profile's, or more where a limit would be met."""
    operations = {name for action in offered(profile, plan) for name in ACTIONS[action]} | {"create_conversation"}
    known = operations & set(profile.operations)
    return max(plan.every_s, least_interval_s(profile, known, users, addresses, members))
