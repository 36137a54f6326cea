"""CSRF: what changes something needs the session's own token, and comes from the service's own pages."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from checks import csrf, links
from gonogo.doors import refused_between, unguarded
from gonogo.forgery import (
    EVIL_ORIGIN,
    PAIR_COOKIES,
    as_link,
    cookies_of,
    own_origin,
    random_like,
    with_cookies,
    with_pair_of,
)
from gonogo.harmless import harmless_changes
from gonogo.links import follow
from gonogo.member import Member
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from gonogo.checker import Checker
    from gonogo.exchange import Exchange, Request
    from gonogo.operation import Credentials
    from gonogo.people import Cast
    from gonogo.profile import Profile
    from gonogo.sections import Csrf


SCENARIO = "csrf"


@pytest.fixture
def guard(profile: Profile) -> Csrf:
    """What the profile says of the token."""
    if profile.csrf is None:
        raise HarnessTrouble("the profile has no csrf: mark the part with needs")
    return profile.csrf


@pytest_asyncio.fixture(loop_scope="session")
async def victim(cast: Cast) -> Member:
    """A member of whom nothing may be left when a guard is missing."""
    return await Member(cast.person("victim"), cast, SCENARIO).join()


@pytest_asyncio.fixture(loop_scope="session")
async def reader(cast: Cast) -> Member:
    """Another one, who follows every link."""
    return await Member(cast.person("reader"), cast, SCENARIO).join()


def harmless(member: Member, credentials: Credentials | None = None) -> list[Request]:
    """A request of each harmless operation, with the member's own credentials or with others."""
    told = harmless_changes(member.profile, "csrf")
    return [member.request(operation, credentials=credentials, **values) for operation, values in told.items()]


def token_of(member: Member) -> str:
    """The member's own token."""
    if member.person.csrf is None:
        raise HarnessTrouble(f"{member.person.name} has no CSRF token")
    return member.person.csrf


def with_token(member: Member, token: str | None) -> Request:
    """A harmless request with another token, or with none."""
    own = member.credentials
    return harmless(member, own.with_csrf(token) if token else own.without_csrf())[0]


def planted(bob: Member, alice: Member) -> tuple[Request, ...]:
    """Requests of bob's session with alice's token: alone, and with the cookies, if any, that came with it."""
    foreign = with_token(bob, token_of(alice))
    names = bob.profile.identity.session_cookies
    return tuple(dict.fromkeys((foreign, with_pair_of(foreign, with_token(alice, token_of(alice)), names))))


def self_made(member: Member, guard: Csrf) -> Request:
    """A request with a token that nobody issued, in its place and in every cookie that may be compared with it."""
    own = random_like(token_of(member), random.SystemRandom())
    return with_cookies(with_token(member, own), dict.fromkeys(pair_names(member, guard), own))


def pair_names(member: Member, guard: Csrf) -> tuple[str, ...]:
    """The cookies that may repeat the token: those that came beside the session, and the usual ones."""
    sent = cookies_of(with_token(member, token_of(member)))
    return (*(name for name in sent if name not in member.profile.identity.session_cookies), guard.name, *PAIR_COOKIES)


async def handed_out(member: Member, guard: Csrf) -> Exchange:
    """The answer that holds the member's token."""
    return await member.do(guard.fetch)


@pytest.mark.needs("csrf", "harmless-change")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=4, api=30)
async def test_changes_need_a_token(victim: Member, check: Checker, guard: Csrf) -> None:
    """Whatever changes something is refused without the token, and what is harmless is done with it."""
    check(await unguarded(victim), csrf.needs_token(guard.reject_statuses))


@pytest.mark.needs("csrf", "create_conversation", "list_conversations")
@pytest.mark.effects("hostile")
@pytest.mark.cost(api=3)
async def test_a_refusal_has_no_effect(bob: Member, check: Checker) -> None:
    """What was refused for want of a token has not been done."""
    refused, accepted = bob.title("refused"), bob.title("accepted")
    bare = bob.credentials.without_csrf()
    no = await bob.exchange(bob.request("create_conversation", credentials=bare, title=refused))
    yes = await bob.do("create_conversation", title=accepted)
    listed = await bob.attempt("list_conversations")

    check([no, yes, listed], csrf.refusal_has_no_effect(accepted, refused))


@pytest.mark.needs("csrf", "harmless-change")
@pytest.mark.effects("hostile")
@pytest.mark.cost(api=4)
async def test_wrong_tokens_are_refused(bob: Member, check: Checker, guard: Csrf) -> None:
    """Neither a random token is taken, nor the right one with one character changed."""
    right = token_of(bob)
    refusals = await refused_between(
        bob,
        with_token(bob, right),
        with_token(bob, random_like(right, random.SystemRandom())),
        with_token(bob, bob.nearly_right_token()),
    )

    check(refusals, csrf.wrong_token_is_refused(guard.reject_statuses))


