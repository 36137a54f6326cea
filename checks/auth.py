"""Accounts: who gets one, and who gets in."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from checks.refusal import ANSWERS, gives_session, kept_out, twins_of
from gonogo.check import Effects, Severity, check
from gonogo.promotion import granted
from gonogo.stopwatch import RATIO, TRIES, leaning, served_in, undecided
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal
    from gonogo.people import MailWait
    from gonogo.promotion import Promotion
    from gonogo.stopwatch import Series

AUTHENTICATION = {"authentication"}
NEWCOMER = {"signup", "verify_email", "signin", "mail"}
TOO_MANY, BROKEN = 429, 500


@check("auth.mail-arrives", Severity.BLOCKER, scenarios=AUTHENTICATION, needs=NEWCOMER)
def mail_arrives(wait: MailWait) -> Complaints:
    """
    Who signs up gets a mail with a link that proves the address.

    Without the mail nobody new can ever sign in.

    Fix: look at the mail queue and the SMTP settings of the new build; the link must match the profile's `mail.link`.
    """
    if wait.mail is None:
        yield f"no mail for {wait.recipient} within {wait.waited_s:.0f} s"
    elif not wait.groups:
        yield f"the mail for {wait.recipient} holds no link that matches the profile's mail.link"


@check("auth.unverified-refused", Severity.CRITICAL, scenarios=AUTHENTICATION, needs=NEWCOMER)
def unverified_is_refused(refusal: Refusal, statuses: Collection[int], names: Collection[str]) -> Complaints:
    """
    Nobody signs in before the address is proven.

    Otherwise anyone can act under an address that is not theirs.

    Fix: refuse sign-in until the address is verified.
    """
    yield from kept_out(refusal, statuses, names, "sign-in with an unproven address")


@check("auth.link-works-once", Severity.CRITICAL, scenarios=AUTHENTICATION, needs=NEWCOMER)
def link_works_once(refusal: Refusal, statuses: Collection[int], names: Collection[str]) -> Complaints:
    """
    A verification link works once (OWASP ASVS 5.0, 6.3).

    A link that stays good is a password that lies around in a mailbox.

    Fix: mark the token as used in the transaction that verifies the address.
    """
    first, again = refusal.before, refusal.refused
    visible = first is None or gives_session(first, names) or again.status not in ANSWERS
    if visible or again.status in statuses:
        yield from kept_out(refusal, statuses, names, "a used verification link")
        return
    twins_of(refusal)
    if first and again.status == first.status and again.headers.get("location") == first.headers.get("location"):
        if without_ids(again) != without_ids(first):
            raise NotEvaluable(f"a used verification link got {again.status} again, but in other words than at first")
        yield f"a used verification link was answered with {again.status} as at first, 4xx or another answer expected"


@check("auth.wrong-password-refused", Severity.BLOCKER, scenarios=AUTHENTICATION, needs={"signin"})
def wrong_password_is_refused(refusal: Refusal, statuses: Collection[int], names: Collection[str]) -> Complaints:
    """
    A wrong password does not open an account.

    It is what a password is for.

    Fix: compare the password, and fail closed when the comparison fails.
    """
    yield from kept_out(refusal, statuses, names, "sign-in with a wrong password")


@check("auth.unknown-indistinct", Severity.MAJOR, scenarios=AUTHENTICATION, needs={"signin"})
def unknown_address_looks_like_wrong_password(answers: Sequence[Exchange]) -> Complaints:
    """
    An unknown address and a wrong password get the same answer (OWASP ASVS 5.0, 6.3.8).

    A difference tells a stranger who has an account here.

    Fix: answer both with the same status and the same words, and hash a password in both cases.
    """
    yield from alike(answers, "a wrong password", "an unknown address")


@check(
    "auth.unknown-as-slow",
    Severity.MAJOR,
    scenarios=AUTHENTICATION,
    effects=Effects.HOSTILE,
    needs={"signup", "signin", "session", "new-accounts"},
)
def unknown_address_takes_as_long(measured: Sequence[Series]) -> Complaints:
    """
    A wrong password takes as long for an unknown address as for a known one (OWASP ASVS 5.0, 6.3.8).

    Who measures learns who has an account here. Chance is ruled out: two series must agree, each of which leaves
    no doubt.

    Fix: hash a password also where there is no account to compare it with.
    """
    for one in measured:
        for answer in (*one.known, *one.unknown):
            if answer.status is None or answer.status >= BROKEN or answer.status == TOO_MANY:
                raise NotEvaluable(f"{answer} says nothing of an account")
            if answer.status != measured[0].known[0].status:
                raise NotEvaluable(f"{answer} differs from other answers already in its status")
    leaning_ones = [one for one in measured if leaning(one) is not None]
    if len(leaning_ones) < 2 and undecided(measured[-1]):  # noqa: PLR2004  two must agree
        raise NotEvaluable("answers were held up each time it was measured")
    if len(leaning_ones) > 1 and len(set(map(leaning, leaning_ones))) == 1:
        times = [[median(map(served_in, tries)) * 1000 for tries in (one.known, one.unknown)] for one in leaning_ones]
        told = " and ".join(f"{known:.0f} ms and {unknown:.0f} ms" for known, unknown in times)
        yield f"known and unknown addresses took {told} (medians of {TRIES}), less than {RATIO} times as long expected"


@check("auth.sign-up-indistinct", Severity.MAJOR, scenarios=AUTHENTICATION, needs=NEWCOMER)
def known_address_signs_up_like_a_new_one(answers: Sequence[Exchange]) -> Complaints:
    """
    Who signs up with an address that has an account gets the answer that everybody gets (OWASP ASVS 5.0, 6.3.8).

    A difference tells a stranger who has an account here.

    Fix: answer both alike, and write to the address what there is to say.
    """
    yield from alike(answers, "a new address", "a known address")


def alike(answers: Sequence[Exchange], one: str, other: str) -> Complaints:
    """Complain where two answers differ in status or words. Raises NotEvaluable where one says nothing."""
    for answer in answers:
        if answer.status is None or answer.status >= BROKEN or answer.status == TOO_MANY:
            raise NotEvaluable(f"{answer} says nothing of an account")
    first, second = answers
    if first.status != second.status:
        yield f"{one}: {first.status}, {other}: {second.status}"
    elif without_ids(first) != without_ids(second):
        yield f"the answers to {one} and to {other} differ in their words"


def without_ids(exchange: Exchange) -> object:
    """A body without what differs in every answer."""
    try:
        body = exchange.json()
    except NotEvaluable:
        return exchange.text
    changing = {"request_id", "instance", "trace_id", "timestamp", "id"}
    return {key: value for key, value in body.items() if key not in changing} if isinstance(body, dict) else body


@check(
    "auth.no-promotion-at-sign-up",
    Severity.BLOCKER,
    scenarios=AUTHENTICATION,
    effects=Effects.HOSTILE,
    needs={"signup", "signin", "session", "new-accounts"},
)
def nobody_signs_up_as_more(promotion: Promotion) -> Complaints:
    """
    Who signs up gets no role, plan or credit by asking for it (OWASP API3:2023).

    A model that is filled with whatever was sent makes anyone an administrator.

    Fix: name the fields that sign-up takes, and refuse or ignore all others.
    """
    yield from not_granted(promotion, "sign-up")


@check(
    "auth.no-promotion-in-settings",
    Severity.BLOCKER,
    scenarios=AUTHENTICATION,
    effects=Effects.HOSTILE,
    needs={"update_settings", "means.themes", "session"},
)
def nobody_chooses_to_be_more(promotion: Promotion) -> Complaints:
    """
    Who changes settings gets no role, plan or credit by asking for it (OWASP API3:2023).

    A model that is filled with whatever was sent makes anyone an administrator.

    Fix: name the fields that can be changed, and refuse or ignore all others.
    """
    yield from not_granted(promotion, "settings")


def not_granted(promotion: Promotion, where: str) -> Complaints:
    """Complain of each wish that came true. Raises NotEvaluable where nothing shows what a member is."""
    if not any(one.ok for one in promotion.after):
        raise NotEvaluable("no answer shows what the member is")
    for name in granted(promotion):
        yield f"{where} with {name}: {promotion.wishes[name]} was answered with {promotion.asked.status}, and it is so"
