"""What waits long in this suite, started before everything else and beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest_asyncio

from gonogo.burst import Burst, Exhaustion, burst, exhaust
from gonogo.member import Member
from gonogo.plan import limit_of, limited_operation, reason_to_skip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from gonogo.exchange import Exchange
    from gonogo.people import Cast
    from gonogo.profile import Profile

SCENARIO, MONITORING = "rate-limiting", "monitoring"


def wanted(request: pytest.FixtureRequest) -> bool:
    """Whether a part that waits for this was selected, and is not ruled out."""
    return any(
        item.get_closest_marker("beside") and not item.get_closest_marker("skip") for item in request.session.items
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def exhaustion(
    request: pytest.FixtureRequest, cast: Cast, profile: Profile
) -> AsyncIterator[asyncio.Task[Exhaustion] | None]:
    """
    The API's limit being spent, and waited out.

    It goes on beside everything else, unless its member's account is somebody else's too, who must then wait.
    """
    if not wanted(request):
        yield None
        return
    task = asyncio.create_task(spend_the_limit(cast, profile))
    if cast.person("carol").account.id in {cast.person(name).account.id for name in ("alice", "bob")}:
        await asyncio.wait([task])
    yield task
    task.cancel()
    await asyncio.wait([task])


async def spend_the_limit(cast: Cast, profile: Profile) -> Exhaustion:
    """Have a member of its own spend the API's limit, while another one, of another account, goes on."""
    operation = limited_operation(profile)
    carol = await Member(cast.person("carol"), cast, SCENARIO).join()
    name = next(name for name in ("bob", "alice") if cast.person(name).account.id != carol.person.account.id)
    other = await Member(cast.person(name), cast, SCENARIO).join()
    alone = reason_to_skip(profile, ["own-limits"], []) is not None
    others = [] if alone else [(other, other.request(operation))]
    return await exhaust(carol, carol.request(operation), limit_of(profile, operation), others)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scrape_before(cast: Cast, profile: Profile) -> Exchange | None:
    """The metrics before passwords are guessed, where there are any."""
    anybody = Member(cast.person("anybody"), cast, MONITORING)
    return await anybody.do("metrics") if "metrics" in profile.operations else None


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def guesses(cast: Cast, profile: Profile, scrape_before: Exchange | None) -> Burst:
    """More wrong passwords than the sign-in limit lets through, for an account that does not exist; once a suite."""
    _ = scrape_before
    guesser = Member(cast.person("guesser"), cast, SCENARIO)
    await guesser.prepare_csrf("signin")
    wrong = guesser.request("signin", email="nobody-here@example.com", password="a-wrong-guess-1A!")
    return await burst(guesser, wrong, limit_of(profile, "signin"))
