"""Security headers: on every kind of answer, errors and streams too, and nothing of the inside is told."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from checks import banner, exposure, headers, tls
from gonogo.certificate import asked_without_tls, certificates
from gonogo.forgery import own_origin
from gonogo.handshake import CURRENT, OLD, handshake
from gonogo.member import Member
from gonogo.monitored import secrets_of
from gonogo.probes import (
    UNLISTED,
    broken,
    foreign_origins,
    incomplete,
    known_methods,
    nowhere,
    preflight,
    public_path,
    public_paths,
    trace,
    unknown_method,
    unlisted,
)

if TYPE_CHECKING:
    from gonogo.burst import Burst
    from gonogo.checker import Checker
    from gonogo.exchange import Exchange, Request
    from gonogo.people import Cast
    from gonogo.profile import Profile

SCENARIO = "security-headers"
READS = ("session", "settings", "list_conversations", "projects", "plan")


def own_page(member: Member) -> Request:
    """A request for something of the member's own that changes nothing; where there is none, for what is public."""
    offered = [operation for operation in READS if operation in member.profile.operations]
    return member.request(offered[0]) if offered else unlisted(member.profile, public_path(member.profile) or "/")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def answers(cast: Cast, profile: Profile) -> list[Exchange]:
    """One answer of each kind that can be had: good, 401, 404, 405, a file, a redirect, invalid, a stream, 500."""
    visitor = await Member(cast.person("visitor"), cast, SCENARIO).join()
    page = own_page(visitor)
    found = [
        await visitor.exchange(page),
        await visitor.exchange(page.without_header("cookie").without_header(profile.identity.bearer.header)),
        await visitor.exchange(nowhere(profile)),
        await visitor.exchange(unknown_method(profile, page)),
        await visitor.exchange(unlisted(profile, "/favicon.ico")),
        await visitor.exchange(replace(page, operation=UNLISTED, url=f"{page.url}/")),
    ]
    if "create_conversation" in profile.operations:
        found.append(await visitor.exchange(broken(visitor.request("create_conversation", title="broken"))))
    if {"create_conversation", "send_message"} <= set(profile.operations):
        found.append(await visitor.ask("Hello"))
    if "trigger_error" in profile.operations:
        found.append(await visitor.attempt("trigger_error", correlation="security-headers"))
    return found


@pytest.mark.needs("https", "promises.headers.hsts_min_age_s")
@pytest.mark.cost(auth=3, api=10, messages=1)
async def test_every_answer_insists_on_tls(answers: list[Exchange], check: Checker, profile: Profile) -> None:
    """Every kind of answer tells browsers to insist on TLS."""
    check(answers, headers.insists_on_tls(profile.promises.headers.hsts_min_age_s))


@pytest.mark.needs("promises.headers.csp")
@pytest.mark.cost(api=0)
async def test_every_answer_has_a_policy(answers: list[Exchange], check: Checker) -> None:
    """Every kind of answer has a policy, and it is a tight one."""
    check(answers, headers.has_a_policy)
    check(answers, headers.policy_is_tight)


@pytest.mark.needs("promises.headers.nosniff")
@pytest.mark.cost(api=0)
async def test_no_type_is_guessed(answers: list[Exchange], check: Checker) -> None:
    """Browsers take every kind of answer for what it says it is."""
    check(answers, headers.types_are_not_guessed)


@pytest.mark.needs("promises.headers.frame_ancestors")
@pytest.mark.cost(api=0)
async def test_nothing_can_be_framed(answers: list[Exchange], check: Checker) -> None:
    """No kind of answer can be shown in somebody else's frame."""
    check(answers, headers.cannot_be_framed)


@pytest.mark.needs("promises.headers.referrer_policy")
@pytest.mark.cost(api=0)
async def test_paths_stay_private(answers: list[Exchange], check: Checker) -> None:
    """Other sites do not learn which page a visitor comes from."""
    check(answers, headers.paths_stay_private)


@pytest.mark.needs("promised-headers")
@pytest.mark.cost(api=0)
async def test_other_promises_are_kept(answers: list[Exchange], check: Checker, profile: Profile) -> None:
    """Whatever other header is promised comes with every kind of answer."""
    check(answers, headers.keeps_its_other_promises(profile.promises.headers))


@pytest.mark.cost(api=0)
async def test_nothing_of_the_inside_is_told(answers: list[Exchange], check: Checker, profile: Profile) -> None:
    """Errors show nothing of the inside, and no answer names its software."""
    check(
        answers,
        exposure.errors_tell_nothing,
        banner.tells_no_versions(hidden=profile.promises.headers.hides_server),
        banner.has_nothing_dead,
    )


@pytest.mark.cost(api=0)
async def test_redirects_stay(answers: list[Exchange], check: Checker) -> None:
    """Whoever writes one slash too many is sent nowhere else."""
    check(answers, exposure.redirects_stay)


