"""Authentication: sign-up, verification, sign-in, refresh and sign-out, and nobody else gets in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from checks import account, auth, byways, ownership, password, session, session_cookie, token
from gonogo.byways import by_address, every_byway
from gonogo.doors import refused_between, tried
from gonogo.exchange import Refusal
from gonogo.member import Member
from gonogo.outliving import outlive
from gonogo.owned import raid
from gonogo.passwords import change, end_anothers, end_from_afar, forgotten, reset
from gonogo.people import BRIEF, KEYHOLDER, PHONE
from gonogo.planting import planted, verified_elsewhere
from gonogo.promotion import promoted_at_sign_up, promoted_in_settings
from gonogo.renewing import with_renewing_token
from gonogo.resigning import RESIGNED, UNSIGNED
from gonogo.stopwatch import timed
from gonogo.trouble import OperationFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gonogo.checker import Checker
    from gonogo.outliving import Outlived
    from gonogo.people import Cast
    from gonogo.profile import Profile


SCENARIO = "authentication"
WAIT = ("test_a_session_is_over_in_time", "test_a_refresh_moves_the_end")


@pytest_asyncio.fixture(loop_scope="session")
async def guest(cast: Cast) -> Member:
    """A member whose session is put to the test more often than a newcomer's may be."""
    return await Member(cast.person("guest"), cast, SCENARIO).join()


@pytest_asyncio.fixture(loop_scope="session")
async def leaver(cast: Cast) -> Member:
    """A member who leaves, and comes back."""
    return await Member(cast.person("leaver"), cast, SCENARIO).join()


@pytest_asyncio.fixture(loop_scope="session")
async def goner(cast: Cast) -> Member:
    """A member who leaves for good."""
    return await Member(cast.person("goner"), cast, SCENARIO).join()


@pytest_asyncio.fixture(loop_scope="session")
async def beginner(cast: Cast) -> Member:
    """A member who leaves for good, and begins anew with the same address."""
    return await Member(cast.person("beginner"), cast, SCENARIO).join()


@pytest.fixture
def climber(cast: Cast) -> Member:
    """Somebody who wants to be more than a member, and has not signed up yet."""
    return Member(cast.person("climber"), cast, SCENARIO)


@pytest_asyncio.fixture(loop_scope="session")
async def rival(cast: Cast) -> Member:
    """Another member, who wants what is the guest's; of lent accounts the second one."""
    return await Member(cast.person("rival"), cast, SCENARIO).join()


@pytest.fixture
def another(cast: Cast) -> Member:
    """One more whom the target does not know."""
    return Member(cast.person("another"), cast, SCENARIO)


@pytest.fixture
def outsider(cast: Cast) -> Member:
    """Somebody without an account, who tries every door."""
    return Member(cast.person("outsider"), cast, SCENARIO)


@pytest.fixture
def guessers(cast: Cast) -> list[Member]:
    """Some without an account, who measure time; the second measures only where the first saw something."""
    return [Member(cast.person(name), cast, SCENARIO) for name in ("timer", "referee", "umpire", "witness")]


@pytest_asyncio.fixture(loop_scope="session")
async def keyholder(cast: Cast) -> Member:
    """A member whose password may change."""
    return await Member(cast.person(KEYHOLDER), cast, SCENARIO).join()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(keyholder: Member, cast: Cast) -> Member:
    """The same member, on another device."""
    _ = keyholder
    return await Member(cast.person(PHONE), cast, SCENARIO).join()


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def outlived(
    request: pytest.FixtureRequest, cast: Cast, profile: Profile
) -> AsyncIterator[asyncio.Task[Outlived] | None]:
    """A short session being outlived, which goes on beside everything else."""
    short = profile.means.short_session
    chosen = [one for one in request.session.items if one.name in WAIT and not one.get_closest_marker("skip")]
    if short is None or not chosen:
        yield None
        return
    task = asyncio.create_task(spend_a_session(cast, short.lifetime_s))
    yield task
    task.cancel()
    await asyncio.wait([task])


async def spend_a_session(cast: Cast, lifetime_s: float) -> Outlived:
    """Have a member of its own outlive a session."""
    return await outlive(await Member(cast.person(BRIEF), cast, SCENARIO).join(), lifetime_s)


