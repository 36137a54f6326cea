"""Rate limiting: what is over the limit gets 429 with honest headers, and nobody else notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import allowance, rate, renewal

if TYPE_CHECKING:
    import asyncio

    from gonogo.burst import Burst, Exhaustion
    from gonogo.checker import Checker
    from gonogo.profile import Profile


@pytest.mark.needs("promises.limits", "api-limit")
@pytest.mark.effects("burst")
@pytest.mark.cost(auth=6, api=111)
@pytest.mark.beside
async def test_the_limit_is_enforced(exhaustion: asyncio.Task[Exhaustion], check: Checker) -> None:
    """Everything up to the limit is served, and the next request is refused, whatever address it claims."""
    spent = await exhaustion

    check(spent, rate.api_limit_is_enforced)
    check(spent.burst, rate.nothing_is_refused_early)
    check(spent.burst, rate.headers_do_not_reset_it, trail=[*spent.trail, *spent.burst.spoofed])


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
async def test_the_limit_is_told(exhaustion: asyncio.Task[Exhaustion], check: Checker, profile: Profile) -> None:
    """Answers tell the limit, and what is left of it."""
    promised = profile.promises.ratelimit_headers or ""
    spent = await exhaustion

    check(spent.burst, allowance.tells_what_is_left(promised), allowance.tells_the_limit(promised))


@pytest.mark.needs("promises.limits", "api-limit", "promises.ratelimit_headers", "promises.retry_after")
@pytest.mark.effects("burst")
@pytest.mark.cost(api=0)
@pytest.mark.beside
async def test_a_refusal_agrees_with_itself(
    exhaustion: asyncio.Task[Exhaustion], check: Checker, profile: Profile
) -> None:
    """A refusal tells the same in each of its fields."""
    check((await exhaustion).burst, allowance.refusals_agree(profile.promises.ratelimit_headers or ""))


@pytest.mark.needs("promises.limits", "api-limit", "promises.ratelimit_headers", "draft-ratelimit")
@pytest.mark.effects("burst")
@pytest.mark.cost(api=0)
@pytest.mark.beside
async def test_the_fields_can_be_read(exhaustion: asyncio.Task[Exhaustion], check: Checker) -> None:
    """What answers tell of a limit is well written."""
    check((await exhaustion).burst, allowance.fields_can_be_read)


@pytest.mark.needs("promises.limits", "api-limit", "signin", "refresh")
@pytest.mark.effects("burst")
@pytest.mark.cost(auth=1, api=3)
@pytest.mark.beside
async def test_a_new_token_is_no_new_limit(exhaustion: asyncio.Task[Exhaustion], check: Checker) -> None:
    """Who renews the session while the limit is spent is refused as before."""
    spent = await exhaustion
    renewed = (spent.renewed.refresh, *spent.renewed.exchanges[:1]) if spent.renewed else ()

    check(spent, renewal.a_new_token_is_no_new_limit, trail=[*spent.trail, *renewed])


@pytest.mark.needs("promises.limits", "api-limit", "own-limits")
@pytest.mark.effects("burst")
@pytest.mark.cost(api=0)
@pytest.mark.beside
async def test_others_are_served(exhaustion: asyncio.Task[Exhaustion], check: Checker) -> None:
    """Somebody else is served while one member's limit is spent."""
    check(await exhaustion, rate.others_are_served)


@pytest.mark.needs("promises.limits", "sign-in-limit")
@pytest.mark.effects("burst")
@pytest.mark.cost(auth=19)
async def test_guessing_is_stopped(guesses: Burst, check: Checker) -> None:
    """Guessing passwords ends at the sign-in limit, no sooner and no later, whatever address the guesser claims."""
    check(guesses, rate.sign_in_limit_is_enforced, rate.no_attempt_is_refused_early)
    check(guesses, rate.headers_give_no_more_guesses, trail=[*guesses.trail, *guesses.spoofed])
