"""Accounts and sessions: who gets in, how, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.refusal import ANSWERS, gives_session, kept_out, refused_with, twins_of
from gonogo.check import Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.cookies import Cookie
    from gonogo.exchange import Exchange, Refusal
    from gonogo.people import MailWait

AUTHENTICATION = {"authentication"}
NEWCOMER = {"signup", "verify_email", "signin", "mail"}
COOKIE = {"signin", "session-cookie"}
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
    wrong, unknown = answers
    for answer in answers:
        if answer.status is None or answer.status >= BROKEN or answer.status == TOO_MANY:
            raise NotEvaluable(f"{answer} says nothing of an account")
    if wrong.status != unknown.status:
        yield f"wrong password: {wrong.status}, unknown address: {unknown.status}"
    elif without_ids(wrong) != without_ids(unknown):
        yield "the answers to a wrong password and to an unknown address differ in their words"


def without_ids(exchange: Exchange) -> object:
    """A body without what differs in every answer."""
    try:
        body = exchange.json()
    except NotEvaluable:
        return exchange.text
    changing = {"request_id", "instance", "trace_id", "timestamp", "id"}
    return {key: value for key, value in body.items() if key not in changing} if isinstance(body, dict) else body


@check("auth.session-required", Severity.BLOCKER, scenarios=AUTHENTICATION, needs={"send_message"})
def session_is_required(refusals: Sequence[Refusal], statuses: Collection[int]) -> Complaints:
    """
    Every operation that the profile does not call public is refused without a session (OWASP API2:2023).

    A forgotten dependency on one route opens it to everybody.

    Fix: require the session on every operation that is not meant to be public.
    """
    for refusal in refusals:
        yield from refused_with(refusal, statuses, f"{refusal.refused.request.operation} without a session")


@check("auth.tampered-refused", Severity.BLOCKER, scenarios=AUTHENTICATION, effects=Effects.HOSTILE, needs={"session"})
def tampered_session_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A session whose content was changed is refused (OWASP ASVS 5.0, 9.1.1).

    If the signature is not verified, anyone can be anyone.

    Fix: verify the signature of the token, with the algorithm fixed by the server.
    """
    yield from refused_with(refusal, statuses, "a session token that was tampered with")


@check("auth.signed-out-refused", Severity.BLOCKER, scenarios=AUTHENTICATION, needs={"signin", "signout", "session"})
def signed_out_session_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    After sign-out the old session is dead at once (OWASP ASVS 5.0, 7.4.1).

    Who signs out on a shared computer relies on it.

    Fix: revoke the session on the server; deleting the cookie is not enough.
    """
    yield from refused_with(refusal, statuses, "the session after its sign-out")


@check("auth.refresh-renews", Severity.CRITICAL, scenarios=AUTHENTICATION, needs={"refresh", "session"})
def refresh_renews(exchanges: Sequence[Exchange]) -> Complaints:
    """
    A refresh gives a new session that works.

    Otherwise everybody is thrown out when the first session ends.

    Fix: let the refresh set a new session, with a later end.
    """
    refreshed, afterwards = exchanges
    if not renewed(refreshed):
        yield "the refresh was answered without a new session"
    elif not afterwards.ok:
        yield f"the session after the refresh is not accepted: {afterwards}"


def renewed(exchange: Exchange) -> bool:
    """Whether an answer gives a credential that its request did not carry already."""
    sent = exchange.request.headers.get("cookie").split("; ")
    fresh = [cookie for cookie in exchange.cookies if cookie.value and f"{cookie.name}={cookie.value}" not in sent]
    bearer = exchange.captured.get("bearer", "")
    return bool(fresh) or bool(bearer and all(bearer not in value for _, value in exchange.request.headers))


@check("auth.old-refresh-refused", Severity.CRITICAL, scenarios=AUTHENTICATION, needs={"refresh", "session"})
def old_refresh_token_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A refresh token that was exchanged for a new one is dead (RFC 9700, 4.14.2).

    A stolen token would otherwise last for as long as the family does.

    Fix: rotate refresh tokens, and revoke the family when an old one comes back.
    """
    yield from refused_with(refusal, (400, *statuses), "a refresh token that had been used")


def session_cookies(exchange: Exchange, names: Sequence[str]) -> list[Cookie]:
    """The cookies that carry the session. Raises NotEvaluable when the answer sets none of them."""
    found = [cookie for cookie in exchange.cookies if cookie.name in names]
    if not found:
        raise NotEvaluable(f"{exchange} sets none of the session cookies {', '.join(names)}")
    return found