@pytest.mark.needs("signup", "verify_email", "signin", "mail")
@pytest.mark.cost(auth=6, api=1)
async def test_a_newcomer_proves_the_address(stranger: Member, check: Checker, profile: Profile) -> None:
    """A newcomer signs up, proves the address with a link that works once, and only then can sign in."""
    signed_up = await stranger.sign_up()
    early = await stranger.attempt("signin")
    verified = await stranger.verify_email()
    again = await stranger.exchange(verified.request)
    signed_in = await stranger.sign_in()
    signed_up_again = await stranger.attempt("signup")

    no, names = profile.identity.reject_statuses, profile.identity.session_cookies
    check(Refusal(refused=early, after=signed_in, steps=(signed_up,)), auth.unverified_is_refused(no, names))
    check(Refusal(refused=again, before=verified), auth.link_works_once(no, names))
    check([signed_up, signed_up_again], auth.known_address_signs_up_like_a_new_one)


@pytest.mark.needs("signup", "verify_email", "signin", "mail", "session")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=5, api=4)
async def test_a_link_changes_nobody_else(another: Member, guest: Member, check: Checker) -> None:
    """Whoever opens the verification link of somebody else stays who they are."""
    await another.sign_up()

    check(await verified_elsewhere(another, guest), byways.link_changes_nobody_else)


@pytest.mark.needs("signin")
@pytest.mark.cost(auth=6, api=2)
async def test_only_the_right_password_opens_the_account(newcomer: Member, check: Checker, profile: Profile) -> None:
    """The right password signs in, a wrong one does not, and neither answer tells who has an account."""
    wrong = await newcomer.attempt("signin", password="not-the-password-1A!")
    unknown = await newcomer.attempt("signin", email="nobody-here@example.com", password="not-the-password-1A!")
    right = await newcomer.sign_in()

    no, names = profile.identity.reject_statuses, profile.identity.session_cookies
    check(Refusal(refused=wrong, before=newcomer.signed_in_by, after=right), auth.wrong_password_is_refused(no, names))
    check([wrong, unknown], auth.unknown_address_looks_like_wrong_password)


@pytest.mark.needs("signup", "signin", "session", "new-accounts")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=17, api=2)
async def test_nobody_can_measure_who_is_here(guessers: list[Member], guest: Member, check: Checker) -> None:
    """A wrong password takes as long for an unknown address as for a known one."""
    check(await timed(guessers, guest.person.account.email), auth.unknown_address_takes_as_long)


@pytest.mark.needs("signup", "signin", "session", "new-accounts")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=7, api=6)
async def test_nobody_signs_up_as_more(climber: Member, guest: Member, check: Checker) -> None:
    """Whatever a sign-up asks for beside its own fields, the new member is an ordinary one."""
    check(await promoted_at_sign_up(climber, guest), auth.nobody_signs_up_as_more)


@pytest.mark.needs("update_settings", "means.themes", "session")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=3, api=8)
async def test_nobody_chooses_to_be_more(rival: Member, check: Checker) -> None:
    """Whatever settings ask for beside their own fields, the member stays an ordinary one."""
    check(await promoted_in_settings(rival), auth.nobody_chooses_to_be_more)


@pytest.mark.needs("send_message")
@pytest.mark.cost(api=60, messages=1)
async def test_strangers_are_refused_everywhere(newcomer: Member, check: Checker, profile: Profile) -> None:
    """What belongs to members is refused to whoever has no session, operation by operation."""
    check(await tried(newcomer), session.session_is_required(profile.identity.reject_statuses))


@pytest.mark.needs("session")
@pytest.mark.effects("hostile")
@pytest.mark.cost(api=50)
async def test_nobody_enters_by_another_way(rival: Member, outsider: Member, check: Checker, profile: Profile) -> None:
    """However a path is spelt, it needs the session, and the session does not count in the address."""
    check(await every_byway(rival, outsider), byways.every_spelling_is_guarded)
    check(await by_address(rival), byways.no_token_in_the_address(profile.identity.reject_statuses))


