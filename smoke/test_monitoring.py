"""Monitoring: health is true and open, metrics are true and closed, and an error reaches somebody."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, TypeVar

import pytest
import pytest_asyncio

from checks import figures, health, metrics, tracker
from gonogo.member import Member
from gonogo.monitored import (
    FEW_SCRAPES,
    PROBES,
    as_member,
    asked_anew,
    errors_between,
    heads,
    left_between,
    probe,
    provoke,
    refused_to,
    scrape_between,
    scraped_during,
    secrets_of,
    strayed_between,
    used_while_ready,
)
from gonogo.operation import read_source
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.burst import Burst
    from gonogo.checker import Checker
    from gonogo.exchange import Exchange
    from gonogo.people import Cast
    from gonogo.profile import Profile
    from gonogo.promises import RequestCounter
    from gonogo.sections import Build, Tracker

T = TypeVar("T")
SCENARIO = "monitoring"
COUNTED = 7


@pytest.fixture
def build(profile: Profile) -> Build:
    """Where the target names its build."""
    return given(profile.build, "build")


@pytest.fixture
def counter(profile: Profile) -> RequestCounter:
    """Where the target counts requests."""
    return given(profile.means.request_counter, "means.request_counter")


@pytest.fixture
def reports(profile: Profile) -> Tracker:
    """Where the target's error reports land."""
    return given(profile.tracker, "tracker")


@pytest.fixture
def balancer(cast: Cast) -> Member:
    """Whoever asks before it sends people here: without an account, and with an address of its own."""
    return Member(cast.person("balancer"), cast, SCENARIO)


@pytest.fixture
def stray(cast: Cast) -> Member:
    """Somebody without an account who asks for what is not there."""
    return Member(cast.person("stray"), cast, SCENARIO)


def given(section: T | None, name: str) -> T:
    """A section of the profile that the part's needs promise."""
    if section is None:
        raise HarnessTrouble(f"the profile has no {name}: mark the part with needs")
    return section


@pytest.mark.needs("health")
@pytest.mark.effects("read")
@pytest.mark.cost(free=33)
async def test_health_is_open(balancer: Member, check: Checker) -> None:
    """Every health endpoint says that all is well, to anybody, again and again, and nothing else."""
    once = await probe(balancer, 1)

    check(once, health.says_that_it_is_well, health.gives_nothing_away)
    check(await probe(balancer, PROBES), health.is_open_to_probes)


@pytest.mark.needs("health", "promises.health")
@pytest.mark.effects("read")
@pytest.mark.cost(free=6)
async def test_health_agrees_with_itself(balancer: Member, check: Checker, profile: Profile) -> None:
    """The status in the body and the status code say the same, in the format that is promised; HEAD says so too."""
    promised = given(profile.promises.health, "promises.health")
    pairs = await heads(balancer)
    once = [asked for asked, _ in pairs]

    check(once, health.status_agrees_with_code(promised), health.has_its_shape(promised))
    check(pairs, health.head_is_answered_alike)


@pytest.mark.needs("health_ready", "create_conversation", "history")
@pytest.mark.cost(auth=3, api=2, free=1)
async def test_ready_means_ready(bob: Member, check: Checker) -> None:
    """While the target says that it is ready, a conversation can be made and read."""
    check(await used_while_ready(bob), health.ready_means_ready)


@pytest.mark.needs("health")
@pytest.mark.effects("read")
@pytest.mark.cost(free=1)
async def test_the_service_is_well(anybody: Member) -> None:
    """Health answers as promised."""
    await anybody.do("health")


@pytest.mark.needs("health_live")
@pytest.mark.effects("read")
@pytest.mark.cost(free=1)
async def test_the_service_is_alive(anybody: Member) -> None:
    """Liveness answers as promised."""
    await anybody.do("health_live")


@pytest.mark.needs("health_ready")
@pytest.mark.effects("read")
@pytest.mark.cost(free=1)
async def test_the_service_is_ready(anybody: Member) -> None:
    """Readiness answers as promised."""
    await anybody.do("health_ready")


@pytest.mark.needs("build")
@pytest.mark.effects("read")
@pytest.mark.cost(free=1)
async def test_the_build_is_named(anybody: Member, check: Checker, build: Build) -> None:
    """The service tells which build answers."""
    check(await anybody.attempt(build.operation), health.names_its_build(build.source))


