"""
Lets a suite's scenarios go on side by side, in lanes: processes that each have people and a journal of their own.

Only where nothing is shared: accounts that the harness makes, each with an address of its own, and no limit on
everybody together. Elsewhere lanes would spend each other's limits without knowing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gonogo.addresses import loopback_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.profile import Profile

LANE = "GONOGO_LANE"
MOST = 3
"""People wait for answers more than they compute, so that two cores serve three lanes, and their target."""


def lanes_for(profile: Profile, run_id: str, cores: int | None = None) -> int:
    """How many lanes a suite may have: three where nothing is shared and there are cores for them, else one."""
    small = profile.means.small_quota
    lent = profile.identity.sign_up == "accounts" or (small is not None and small.account is not None)
    together = [limit for limit in profile.promises.limits if limit.scope == "global"]
    apart = loopback_address(profile.origins.api, run_id, 0) is not None
    if lent or together or not apart:
        return 1
    return MOST if (cores or os.cpu_count() or 1) > 1 else 1


def journal_name(suite: str, lane: int) -> str:
    """What a lane's journal and log are called; the first lane's have the suite's name."""
    return suite if lane == 1 else f"{suite}-{lane}"


def lane_of(environ: Mapping[str, str]) -> tuple[int, int]:
    """Which lane a process is, and of how many; without a word about it, the only one."""
    lane, _, lanes = environ.get(LANE, "1/1").partition("/")
    return int(lane), int(lanes)


def shares(weights: Mapping[str, int], lanes: int) -> list[set[str]]:
    """Share names out so that each lane has about the same weight: the heaviest first, each to the lightest lane."""
    found: list[set[str]] = [set() for _ in range(lanes)]
    loads = [0] * lanes
    for name in sorted(weights, key=lambda name: (-weights[name], name)):
        lightest = loads.index(min(loads))
        found[lightest].add(name)
        loads[lightest] += weights[name]
    return found
