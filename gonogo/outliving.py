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


@dataclass(frozen=True, kw_only=True)
class Outlived:
    """
    A credential that was good, and again after its end; and one that a refresh gave meanwhile, then.

    Without an operation for it nothing was refreshed.
    """

    expired: Refusal
    refreshed: Exchange | None = None
    renewed: Exchange | None = None

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """What shows whether the refresh was worth something."""
        return tuple(one for one in (self.refreshed, self.expired.refused, self.renewed) if one)


async def outlive(member: Member, lifetime_s: float) -> Outlived:
    """Sign in afresh, refresh in time, wait for the first credential's end, and try both; sign in again."""
    signed_in = await member.sign_in()
    old = member.request("session")
    before = await member.exchange(old)
    refreshed = None
    if "refresh" in member.profile.operations:
        await until(signed_in.started_at + LATE * lifetime_s)
        refreshed = await member.do("refresh")
    await until(max(signed_in.started_at + lifetime_s + AFTER_S, before.started_at))
    renewed = await member.attempt("session") if refreshed else None
    expired = await member.exchange(old)
    await member.sign_in()
    after = await member.attempt("session")
    return Outlived(expired=Refusal(refused=expired, before=before, after=after), refreshed=refreshed, renewed=renewed)


async def until(moment: float) -> None:
    """Wait until a moment, in seconds since the epoch."""
    await asyncio.sleep(max(0.0, moment - time.time()))