@pytest.mark.needs("build")
@pytest.mark.effects("read")
@pytest.mark.cost(free=10)
async def test_one_build_answers(balancer: Member, check: Checker, build: Build) -> None:
    """Whoever takes a new connection, it is the same build."""
    check(await asked_anew(balancer, build.operation), health.one_build_answers(build.source))


@pytest.mark.needs("metrics", "operator")
@pytest.mark.cost(auth=3, free=24)
async def test_metrics_are_protected(bob: Member, anybody: Member, check: Checker) -> None:
    """Neither a stranger nor a member reads what is for the operator."""
    strangers = await refused_to(anybody, lambda request: request)
    members = await refused_to(bob, lambda request: as_member(request, bob))

    check([*strangers, *members], metrics.are_for_the_operator)


@pytest.mark.needs("metrics")
@pytest.mark.effects("read")
@pytest.mark.cost(free=1)
async def test_metrics_can_be_read(anybody: Member, check: Checker) -> None:
    """A strict parser reads the exposition."""
    check(await anybody.do("metrics"), metrics.can_be_read)


@pytest.mark.needs("metrics", "create_conversation", "history")
@pytest.mark.cost(api=2, free=1)
async def test_metrics_name_nobody(bob: Member, check: Checker, cast: Cast) -> None:
    """Nothing of anybody's stands in the exposition, not even the id in a path."""
    seen = await bob.history(await bob.create_conversation("metrics"))
    scrape = await bob.attempt("metrics")

    check([seen, scrape], metrics.name_nobody(secrets_of(cast)))


@pytest.mark.needs("metrics", "means.request_counter")
@pytest.mark.effects("read")
@pytest.mark.cost(api=14, free=3)
async def test_requests_are_counted(anybody: Member, check: Checker, counter: RequestCounter) -> None:
    """Seven requests raise the counter by seven, twice."""
    scraped = await scrape_between(anybody, counter, COUNTED)

    check(scraped, metrics.count_requests(counter.series, COUNTED))


@pytest.mark.needs("metrics")
@pytest.mark.effects("read")
@pytest.mark.cost(free=10)
async def test_counters_hold(balancer: Member, check: Checker) -> None:
    """Whoever answers the scrape, no counter falls."""
    check(await asked_anew(balancer, "metrics"), metrics.counters_never_fall)


@pytest.mark.needs("metrics", "means.request_counter", "means.request_counter.status_label")
@pytest.mark.effects("read")
@pytest.mark.cost(api=4, free=3)
async def test_errors_are_counted(stray: Member, check: Checker, counter: RequestCounter) -> None:
    """Each error raises the count of its own status."""
    label = given(counter.status_label, "means.request_counter.status_label")

    check(await errors_between(stray), metrics.count_errors(counter.series, label))


@pytest.mark.needs(
    "metrics", "means.request_counter", "means.request_counter.status_label", "promises.limits", "sign-in-limit"
)
@pytest.mark.effects("burst")
@pytest.mark.cost(free=2)
async def test_refusals_are_counted(
    scrape_before: Exchange | None, guesses: Burst, anybody: Member, check: Checker, counter: RequestCounter
) -> None:
    """What a limit refuses raises the count of 429."""
    label = given(counter.status_label, "means.request_counter.status_label")
    scraped = [given(scrape_before, "metrics"), *guesses.sent, await anybody.do("metrics")]

    check(scraped, metrics.count_refusals(counter.series, label))


@pytest.mark.needs("metrics")
@pytest.mark.effects("read")
@pytest.mark.cost(api=21, free=2)
async def test_series_are_bounded(stray: Member, check: Checker) -> None:
    """Paths that do not exist make no new series."""
    check(await strayed_between(stray), metrics.series_are_bounded)


@pytest.mark.needs("metrics", "send_message", "means.stream_gauge")
@pytest.mark.cost(api=2, free=20, messages=1)
async def test_streams_are_seen(
    bob: Member, anybody: Member, check: Checker, profile: Profile, nonce: Callable[[int], str]
) -> None:
    """The gauge of open streams rises with a stream, and falls with its end."""
    gauge = given(profile.means.stream_gauge, "means.stream_gauge")
    scraped, after = await scraped_during(anybody, bob.ask(bob.question(nonce(12))), gauge)

    check(scraped, metrics.streams_are_seen(gauge, after))