@pytest.mark.needs("signin")
@pytest.mark.cost(auth=1)
async def test_errors_repeat_nothing(answers: list[Exchange], visitor: Member, check: Checker, cast: Cast) -> None:
    """Errors repeat nothing of what was sent: no password, no session, no address."""
    await visitor.prepare_csrf("signin")
    complained = await visitor.exchange(incomplete(visitor.request("signin")))

    check([*answers, complained], exposure.errors_repeat_nothing(secrets_of(cast)))


@pytest.mark.needs("promises.limits", "sign-in-limit")
@pytest.mark.effects("burst")
@pytest.mark.cost(auth=0)
async def test_refusals_have_them_too(guesses: Burst, check: Checker) -> None:
    """What a limit refuses has the same security headers as what it lets through."""
    check(guesses, headers.refusals_have_them_too)


@pytest.mark.needs("promises.errors")
@pytest.mark.cost(api=0)
async def test_errors_are_problems(answers: list[Exchange], check: Checker) -> None:
    """Every kind of error is a problem document."""
    check(answers, exposure.errors_are_problems)


@pytest.mark.cost(auth=3, api=1)
async def test_refused_methods_are_told_others(visitor: Member, check: Checker, profile: Profile) -> None:
    """A refused method is told which ones there are."""
    refused = await visitor.exchange(unknown_method(profile, own_page(visitor)))

    check(refused, headers.tells_allowed_methods(known_methods(profile, refused.request)))


@pytest.mark.needs("challenge")
@pytest.mark.cost(api=0)
async def test_strangers_are_told_how_to_sign_in(answers: list[Exchange], check: Checker) -> None:
    """Who is not signed in is told how to do it."""
    check(answers, headers.says_how_to_sign_in)


@pytest.mark.cost(auth=3, api=8)
async def test_foreign_pages_cannot_read(visitor: Member, check: Checker, profile: Profile) -> None:
    """No page of another origin may read an answer, nor is told before that it might."""
    page = own_page(visitor)
    asked = [await visitor.exchange(page.with_header("Origin", origin)) for origin in foreign_origins(profile)]
    preflights = [await visitor.exchange(preflight(page, origin, "POST")) for origin in foreign_origins(profile)]

    check([*asked, *preflights], exposure.foreign_pages_cannot_read(own_origin(profile)))


@pytest.mark.effects("hostile")
@pytest.mark.cost(api=17)
async def test_no_secret_file_is_served(anybody: Member, check: Checker, profile: Profile) -> None:
    """Files that belong to the deployment are not there for strangers."""
    control = await anybody.exchange(nowhere(profile))
    served = [await anybody.exchange(unlisted(profile, path)) for path in exposure.SECRETS]

    check(served, exposure.serves_no_secrets(control))


@pytest.mark.effects("read")
@pytest.mark.cost(api=11)
async def test_the_workshop_is_closed(anybody: Member, check: Checker, profile: Profile) -> None:
    """Pages for developers and operators are not there for strangers, unless the profile describes them."""
    control = await anybody.exchange(nowhere(profile))
    hidden = [path for path in exposure.PAGES if path not in public_paths(profile)]
    shown = [await anybody.exchange(unlisted(profile, path)) for path in hidden]

    check(shown, exposure.shows_no_workshop(control))


@pytest.mark.effects("read")
@pytest.mark.cost(api=1)
async def test_trace_is_off(anybody: Member, check: Checker, profile: Profile) -> None:
    """Nobody gets back what was sent."""
    marker = secrets.token_hex(8)

    check(await anybody.exchange(trace(profile, marker)), exposure.trace_is_off(marker))


@pytest.mark.needs("https")
@pytest.mark.effects("read")
@pytest.mark.cost(api=0)
async def test_plain_http_leads_to_tls(anybody: Member, check: Checker, profile: Profile) -> None:
    """Without TLS nothing is served."""
    check(await asked_without_tls(anybody), tls.plain_http_leads_to_tls(profile.origins.api))


@pytest.mark.needs("https")
@pytest.mark.effects("read")
@pytest.mark.cost(api=0)
async def test_certificates_hold(check: Checker, profile: Profile) -> None:
    """Each origin's certificate is trusted, and will be for a while."""
    shown = await certificates(profile)

    check(shown, tls.certificates_are_trusted, tls.certificates_last)


@pytest.mark.needs("https")
@pytest.mark.cost(api=0)
async def test_old_tls_is_refused(check: Checker, profile: Profile) -> None:
    """Versions of TLS that can be read by others are refused, and the current one is not."""
    current = [await handshake(profile, version) for version in CURRENT]
    old = [await handshake(profile, version) for version in OLD]

    check(old, tls.old_tls_is_refused(current))