@pytest.mark.needs("own-things")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=6, api=90, messages=2)
async def test_members_things_are_their_own(guest: Member, rival: Member, check: Checker) -> None:
    """Whatever can be done with a thing is refused to another member, in both directions, and leaves it as it is."""
    there, back = await raid(guest, rival), await raid(rival, guest)

    check([*there.refusals, *back.refusals], ownership.own_things_only)
    check([*there.kept, *back.kept], ownership.own_things_are_untouched)


@pytest.mark.needs("session")
@pytest.mark.cost(api=1)
async def test_no_cache_keeps_a_session(newcomer: Member, check: Checker) -> None:
    """What is answered to one member is kept by no cache."""
    check(await newcomer.do("session"), session.answers_are_not_stored)


@pytest.mark.needs("session")
@pytest.mark.effects("hostile")
@pytest.mark.cost(api=3)
async def test_a_tampered_session_is_refused(newcomer: Member, check: Checker, profile: Profile) -> None:
    """A session that somebody changed is no session."""
    request = newcomer.request("session")
    refusal = await newcomer.refused(request, newcomer.tampered(request))

    check(refusal, token.tampered_session_is_refused(profile.identity.reject_statuses))


@pytest.mark.needs("session", "jwt-session")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=3, api=30)
async def test_nobody_else_signs_a_session(guest: Member, check: Checker, profile: Profile) -> None:
    """A token without the server's own signature is no session, whatever it says of itself."""
    request = guest.request("session")
    forged = [guest.tampered(request, how) for how in (*UNSIGNED, *RESIGNED)]
    refusals = await refused_between(guest, request, *forged)
    unsigned, resigned = refusals[: len(UNSIGNED)], refusals[len(UNSIGNED) :]

    check(unsigned, token.unsigned_is_refused(profile.identity.reject_statuses))
    check(resigned, token.known_secret_is_refused(profile.identity.reject_statuses))


@pytest.mark.needs("signin", "session-cookie")
@pytest.mark.cost(api=0)
async def test_the_session_cookie_is_safe(newcomer: Member, check: Checker, profile: Profile) -> None:
    """The cookie that carries the session is out of reach for scripts, plain connections and other sites."""
    names = profile.identity.session_cookies

    check(
        newcomer.signed_in_by,
        session_cookie.cookies_are_http_only(names),
        session_cookie.cookies_are_same_site(names),
    )


@pytest.mark.needs("signin", "session-cookie", "https")
@pytest.mark.cost(api=0)
async def test_the_session_cookie_needs_tls(newcomer: Member, check: Checker, profile: Profile) -> None:
    """The cookie that carries the session never travels without TLS."""
    check(newcomer.signed_in_by, session_cookie.cookies_are_secure(profile.identity.session_cookies))


@pytest.mark.needs("signin", "session-cookie", "promises.session_lifetime_s")
@pytest.mark.cost(api=0)
async def test_the_session_ends_in_time(newcomer: Member, check: Checker, profile: Profile) -> None:
    """The cookie that carries the session ends when the target promises."""
    lifetime = profile.promises.session_lifetime_s
    check(
        newcomer.signed_in_by, session_cookie.session_lifetime_is_kept(profile.identity.session_cookies[:1], lifetime)
    )


@pytest.mark.needs("signin", "session", "jwt-session", "promises.session_lifetime_s")
@pytest.mark.cost(api=0)
async def test_the_token_ends_in_time(newcomer: Member, check: Checker, profile: Profile) -> None:
    """The token that says who somebody is ends when the target promises, whoever carries it."""
    lifetime = profile.promises.session_lifetime_s
    check(newcomer.signed_in_by, token.token_lifetime_is_kept(newcomer.request("session"), lifetime))


@pytest.mark.needs("refresh", "session")
@pytest.mark.cost(auth=3, api=2)
async def test_a_refresh_renews_the_session(newcomer: Member, check: Checker, profile: Profile) -> None:
    """A refresh gives a new session that works, and uses up the token that asked for it."""
    request = newcomer.request("refresh")
    refreshed = newcomer.answered(await newcomer.exchange(request))
    afterwards = await newcomer.attempt("session")
    reused = await newcomer.exchange(request)
    newcomer.leave()

    check([refreshed, afterwards], session.refresh_renews)
    check(
        Refusal(refused=reused, before=refreshed, steps=(refreshed,)),
        session.old_refresh_token_is_refused(profile.identity.reject_statuses),
    )


