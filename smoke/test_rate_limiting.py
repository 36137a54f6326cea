"""Rate limiting: what is over the limit gets 429 with honest headers, and nobody else notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import rate

if TYPE_CHECKING:
    import asyncio

    from gonogo.burst import Burst, Exhaustion
    from gonogo.checker import Checker


@pytest.mark.needs("promises.limits", "api-limit")
@pytest.mark.effects("burst")
@pytest.mark.cost(auth=6, api=108)
@pytest.mark.beside
async def test_the_limit_is_enforced(exhaustion: asyncio.Task[Exhaustion], check: Checker) -> None:
    """Everything up to the limit is served, and the next request is refused, whatever address it claims."""
    spent = await exhaustion

    check(spent.burst, rate.api_limit_is_enforced, rate.nothing_is_refused_early)
    check(spent, rate.headers_do_not_reset_it)


@pytest.mark.needs("promises.limits", "api-limit", "promises.retry_after")
@pytest.mark.effects("burst")
@pytest.mark.cost(api=0)
@pytest.mark.beside
async def test_the_refusal_is_honest(exhaustion: asyncio.Task[Exhaustion], check: Checker) -> None:
    """A refusal says when to come back, and who comes back then is served."""
    spent = await exhaustion

    check(spent.burst, rate.says_when_to_come_back)
    check(spent, rate.recovers_when_it_says)


@pytest.mark.needs("promises.limits", "api-limit", "promises.ratelimit_headers")
@pytest.mark.effects("burst")
@pytest.mark.cost(api=0)
@pytest.mark.beside
async def test_the_limit_is_told(exhaustion: asyncio.Task[Exhaustion], check: Checker) -> None:
    """Answers tell what is left of the limit."""
    check((await exhaustion).burst, rate.tells_what_is_left)


@pytest.mark.needs("promises.limits", "api-limit", "own-limits")
@pytest.mark.effects("burst")
@pytest.mark.cost(api=0)
@pytest.mark.beside
async def test_others_are_served(exhaustion: asyncio.Task[Exhaustion], check: Checker) -> None:
    """Somebody else is served while one member's limit is spent."""
    check(await exhaustion, rate.others_are_served)


@pytest.mark.needs("promises.limits", "sign-in-limit")
@pytest.mark.effects("burst")
@pytest.mark.cost(auth=11)
async def test_guessing_is_stopped(guesses: Burst, check: Checker) -> None:
    """Guessing passwords ends at the sign-in limit."""
    check(guesses, rate.sign_in_limit_is_enforced)
