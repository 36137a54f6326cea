"""What renews a session, where it is something else than the session itself; and that it is no session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.forgery import with_cookies
from gonogo.operation import Credentials, variables_of
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from gonogo.exchange import Request
    from gonogo.member import Member
    from gonogo.profile import Profile

RENEWED_BY = ("signin", "refresh")


def renewing_variables(profile: Profile) -> list[str]:
    """The variables that sign-in's answer gives and a refresh sends: the refresh token."""
    if not all(name in profile.operations for name in RENEWED_BY):
        return []
    given = profile.operations["signin"].capture
    return [name for name in variables_of(profile, "refresh") if name in given]


def no_renewing_token(profile: Profile) -> str | None:
    """Why nothing but the session itself renews it, if so."""
    if "refresh" not in profile.operations:
        return profile.missing("refresh")
    cookies = profile.identity.session == "cookie" and len(profile.identity.session_cookies) > 1
    bearer = profile.identity.session == "bearer" and renewing_variables(profile)
    return None if cookies or bearer else "nothing but the session itself renews it"


def with_renewing_token(member: Member) -> Request:
    """
    Ask who is signed in, with the refresh token in place of the session's.

    Raises HarnessTrouble where the member has none.
    """
    profile, identity = member.profile, member.profile.identity
    if identity.session == "cookie":
        session, renewing = identity.session_cookies[:2]
        token = member.person.store.value_of(renewing)
        bare = member.request("session", credentials=Credentials())
        request = with_cookies(bare, {session: token}) if token else None
    else:
        token = next((member.person.variables.get(name) for name in renewing_variables(profile)), None)
        request = member.request("session", credentials=Credentials(bearer=str(token))) if token else None
    if request is None:
        raise HarnessTrouble("sign-in gave nothing that renews the session: mark the part with needs")
    return request
