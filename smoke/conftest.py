"""What waits long in this suite, started before everything else and beside it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest_asyncio

from gonogo.burst import Burst, Exhaustion, burst, exhaust
from gonogo.circumstances import limit_of, limited_operation
from gonogo.member import Member
from gonogo.part_end import scenario_of
from gonogo.plan import reason_to_skip
from gonogo.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import pytest

    from gonogo.exchange import Exchange
    from gonogo.people import Cast
    from gonogo.profile import Profile

SCENARIO, MONITORING = "rate-limiting", "monitoring"
JOINING = frozenset(
    {
        "alice",
        "bob",
        "newcomer",
        "visitor",
        "buyer",
        "guest",
        "rival",
        "victim",
        "reader",
        "dana",
        "latecomer",
        "leaver",
        "goner",
        "beginner",
        "leon",
        "uma",
        "miser",
    }
)
"""Fixtures that are members who have joined; each is the person of that name."""


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


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def joining(request: pytest.FixtureRequest, cast: Cast) -> AsyncIterator[None]:
    """Members joining beside what needs others, in the order in which they are needed."""
    needed = {
        name: scenario_of(item)
        for item in reversed(request.session.items)
        if not item.get_closest_marker("skip")
        for name in JOINING & set(getattr(item, "fixturenames", ()))
    }
    task = asyncio.create_task(join_ahead(cast, dict(reversed(needed.items()))))
    yield
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def join_ahead(cast: Cast, needed: Mapping[str, str]) -> None:
    """
    Have each person join in the scenario that needs them first.

    Who shares an address or an account with others joins when it is time, for they share limits, too.
    """
    for name, scenario in needed.items():
        person = cast.person(name)
        if person.address and person.account.made:
            with suppress(Trouble):  # whoever needs the member is told
                await Member(person, cast, scenario).join()


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
