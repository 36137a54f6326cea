"""
Others who spend the same limit as we do: a second gate with the same lent accounts, or whoever shares our address.

`gonogo.budget` keeps our own traffic within the limits, so that a 429 is the target's fault, unless somebody whom we
do not see counts with us. Such a 429 is waited out, as it asks, and is nobody's finding.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from gonogo.burst import PATIENCE_S, TOO_MANY, shares
from gonogo.retry_after import retry_after

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gonogo.budget import Limit
    from gonogo.exchange import Exchange
    from gonogo.people import Person

TRIES = 4
APART_S = 1.0
UNNAMED = "meets a limit that the profile does not name: add it to promises.limits"


async def patiently(
    send: Callable[[], Awaitable[Exchange]],
    limit: Limit | None,
    person: Person,
    say: Callable[[str], None],
    in_vain: set[str],
) -> Exchange:
    """
    Send, and where others have spent the limit, send again when the refusal says so; the last answer.

    A limit that was waited for `in_vain` once is not waited for again.
    """
    exchange = await send()
    if limit and limit.name in in_vain:
        return exchange
    for _ in range(TRIES - 1):
        wait = wait_for_others(exchange, limit, person)
        if limit is None or wait is None:
            break
        say(f"waiting {wait:.0f} s: others spend the target's {limit.name} limit too")
        await asyncio.sleep(wait + random.SystemRandom().uniform(0.0, APART_S))  # else all come back at once
        exchange = await send()
    else:
        if limit and exchange.status == TOO_MANY:
            in_vain.add(limit.name)
    return exchange


def wait_for_others(exchange: Exchange, limit: Limit | None, person: Person) -> float | None:
    """How long to wait for what others have spent; None where no others are to blame, or it takes too long."""
    refused = exchange.status == TOO_MANY and TOO_MANY not in exchange.expected
    if limit is None or not refused or not shares(person, limit):
        return None
    told = retry_after(exchange)
    wait = limit.window_s if told is None else max(told, 0.0)
    return wait if wait <= limit.window_s + PATIENCE_S else None


def excuse(exchange: Exchange, limit: Limit | None, person: Person) -> str | None:
    """Why a refusal by a limit is nobody's fault; None where it is none, or the target's."""
    if exchange.status != TOO_MANY or TOO_MANY in exchange.expected:
        return None
    if limit is None:
        return UNNAMED
    if not shares(person, limit):
        return None
    what = "address" if person.account.made or limit.scope == "address" else "accounts"
    return f"meets the {limit.name} limit, which others may have spent: give each gate {what} of its own"
