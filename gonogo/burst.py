"""
More requests than a limit lets through, and what happens until it lets the next one through.

An honest `Retry-After` is about a minute long. It is waited out, never shortened.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gonogo.budget import MARGIN_S
from gonogo.retry_after import retry_after

if TYPE_CHECKING:
    from gonogo.budget import Limit
    from gonogo.exchange import Exchange, Request
    from gonogo.member import Member
    from gonogo.people import Person

TOO_MANY = 429
BROKEN = 500
SPOOFS = (
    {"X-Forwarded-For": "203.0.113.7"},
    {"X-Real-IP": "203.0.113.8"},
    {"Forwarded": "for=203.0.113.9"},
    {"X-Client-IP": "203.0.113.10"},
    {"True-Client-IP": "203.0.113.11"},
    {"CF-Connecting-IP": "203.0.113.12"},
    {"X-Forwarded-For": "127.0.0.1"},
)
GRACE_S = 1.0
TRIES = 3
"""How often a renewed session asks: one request may pass where a limit fills up bit by bit."""
PATIENCE_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Burst:
    """
    Requests sent one after the other until a limit must have refused some, and then tricks to get around it.

    `spent` of the limit were used by others in the same window, or by the same person before; `took_s` is how long
    the `exchanges` took, and `freed` how many requests of before had left the window by then. `shared` says that
    somebody whom we do not see may spend the same limit. The last one's curl line repeats it as often as it was sent.
    `spoofed` claim other addresses; `still` is the plain request once more, which shows whether the limit was still
    spent then.
    """

    limit: Limit
    spent: int
    exchanges: tuple[Exchange, ...]
    took_s: float
    freed: int = 0
    held: bool = True
    shared: bool = False
    spoofed: tuple[Exchange, ...] = ()
    still: Exchange | None = None

    @property
    def disturbed(self) -> bool:
        """Whether it was refused early, and somebody else may have spent the rest."""
        return self.shared and bool(self.refused) and len(self.accepted) < self.limit.requests - self.spent

    @property
    def accepted(self) -> list[Exchange]:
        """What the limit did not refuse, whatever else came of it."""
        return [exchange for exchange in self.exchanges if exchange.status != TOO_MANY]

    @property
    def unanswered(self) -> list[Exchange]:
        """What got no answer, or failed inside of the target: nobody knows whether the limit let it through."""
        return [exchange for exchange in self.exchanges if unanswered(exchange)]

    @property
    def refused(self) -> list[Exchange]:
        """What was refused as too many."""
        return [exchange for exchange in self.exchanges if exchange.status == TOO_MANY]

    @property
    def sent(self) -> tuple[Exchange, ...]:
        """All that was sent, the tricks too."""
        return (*self.exchanges, *self.spoofed, *((self.still,) if self.still else ()))

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The last one, which stands for all of them."""
        return self.exchanges[-1:]


@dataclass(frozen=True, kw_only=True)
class Renewed:
    """Requests with a renewed session, while the limit was spent; `held` says that it still was after the last."""

    refresh: Exchange
    exchanges: tuple[Exchange, ...]
    held: bool


@dataclass(frozen=True, kw_only=True)
class Exhaustion:
    """
    A limit that was spent, and what followed: others meanwhile, and the wait.

    `recovered` is what came after waiting for `promised_s`, None where the refusal promised nothing
    that could be waited out. `again` is a second burst just after it, where the first one alone does not tell.
    `renewed` came right after the burst with a session that had just been renewed, where that can be had.
    """

    burst: Burst
    meanwhile: tuple[Exchange, ...]
    promised_s: float | None
    recovered: Exchange | None
    again: Burst | None = None
    renewed: Renewed | None = None

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The burst's."""
        return (self.again or self.burst).trail


def unanswered(exchange: Exchange) -> bool:
    """Whether nobody knows what a limit made of a request."""
    return exchange.status is None or exchange.status >= BROKEN


def shares(person: Person, limit: Limit) -> bool:
    """Whether a limit may count somebody whom we do not see together with this person."""
    if limit.scope == "global":
        return True
    by_account = limit.scope == "user" and person.account.id
    return not person.account.made if by_account else person.address is None