@pytest.mark.needs("metrics", "send_message", "means.fixed_prompt", "means.stream_gauge", "promises.abandoned_s")
@pytest.mark.cost(api=6, free=20, messages=3)
async def test_left_streams_end(bob: Member, anybody: Member, check: Checker, profile: Profile) -> None:
    """The gauge of open streams falls where those who listen leave."""
    gauge = given(profile.means.stream_gauge, "means.stream_gauge")
    scraped = await left_between(bob, anybody, gauge, profile.promises.abandoned_s or 0.0)

    check(scraped, figures.left_streams_end(gauge, FEW_SCRAPES))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def used(cast: Cast) -> list[Exchange]:
    """Two messages and their answers, between two looks at what was used."""
    bob = await Member(cast.person("bob"), cast, SCENARIO).join()
    before = await bob.do("metrics_usage")
    replies = [await bob.ask(secrets.token_hex(12)), await bob.ask(secrets.token_hex(12))]
    return [before, *replies, await bob.do("metrics_usage")]


@pytest.mark.needs("metrics_usage", "send_message", "means.usage_figure")
@pytest.mark.cost(api=4, free=2, messages=2)
async def test_usage_grows(used: list[Exchange], check: Checker, profile: Profile) -> None:
    """Two messages are counted as two, at least."""
    check(used, figures.usage_grows(given(profile.means.usage_figure, "means.usage_figure")))


@pytest.mark.needs("metrics_usage", "send_message", "means.token_figure")
@pytest.mark.cost(api=0)
async def test_tokens_grow(used: list[Exchange], check: Checker, profile: Profile) -> None:
    """Two answers cost two tokens, at least."""
    check(used, figures.tokens_grow(given(profile.means.token_figure, "means.token_figure")))


@pytest.mark.needs("metrics_providers", "send_message")
@pytest.mark.cost(api=2, free=1, messages=1)
async def test_providers_are_up(bob: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """The provider that has just answered is said to be up."""
    reply = await bob.ask(nonce(4))

    check([reply, await bob.do("metrics_providers")], figures.providers_are_up)


@pytest.mark.needs("metrics_providers", "send_message", "means.fail_prompt")
@pytest.mark.cost(api=2, free=2, messages=1)
async def test_failures_of_providers_are_seen(bob: Member, check: Checker) -> None:
    """When an answer fails, the list of providers tells."""
    before = await bob.do("metrics_providers")
    failed = await bob.ask(bob.prompt("fail_prompt"))
    after = await bob.do("metrics_providers")

    check([before, failed, after], figures.provider_failures_are_seen)


@pytest.mark.needs("metrics_system")
@pytest.mark.cost(free=2)
async def test_the_system_is_measured(anybody: Member, check: Checker) -> None:
    """What the process takes is measured, and changes."""
    first = await anybody.do("metrics_system")
    second = await anybody.until("metrics_system", "never", "", within_s=figures.WORTH_COMPARING_S)

    check([first, second], figures.system_is_plausible)


@pytest.mark.needs("trigger_error", "tracker")
@pytest.mark.cost(auth=3, free=1)
async def test_an_error_reaches_the_tracker(
    bob: Member, check: Checker, cast: Cast, reports: Tracker, nonce: Callable[[int], str]
) -> None:
    """A provoked error arrives at the tracker, and names nobody."""
    provoked = await provoke(bob, reports, nonce(2))

    check(provoked, tracker.error_arrives, tracker.event_names_nobody(secrets_of(cast)))


@pytest.mark.needs("trigger_error", "tracker", "build")
@pytest.mark.cost(free=2)
async def test_the_report_names_the_build(
    bob: Member, check: Checker, build: Build, reports: Tracker, nonce: Callable[[int], str]
) -> None:
    """A report names the build that answers."""
    answering = read_source(build.source, await bob.attempt(build.operation))
    provoked = await provoke(bob, reports, nonce(2))

    check(provoked, tracker.event_names_the_build(answering))
