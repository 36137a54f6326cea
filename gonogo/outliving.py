"""Outlives a session that is short, and has it renewed in time on another."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.exchange import Refusal

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.member import Member

LATE = 0.75
"""How much of its life is over when a session is renewed, so that its end moves for all to see."""
AFTER_S = 0.3
WHOLE_SECOND_S = 1.0
"""By how much an end may be late where it is kept in whole seconds."""
EARLY_S = 1.0
"""Tokens count whole seconds."""
TIMES = 3


@dataclass(frozen=True, kw_only=True)
class Outlived:
    """
    A credential that was good, and again after its end; and one that a refresh gave meanwhile, then.

    Without an operation for it nothing was refreshed.
    """

    expired: Refusal
    refreshed: Exchange | None = None
    renewed: Exchange | None = None

    def in_time(self, lifetime_s: float) -> bool:
        """Whether what was refreshed was tried well within its life; true where nothing was."""
        return self.refreshed is None or self.renewed is None or self.waited_s <= lifetime_s - EARLY_S

    @property
    def waited_s(self) -> float:
        """How long after the refresh its credential was tried."""
        return self.renewed.started_at - self.refreshed.started_at if self.refreshed and self.renewed else 0.0

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """What shows whether the refresh was worth something."""
        return tuple(one for one in (self.refreshed, self.expired.refused, self.renewed) if one)


async def outlive(member: Member, lifetime_s: float) -> Outlived:
    """
    Sign in afresh, refresh in time, wait for the first credential's end, and try both; sign in again.

    Where the answers came so late that what was refreshed may be over, too, all of it is done again.
    """
    done = await outlive_once(member, lifetime_s)
    for _ in range(1, TIMES):
        if done.in_time(lifetime_s):
            break
        done = await outlive_once(member, lifetime_s)
    return done


async def outlive_once(member: Member, lifetime_s: float) -> Outlived:
    """Outlive one credential; its life begins before its answer is here, at the latest."""
    signed_in = await member.sign_in()
    end = signed_in.started_at + (signed_in.timing.total or 0.0) + lifetime_s
    old = member.request("session")
    before = await member.exchange(old)
    refreshed = None
    if "refresh" in member.profile.operations:
        await until(signed_in.started_at + LATE * lifetime_s)
        refreshed = await member.do("refresh")
    await until(end + AFTER_S)
    renewed = await member.attempt("session") if refreshed else None
    expired = await member.exchange(old)
    if expired.ok:
        await until(end + WHOLE_SECOND_S + AFTER_S)
        expired = await member.exchange(old)
    await member.sign_in()
    after = await member.attempt("session")
    return Outlived(expired=Refusal(refused=expired, before=before, after=after), refreshed=refreshed, renewed=renewed)


async def until(moment: float) -> None:
    """Wait until a moment, in seconds since the epoch."""
    await asyncio.sleep(max(0.0, moment - time.time()))
