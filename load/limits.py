"""How often one person may act, so that the load stays below the target's limits by construction."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gonogo.budget import Budget
from load.profiles import ACTIONS, offered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gonogo.budget import Limit
    from gonogo.profile import Profile
    from load.profiles import LoadProfile

SHARE = 0.9
"""Of each limit; the rest is for whoever else looks at the target meanwhile."""
SAFE_SHARE = 0.94
"""Of a limit, so much is used at most, however chance bunches the actions: joining has cost a few requests too."""


def least_interval_s(
    profile: Profile, operations: Iterable[str], users: int, addresses: int, members: int | None = None
) -> float:
    """The least mean time between two requests of one of so many people: so many members at so many addresses."""
    budget, slowest = budget_of(profile), 0.0
    for operation in operations:
        limit = budget.limit_for(operation)
        if limit is None:
            continue
        share = share_of(limit, users, addresses, members or users)
        slowest = max(slowest, limit.window_s / (limit.requests * SHARE) / share)
    return slowest


def pace_s(profile: Profile, plan: LoadProfile, users: int, addresses: int, members: int) -> float:
    """The mean time between two actions of one person: the load profile's, or more where a limit would be met."""
    operations = {name for action in offered(profile, plan) for name in ACTIONS[action]} | {"create_conversation"}
    known = operations & set(profile.operations)
    return max(plan.every_s, least_interval_s(profile, known, users, addresses, members))


def budget_of(profile: Profile) -> Budget:
    """The limits that a profile promises."""
    return Budget(profile.promises.limits, unlimited=profile.promises.unlimited)


def share_of(limit: Limit, users: int, addresses: int, members: int) -> float:
    """One person's share of a limit that counts several of them together."""
    together = {"user": members, "address": addresses}.get(limit.scope, 1)
    return min(together / max(users, 1), 1.0)


def spent_by_others(profile: Profile, *, lent: bool, addressed: bool) -> frozenset[str]:
    """
    The operations of which a limit may count somebody whom we do not see.

    That is a limit of all, one of accounts that are `lent`, and one of an address that is not ours alone.
    """
    seen = {"user": not lent, "address": addressed, "global": False}
    budget = budget_of(profile)
    return frozenset(
        name for name in profile.operations if any(not seen[limit.scope] for limit in budget.limits_for(name))
    )


@dataclass(frozen=True, kw_only=True)
class Windows:
    """The windows of one person: the share of each limit, and what was sent of it, whichever operation it was."""

    limits: Mapping[str, tuple[Limit, ...]]
    sent: Mapping[str, deque[float]]
    clock: Callable[[], float] = field(default=time.monotonic)

    @classmethod
    def of(cls, profile: Profile, users: int, addresses: int, members: int) -> Windows:
        """The windows of one of so many people."""
        budget = budget_of(profile)
        limits = {name: budget.limits_for(name) for name in profile.operations}
        most = {
            one.name: max(int(one.requests * SAFE_SHARE * share_of(one, users, addresses, members)), 1)
            for one in profile.promises.limits
        }
        return cls(limits=limits, sent={name: deque(maxlen=count) for name, count in most.items()})

    def have_room(self, operations: Iterable[str]) -> bool:
        """Whether no limit would be met if one request of each were sent now."""
        now = self.clock()
        return not any(
            len(sent) == sent.maxlen and now - sent[0] < limit.window_s
            for name in operations
            for limit in self.limits.get(name, ())
            for sent in (self.sent[limit.name],)
        )

    def count(self, operation: str) -> None:
        """Count a request that is sent now."""
        now = self.clock()
        for limit in self.limits.get(operation, ()):
            self.sent[limit.name].append(now)