@pytest.mark.needs("refresh", "session", "promises.reuse_ends_session")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=6, api=2)
async def test_a_stolen_refresh_token_ends_the_session(guest: Member, check: Checker, profile: Profile) -> None:
    """When a refresh token comes a second time, the session that came of the first is dead."""
    request = guest.request("refresh")
    refreshed = guest.answered(await guest.exchange(request))
    alive = await guest.attempt("session")
    reused = await guest.exchange(request)
    dead = await guest.attempt("session")
    guest.leave()

    check(
        Refusal(refused=dead, before=alive, steps=(refreshed, reused)),
        session.reuse_ends_the_session(profile.identity.reject_statuses),
    )


@pytest.mark.needs("signin", "signout", "session")
@pytest.mark.cost(auth=1, api=5)
async def test_sign_out_ends_the_session(newcomer: Member, check: Checker, profile: Profile) -> None:
    """After sign-out the old session is dead at once."""
    request = newcomer.request("session")
    before = await newcomer.exchange(request)
    signed_out = await newcomer.do("signout")
    dead = await newcomer.exchange(request)
    await newcomer.sign_in()
    after = await newcomer.do("session")

    check(
        Refusal(refused=dead, before=before, after=after, steps=(signed_out,)),
        session.signed_out_session_is_refused(profile.identity.reject_statuses),
    )


@pytest.mark.needs("signin", "signout", "refresh", "session")
@pytest.mark.cost(auth=7, api=2)
async def test_sign_out_ends_the_refresh_token(leaver: Member, check: Checker, profile: Profile) -> None:
    """After sign-out nothing renews the session."""
    request = leaver.request("refresh")
    signed_out = await leaver.do("signout")
    dead = await leaver.exchange(request)
    await leaver.sign_in()
    alive = await leaver.do("refresh")

    check(
        Refusal(refused=dead, after=alive, steps=(signed_out,)),
        session.signed_out_refresh_token_is_refused(profile.identity.reject_statuses),
    )


@pytest.mark.needs("signin", "new-accounts", "promises.any_case")
@pytest.mark.cost(auth=1)
async def test_capitals_make_no_other(guest: Member, cast: Cast, check: Checker, profile: Profile) -> None:
    """Who writes the own address in capitals gets in."""
    telephone = Member(cast.again(guest.person), cast, SCENARIO)
    await telephone.prepare_csrf("signin")
    signed_in = await telephone.attempt("signin", email=guest.person.account.email.upper())

    check(signed_in, account.capitals_make_no_other(guest.signed_in_by, profile.identity.session_cookies))


@pytest.mark.needs("signin", "session", "delete_account", "new-accounts")
@pytest.mark.cost(auth=4, api=3)
async def test_a_deleted_account_is_shut(goner: Member, check: Checker, profile: Profile) -> None:
    """With a deleted account goes its session, and nobody signs in to it any more."""
    request, signed_in = goner.request("session"), goner.signed_in_by
    before = await goner.exchange(request)
    deleted = await goner.delete_account()
    dead = await goner.exchange(request)
    await goner.prepare_csrf("signin")
    shut = await goner.attempt("signin")

    tries = [
        Refusal(refused=dead, before=before, steps=(deleted,)),
        Refusal(refused=shut, before=signed_in, steps=(deleted,)),
    ]
    identity = profile.identity
    check(tries, account.deleted_account_is_shut(identity.reject_statuses, identity.session_cookies))


@pytest.mark.needs(
    "signin", "delete_account", "new-accounts", "create_conversation", "list_conversations", "promises.addresses_freed"
)
@pytest.mark.cost(auth=6, api=5)
async def test_a_new_account_begins_empty(beginner: Member, cast: Cast, check: Checker) -> None:
    """Who deletes the account and signs up anew finds nothing of before."""
    title = beginner.title("before")
    forgotten = await beginner.create_conversation(title)
    request = beginner.request("session")
    deleted = await beginner.delete_account()
    if (await beginner.exchange(request)).ok:
        raise OperationFailed("the session of the deleted account goes on, so that nobody can begin anew")
    anew = await Member(cast.again(beginner.person), cast, SCENARIO).join()
    fresh = await anew.create_conversation(anew.title("after"))
    listed = await anew.do("list_conversations")

    check(listed, account.nothing_comes_back((forgotten, title), fresh), trail=[deleted, listed])