async def burst(member: Member, request: Request, limit: Limit) -> Burst:
    """
    Send one request more than the limit lets through, without pacing, and then what claims other addresses.

    Where none is refused, a limit that does not slide may have begun a new window meanwhile: as many again are sent.
    What was spent before is sent once more: some of it may have left the target's window meanwhile.
    """
    began, before = time.monotonic(), member.cast.budget.spent(limit, *member.who)
    at_most = member.cast.budget.spent(limit, *member.who, late_s=MARGIN_S)
    exchanges = [await member.exchange(request, paced=False) for _ in range(limit.requests)]
    most = limit.requests + 1 if limit.sliding else 2 * limit.requests + 1
    while len(exchanges) == limit.requests or (len(exchanges) < most and undecided(exchanges, began, limit)):
        exchanges.append(await member.exchange(request, paced=False, repeat=len(exchanges) + 1))
    took, after = time.monotonic() - began, member.cast.budget.spent(limit, *member.who)
    held = member.cast.budget.holds(limit, *member.who)
    done = Burst(
        limit=limit,
        spent=max(before, after - len(exchanges)),
        exchanges=tuple(exchanges),
        took_s=took,
        freed=max(0, at_most + len(exchanges) - after),
        held=held,
        shared=shares(member.person, limit),
    )
    return await spoof(member, request, done) if done.refused else done


def undecided(exchanges: list[Exchange], began: float, limit: Limit) -> bool:
    """Whether no request was refused yet, and another one may be, within the window."""
    refused = any(one.status == TOO_MANY for one in exchanges)
    return not refused and not unanswered(exchanges[-1]) and time.monotonic() - began < limit.window_s


async def spoof(member: Member, request: Request, done: Burst) -> Burst:
    """Claim other addresses while a limit is spent, and then none."""
    spoofed = [await member.exchange(with_fields(request, fields), paced=False) for fields in SPOOFS]
    still = await member.exchange(request, paced=False)
    held = member.cast.budget.holds(done.limit, *member.who)
    return replace(done, spoofed=tuple(spoofed), still=still, held=held)


async def exhaust(member: Member, request: Request, limit: Limit, others: list[tuple[Member, Request]]) -> Exhaustion:
    """Spend a limit, try to get around it, see that others are served, and wait until it recovers."""
    done = await burst(member, request, limit)
    renewed = await renew(member, request.operation, limit) if done.refused else None
    request = member.request(request.operation) if renewed else request
    refused = time.monotonic()
    meanwhile = [await other.exchange(theirs, patient=False) for other, theirs in others]
    refusals = [exchange for exchange in done.sent if exchange.status == TOO_MANY]
    promised = retry_after(refusals[-1]) if refusals else None
    recovered, again = None, None
    if promised is not None and promised <= limit.window_s + PATIENCE_S:
        await asyncio.sleep(refused + promised + GRACE_S - time.monotonic())
        recovered = await member.exchange(request, paced=False)
        if recovered.ok and exceeds(done):
            again = await burst(member, request, limit)
    return Exhaustion(
        burst=done,
        meanwhile=tuple(meanwhile),
        promised_s=promised,
        recovered=recovered,
        again=again,
        renewed=renewed,
    )


async def renew(member: Member, operation: str, limit: Limit) -> Renewed | None:
    """Renew the session while the limit is spent, and ask again with it; None where that cannot be had."""
    if "refresh" not in member.profile.operations:
        return None
    refresh = await member.exchange(member.request("refresh"), patient=False)
    if not refresh.ok:
        return None
    member.take_over(refresh)
    asked = [await member.exchange(member.request(operation), paced=False) for _ in range(TRIES)]
    return Renewed(refresh=refresh, exchanges=tuple(asked), held=member.cast.budget.holds(limit, *member.who))


def exceeds(done: Burst) -> bool:
    """Whether more was let through than a limit allows that fills up again bit by bit."""
    return len(done.accepted) > done.limit.requests + refilled(done)


def refilled(done: Burst) -> int:
    """How many requests a limit that fills up evenly gives back while a burst is sent; a sliding one gives none."""
    limit = done.limit
    return 0 if limit.sliding else int(limit.requests / limit.window_s * done.took_s)


def with_fields(request: Request, fields: dict[str, str]) -> Request:
    """The request with some header fields more."""
    for name, value in fields.items():
        request = request.with_header(name, value)
    return request
