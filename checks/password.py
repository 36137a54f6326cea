"""Passwords that are changed or forgotten: what opened the account before opens it no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.auth import alike
from checks.refusal import kept_out, refused_with, twins_of
from gonogo.check import Severity, check

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal
    from gonogo.people import MailWait

AUTHENTICATION = {"authentication"}
CHANGED = {"change_password", "signin", "session", "new-accounts"}
RESET = {"forgot_password", "reset_password", "signin", "session", "mail", "new-accounts"}
SAYS_NO = range(400, 500)


@check("auth.change-needs-password", Severity.CRITICAL, scenarios=AUTHENTICATION, needs=CHANGED)
def change_needs_the_password(refusal: Refusal) -> Complaints:
    """
    Who changes the password must know the one before (OWASP ASVS 5.0, 6.2.3).

    Otherwise a session that was left open for a minute is an account that is lost.

    Fix: ask for the current password, and compare it as sign-in does.
    """
    twins_of(refusal)
    if refusal.refused.status not in SAYS_NO:
        yield f"a change with a wrong current password was answered with {refusal.refused.status}, 4xx expected"


@check("auth.change-ends-sessions", Severity.CRITICAL, scenarios=AUTHENTICATION, needs=CHANGED)
def change_ends_sessions(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A new password ends the sessions that the old one opened on other devices (OWASP ASVS 5.0, 7.4.3).

    Who changes it because somebody knows it wants that somebody out.

    Fix: revoke every other session in the transaction that changes the password.
    """
    yield from refused_with(refusal, statuses, "another device's session, after the password was changed")


@check("auth.old-password-refused", Severity.BLOCKER, scenarios=AUTHENTICATION, needs=CHANGED)
def old_password_is_refused(refusal: Refusal, statuses: Collection[int], names: Collection[str]) -> Complaints:
    """
    After a change the old password opens nothing, and the new one does.

    A change that changes nothing is worse than none: its owner feels safe.

    Fix: let sign-in read what the change writes, past every cache and replica.
    """
    yield from kept_out(refusal, statuses, names, "sign-in with the password before")


@check("auth.reset-mail-arrives", Severity.CRITICAL, scenarios=AUTHENTICATION, needs=RESET)
def reset_mail_arrives(wait: MailWait) -> Complaints:
    """
    Who forgot the password gets a mail with a link to a new one.

    Without the mail there is no way back into the account.

    Fix: look at the mail queue and its templates; the link must match the profile's `mail.reset_link`, or `mail.link`.
    """
    if wait.mail is None:
        yield f"no mail for {wait.recipient} within {wait.waited_s:.0f} s"
    elif not wait.groups:
        yield f"the mail for {wait.recipient} holds no link to a new password that the profile's pattern finds"


@check("auth.reset-link-works-once", Severity.CRITICAL, scenarios=AUTHENTICATION, needs=RESET)
def reset_link_works_once(refusal: Refusal) -> Complaints:
    """
    A link to a new password works once (OWASP ASVS 5.0, 6.4.2).

    A link that stays good is a password that lies around in a mailbox.

    Fix: use the token up in the transaction that sets the password, or bind it to the password that it replaces.
    """
    twins_of(refusal)
    if refusal.refused.status not in SAYS_NO:
        yield f"a used link to a new password was answered with {refusal.refused.status}, 4xx expected"


@check("auth.reset-ends-sessions", Severity.CRITICAL, scenarios=AUTHENTICATION, needs=RESET)
def reset_ends_sessions(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A new password for a forgotten one ends every session of the member (OWASP ASVS 5.0, 7.4.3).

    Whoever had the account taken over gets it back in this way, and in no other.

    Fix: revoke every session in the transaction that sets the password.
    """
    yield from refused_with(refusal, statuses, "a session from before, after the password was replaced")


@check("auth.forgotten-indistinct", Severity.MAJOR, scenarios=AUTHENTICATION, needs=RESET)
def forgotten_tells_nothing(answers: Sequence[Exchange]) -> Complaints:
    """
    Who asks for a new password learns nothing of who has an account (OWASP ASVS 5.0, 6.3.8).

    A difference tells a stranger who has an account here.

    Fix: answer alike whether the address is known, and send the mail in the background.
    """
    yield from alike(answers, "a known address", "an unknown address")
