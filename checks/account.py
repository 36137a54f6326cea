"""Whose account it is: the same in capitals; and when it is deleted, shut at once, and gone with all that was in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.listing import told_in
from checks.refusal import TOO_MANY, gives_session, kept_out, refused_with
from gonogo.belongings import GONE
from gonogo.check import Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal

AUTHENTICATION = {"authentication"}
LEAVING = {"signin", "delete_account", "new-accounts"}


@check("auth.deleted-shut", Severity.CRITICAL, scenarios=AUTHENTICATION, needs={*LEAVING, "session"})
def deleted_account_is_shut(
    refusals: Sequence[Refusal], statuses: Collection[int], cookies: Collection[str]
) -> Complaints:
    """
    With a deleted account every session of it ends, and nobody signs in to it (OWASP ASVS 5.0, 7.4.2).

    Who deletes an account, or has a stolen one deleted, relies on it.

    Fix: look the member up at each request and at sign-in, and treat who is deleted as a stranger.
    """
    session, sign_in = refusals
    yield from refused_with(session, sorted({*statuses, *GONE}), "the session of a deleted account")
    yield from kept_out(sign_in, statuses, cookies, "a sign-in to a deleted account")


@check(
    "auth.deleted-stays-gone",
    Severity.CRITICAL,
    scenarios=AUTHENTICATION,
    needs={*LEAVING, "create_conversation", "list_conversations", "promises.addresses_freed"},
)
def nothing_comes_back(listed: Exchange, before: tuple[str, str], fresh: str) -> Complaints:
    """
    Who signs up anew with a deleted account's address finds nothing of before (GDPR, article 17).

    What was to be deleted was only hidden; whoever gets the address next reads it.

    Fix: delete what belongs to the account with it, and key everything by an id that is never used again.
    """
    told = told_in(listed)
    if not fresh or fresh not in told:
        raise NotEvaluable("the list does not show the conversation that was made anew, so that it tells nothing")
    number, title = before
    if number in told or title in listed.text:
        yield "a conversation of the deleted account is in the list of the new one"


@check("auth.any-case", Severity.MAJOR, scenarios=AUTHENTICATION, needs={"signin", "new-accounts", "promises.any_case"})
def capitals_make_no_other(signed_in: Exchange, twin: Exchange, cookies: Collection[str]) -> Complaints:
    """
    The same address in capitals is the same account (RFC 5321, 2.4).

    A telephone begins words with a capital: its owner does not get in, or makes a second account.

    Fix: write addresses in small letters wherever they come in, and compare them so in the database.
    """
    if signed_in.status == TOO_MANY:
        raise NotEvaluable(f"the sign-in met a limit: {signed_in}")
    if not gives_session(twin, cookies):
        raise NotEvaluable("a sign-in shows no session of its own, so that one without it says nothing")
    if not signed_in.ok or not gives_session(signed_in, cookies):
        yield f"with the address in capitals nobody is signed in: {signed_in}"