@pytest.mark.needs("signin", "refresh", "session", "renewing-token")
@pytest.mark.effects("hostile")
@pytest.mark.cost(api=3)
async def test_a_refresh_token_opens_nothing(guest: Member, check: Checker, profile: Profile) -> None:
    """What renews a session is no session."""
    refusal = await guest.refused(guest.request("session"), with_renewing_token(guest))

    check(refusal, session.refresh_token_opens_nothing(profile.identity.reject_statuses))


@pytest.mark.needs("signin", "signout", "session-cookie")
@pytest.mark.cost(auth=1, api=2)
async def test_sign_out_clears_the_cookie(newcomer: Member, check: Checker, profile: Profile) -> None:
    """Sign-out takes the cookie out of the browser too."""
    signed_in = newcomer.signed_in_by
    signed_out = await newcomer.do("signout")
    newcomer.leave()

    check([signed_in, signed_out], session_cookie.signout_clears_cookies(profile.identity.session_cookies))


@pytest.mark.needs("signin", "signout", "session", "session-cookie")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=1, api=4)
async def test_no_session_can_be_planted(rival: Member, check: Checker, profile: Profile) -> None:
    """A session cookie that was there before the sign-in opens nothing after it."""
    check(await planted(rival), byways.planted_session_is_not_taken(profile.identity.reject_statuses))


@pytest.mark.needs("list_sessions", "end_session", "signin", "session", "new-accounts")
@pytest.mark.cost(auth=4, api=9)
async def test_a_session_ends_from_afar(
    keyholder: Member, phone: Member, rival: Member, check: Checker, profile: Profile
) -> None:
    """A member ends the session of another device, which is dead at once, and of nobody else."""
    tried = await end_anothers(keyholder, phone, rival)
    check(tried, session.own_sessions_only(profile.identity.reject_statuses))

    ended = await end_from_afar(keyholder, phone)
    check(ended, session.ended_session_is_refused(profile.identity.reject_statuses))


@pytest.mark.needs("forgot_password", "reset_password", "signin", "session", "mail", "new-accounts")
@pytest.mark.cost(auth=6, api=5)
async def test_a_forgotten_password_is_replaced(
    keyholder: Member, phone: Member, check: Checker, profile: Profile
) -> None:
    """A link to a new password comes by mail, works once, and ends what was open; nobody learns who has an account."""
    check(await forgotten(phone), password.forgotten_tells_nothing)
    replaced = await reset(keyholder, phone)

    check(replaced.session, password.reset_ends_sessions(profile.identity.reject_statuses))
    check(replaced.again, password.reset_link_works_once)


@pytest.mark.needs("change_password", "signin", "session", "new-accounts")
@pytest.mark.cost(auth=3, api=7)
async def test_a_password_is_changed(keyholder: Member, phone: Member, check: Checker, profile: Profile) -> None:
    """Who knows the password changes it; other devices are signed out, and the old one opens nothing."""
    done = await change(keyholder, phone)

    no, names = profile.identity.reject_statuses, profile.identity.session_cookies
    check(done.guessed, password.change_needs_the_password)
    check(done.session, password.change_ends_sessions(no))
    check(done.password, password.old_password_is_refused(no, names))


@pytest.mark.needs("signin", "session", "means.short_session", "new-accounts")
@pytest.mark.cost(auth=7, api=5)
async def test_a_session_is_over_in_time(outlived: asyncio.Task[Outlived], check: Checker, profile: Profile) -> None:
    """A session whose time is over is refused."""
    check((await outlived).expired, session.expired_session_is_refused(profile.identity.reject_statuses))


@pytest.mark.needs("signin", "session", "refresh", "means.short_session", "new-accounts")
@pytest.mark.cost(auth=0)
async def test_a_refresh_moves_the_end(outlived: asyncio.Task[Outlived], check: Checker, profile: Profile) -> None:
    """A session that is refreshed outlives the one before."""
    short = profile.means.short_session
    check(await outlived, session.refresh_extends(short.lifetime_s if short else 0.0))
