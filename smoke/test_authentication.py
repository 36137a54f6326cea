"""Authentication: sign-up, verification, sign-in, refresh and sign-out, and nobody else gets in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from checks import auth, ownership, session, session_cookie, token
from gonogo.doors import refused_between, tried
from gonogo.exchange import Refusal
from gonogo.member import Member
from gonogo.owned import raid
from gonogo.promotion import promoted_at_sign_up, promoted_in_settings
from gonogo.resigning import RESIGNED, UNSIGNED

if TYPE_CHECKING:
    from gonogo.checker import Checker
    from gonogo.people import Cast
    from gonogo.profile import Profile


SCENARIO = "authentication"


@pytest_asyncio.fixture(loop_scope="session")
async def guest(cast: Cast) -> Member:
    """A member whose session is put to the test more often than a newcomer's may be."""
    return await Member(cast.person("guest"), cast, SCENARIO).join()


@pytest.fixture
def climber(cast: Cast) -> Member:
    """Somebody who wants to be more than a member, and has not signed up yet."""
    return Member(cast.person("climber"), cast, SCENARIO)


@pytest_asyncio.fixture(loop_scope="session")
async def rival(cast: Cast) -> Member:
    """Another member, who wants what is the guest's; of lent accounts the second one."""
    return await Member(cast.person("rival"), cast, SCENARIO).join()


@pytest.mark.needs("signup", "verify_email", "signin", "mail")
@pytest.mark.cost(auth=5, api=1)
async def test_a_newcomer_proves_the_address(stranger: Member, check: Checker, profile: Profile) -> None:
    """A newcomer signs up, proves the address with a link that works once, and only then can sign in."""
    signed_up = await stranger.sign_up()
    early = await stranger.attempt("signin")
    verified = await stranger.verify_email()
    again = await stranger.exchange(verified.request)
    signed_in = await stranger.sign_in()

    no, names = profile.identity.reject_statuses, profile.identity.session_cookies
    check(Refusal(refused=early, after=signed_in, steps=(signed_up,)), auth.unverified_is_refused(no, names))
    check(Refusal(refused=again, before=verified), auth.link_works_once(no, names))


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


@pytest.mark.needs("signup", "verify_email", "signin", "mail", "session")
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


@pytest.mark.needs("signin", "own-things")
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


@pytest.mark.needs("signin", "signout", "session-cookie")
@pytest.mark.cost(auth=1, api=2)
async def test_sign_out_clears_the_cookie(newcomer: Member, check: Checker, profile: Profile) -> None:
    """Sign-out takes the cookie out of the browser too."""
    signed_in = newcomer.signed_in_by
    signed_out = await newcomer.do("signout")
    newcomer.leave()

    check([signed_in, signed_out], session_cookie.signout_clears_cookies(profile.identity.session_cookies))