@pytest.mark.needs("csrf", "harmless-change")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=3, api=5)
async def test_foreign_tokens_are_refused(bob: Member, alice: Member, check: Checker, guard: Csrf) -> None:
    """Alice's token is refused in bob's session, also with its cookies, and so is a self-made pair."""
    foreign = planted(bob, alice)
    *refusals, own = await refused_between(bob, with_token(bob, token_of(bob)), *foreign, self_made(bob, guard))

    check(refusals, csrf.foreign_token_is_refused(guard.reject_statuses))
    check(own, csrf.self_made_pair_is_refused(guard.reject_statuses))


@pytest.mark.needs("csrf", "harmless-change")
@pytest.mark.effects("hostile")
@pytest.mark.cost(api=6)
async def test_other_sites_are_refused(bob: Member, check: Checker, guard: Csrf) -> None:
    """A request from another origin is refused although its token is right, and so is one from another site."""
    valid = with_token(bob, token_of(bob))
    evil, nobody, elsewhere = await refused_between(
        bob,
        valid,
        valid.with_header("Origin", EVIL_ORIGIN),
        valid.with_header("Origin", "null"),
        valid.with_header("Sec-Fetch-Site", "cross-site"),
    )

    check([evil, nobody], csrf.foreign_origin_is_refused(guard.reject_statuses))
    check(elsewhere, csrf.cross_site_is_refused(guard.reject_statuses))


@pytest.mark.needs("csrf", "harmless-change")
@pytest.mark.effects("hostile")
@pytest.mark.cost(api=1)
async def test_own_pages_are_served(bob: Member, check: Checker, profile: Profile) -> None:
    """A request from the service's own origin is done."""
    request = with_token(bob, token_of(bob)).with_header("Origin", own_origin(profile))
    check(await bob.exchange(request), csrf.own_origin_is_accepted)


@pytest.mark.needs("csrf", "signin")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=4, api=4)
async def test_tokens_belong_to_sessions(bob: Member, visitor: Member, check: Checker, guard: Csrf) -> None:
    """Another member has another token, and a new session has a new one."""
    another = await handed_out(bob, guard)
    first = await handed_out(visitor, guard)
    await visitor.sign_in()
    second = await handed_out(visitor, guard)

    check([another, first, second], csrf.tokens_belong_to_sessions(guard.source))


@pytest.mark.needs("csrf", "harmless-change", "signin", "signout")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=4, api=7)
async def test_tokens_end_with_their_session(alice: Member, check: Checker, guard: Csrf) -> None:
    """After sign-out and sign-in the token of the session before is refused."""
    old = token_of(alice)
    await alice.do("signout")
    await alice.sign_in()
    valid = with_token(alice, token_of(alice))

    check(await alice.refused(valid, with_token(alice, old)), csrf.old_token_is_refused(guard.reject_statuses))


@pytest.mark.needs("csrf", "signin")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=4)
async def test_other_sites_cannot_sign_in(visitor: Member, check: Checker, guard: Csrf) -> None:
    """Another site cannot sign its visitor in."""
    await visitor.prepare_csrf("signin")
    valid = visitor.request("signin")
    refusals = await refused_between(
        visitor, valid, valid.with_header("Origin", EVIL_ORIGIN), valid.with_header("Sec-Fetch-Site", "cross-site")
    )

    check(refusals, csrf.sign_in_from_elsewhere_is_refused(guard.reject_statuses))


@pytest.mark.needs("csrf", "harmless-change", "session")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=5, api=60)
async def test_no_link_changes_anything(reader: Member, check: Checker) -> None:
    """Whoever follows a link to a change has everything as before."""
    check(await follow(reader), links.links_change_nothing)


@pytest.mark.needs("csrf", "signout", "session")
@pytest.mark.effects("hostile")
@pytest.mark.cost(api=4)
async def test_links_change_nothing(visitor: Member, check: Checker) -> None:
    """A mere link does not sign out, and the real thing does."""
    link = as_link(visitor.request("signout", credentials=visitor.credentials.without_csrf()))
    before = await visitor.attempt("session")
    linked = await visitor.exchange(link)
    after = await visitor.attempt("session")
    signed_out = await visitor.attempt("signout")
    visitor.leave()

    check([before, linked, after, signed_out], links.safe_methods_are_safe)