@check("auth.cookie-http-only", Severity.BLOCKER, scenarios=AUTHENTICATION, needs=COOKIE)
def cookies_are_http_only(signed_in: Exchange, names: Sequence[str]) -> Complaints:
    """
    Scripts cannot read the session cookie (OWASP ASVS 5.0, 3.3.4).

    One script injection would otherwise hand over every session.

    Fix: set HttpOnly on every cookie that carries a session.
    """
    for cookie in session_cookies(signed_in, names):
        if not cookie.http_only:
            yield f"cookie {cookie.name} lacks HttpOnly"


@check("auth.cookie-secure", Severity.BLOCKER, scenarios=AUTHENTICATION, needs={*COOKIE, "https"})
def cookies_are_secure(signed_in: Exchange, names: Sequence[str]) -> Complaints:
    """
    The session cookie never travels without TLS (OWASP ASVS 5.0, 3.3.1).

    One plain request would otherwise show it to the whole network.

    Fix: set Secure on every cookie that carries a session.
    """
    for cookie in session_cookies(signed_in, names):
        if not cookie.secure:
            yield f"cookie {cookie.name} lacks Secure"


@check("auth.cookie-same-site", Severity.MAJOR, scenarios=AUTHENTICATION, needs=COOKIE)
def cookies_are_same_site(signed_in: Exchange, names: Sequence[str]) -> Complaints:
    """
    Other sites' requests do not carry the session cookie (OWASP ASVS 5.0, 3.3.2).

    It is the second lock behind the CSRF token.

    Fix: set SameSite=Lax or Strict.
    """
    for cookie in session_cookies(signed_in, names):
        if cookie.same_site not in {"Lax", "Strict"}:
            yield f"cookie {cookie.name} has SameSite={cookie.same_site or 'nothing'}, Lax or Strict expected"


@check(
    "auth.session-lifetime",
    Severity.MAJOR,
    scenarios=AUTHENTICATION,
    needs={*COOKIE, "promises.session_lifetime_s"},
)
def session_lifetime_is_kept(signed_in: Exchange, names: Sequence[str], promised_s: float | None) -> Complaints:
    """
    The session cookie ends no later than the profile promises (OWASP ASVS 5.0, 7.3.2).

    A session without an end is a session for whoever finds the device.

    Fix: give the cookie a Max-Age no longer than the promised lifetime.
    """
    if promised_s is None:
        raise NotEvaluable("the profile promises no session lifetime")
    for cookie in session_cookies(signed_in, names):
        lifetime = cookie.ends_at(signed_in.started_at) - signed_in.started_at
        if lifetime > promised_s + 1:
            yield f"cookie {cookie.name} lasts {lifetime:.0f} s, promised within {promised_s:.0f} s"


@check("auth.cookie-cleared", Severity.MAJOR, scenarios=AUTHENTICATION, needs={*COOKIE, "signout"})
def signout_clears_cookies(exchanges: Sequence[Exchange], names: Sequence[str]) -> Complaints:
    """
    Sign-out clears the session cookie in the browser (RFC 6265bis, 5.7).

    A cookie that stays keeps the page believing that somebody is signed in.

    Fix: send the same name, path and domain with Max-Age=0.
    """
    signed_in, signed_out = exchanges
    now = signed_out.started_at
    cleared = {(one.name, one.path, one.domain) for one in signed_out.cookies if one.ends_at(now) <= now}
    for cookie in session_cookies(signed_in, names):
        if (cookie.name, cookie.path, cookie.domain) not in cleared:
            yield f"sign-out does not clear cookie {cookie.name} (path {cookie.path})"


@check("auth.not-stored", Severity.MAJOR, scenarios=AUTHENTICATION, needs={"session"})
def answers_are_not_stored(exchange: Exchange) -> Complaints:
    """
    What belongs to one member is not kept by shared caches (RFC 9111, 5.2.2.5).

    A cache in between would otherwise hand one member's data to the next.

    Fix: send Cache-Control: no-store (or private) with every answer that needs a session.
    """
    value = ", ".join(exchange.headers.all("cache-control")).lower()
    if "no-store" not in value and "private" not in value:
        yield f"{exchange.request.operation} has Cache-Control: {value or 'nothing'}, no-store expected"
