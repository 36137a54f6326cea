"""
Finds out whose fault a failure is that may lie on either side of the network.

A name that does not resolve and a time-out count against the target where the profile's control URL
answers, and where the target is on this machine; else nobody can judge them from here.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from gonogo.driver import Driver
from gonogo.exchange import Request

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.profile import Profile

PATIENCE_S = 10.0


async def judged(exchange: Exchange, profile: Profile, run_id: str) -> bool:
    """Whether what came of a request, if only a failure, is the target's to answer for."""
    if not exchange.doubted or profile.met_from_loopback:
        return True
    return await control_answers(profile, run_id)


async def control_answers(profile: Profile, run_id: str) -> bool:
    """Whether the profile's control URL answers, so that our own network is fine."""
    if profile.control_url is None:
        return False
    driver = Driver(profile, run_id, deadline_s=PATIENCE_S, trust=ssl.create_default_context())
    try:
        exchange = await driver.send(
            Request(operation="control", method="GET", url=profile.control_url), "control", "nobody"
        )
    finally:
        await driver.close()
    return exchange.status is not None


def doubt(exchange: Exchange, profile: Profile) -> str:
    """Why a failure cannot be judged from here."""
    control = (
        f"{profile.control_url} does not answer either" if profile.control_url else "the profile has no control_url"
    )
    return f"{exchange.request.operation} cannot be judged from here: {exchange.failure}; {control}"
