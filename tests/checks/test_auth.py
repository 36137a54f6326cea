"""Each check of accounts and sessions is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks import auth, session, session_cookie, token
from gonogo.check import Bound, Check
from gonogo.cookies import parse_set_cookie
from gonogo.exchange import Exchange, Headers, Refusal, Request
from gonogo.mailbox import Mail
from gonogo.people import MailWait
from gonogo.trouble import NotEvaluable

NAMES = ["sid", "refresh"]
NOW = 1_767_258_000.0
SAFE = "sid=abcdef; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=900"


def answer(
    status: int | None = 200,
    *cookies: str,
    body: bytes = b"",
    sent: tuple[tuple[str, str], ...] = (),
    failure: str | None = None,
    **more: Any,  # noqa: ANN401  fields of Exchange
) -> Exchange:
    """An answer that sets these cookies, to a request with these header fields."""
    return Exchange(
        id="1",
        person="ada",
        request=Request(operation="session", method="GET", url="https://chat.example.com/", headers=Headers(sent)),
        status=status,
        cookies=tuple(parse_set_cookie(one) for one in cookies),
        body=body,
        failure=failure,
        expected=(200,),
        started_at=NOW,
        **more,
    )


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


REFUSALS = [
    (token.tampered_session_is_refused([401, 403]), 403, "a session token that was tampered with"),
    (session.signed_out_session_is_refused([302]), 302, "the session after its sign-out"),
    (session.old_refresh_token_is_refused([401]), 400, "a refresh token that had been used"),
    (
        session.signed_out_refresh_token_is_refused([401]),
        400,
        "the refresh token of a session after its sign-out",
    ),
    (session.refresh_token_opens_nothing([401]), 401, "a refresh token in place of the session's"),
]


def test_every_operation_is_looked_at_without_a_session() -> None:
    """One open operation among many is told by its name, and a refusal without its twin is nothing."""
    check = session.session_is_required([401, 403])
    shut = Refusal(refused=answer(401), before=answer(200))
    assert said(check, [shut, shut]) == []
    (complaint,) = said(check, [shut, Refusal(refused=answer(200), before=answer(200)), shut])
    assert complaint == f"{answer(200).request.operation} without a session was answered with 200, 401 or 403 expected"
    with pytest.raises(NotEvaluable):
        said(check, [shut, Refusal(refused=answer(401), before=answer(500))])


@pytest.mark.parametrize(("check", "status", "what"), REFUSALS, ids=[what for _, _, what in REFUSALS])
def test_refusals(check: Check[Any, []] | Bound[Any], status: int, what: str) -> None:
    """What must be refused is, beside a twin; when it is let through that is told; without its twin it is nothing."""
    good = answer(200)
    assert said(check, Refusal(refused=answer(status), before=good)) == []
    (complaint,) = said(check, Refusal(refused=answer(200), before=good))
    assert complaint.startswith(f"{what} was answered with 200, ")
    assert complaint.endswith(" expected")
    assert len(said(check, Refusal(refused=answer(500), before=good))) == 1
    with pytest.raises(NotEvaluable):
        said(check, Refusal(refused=answer(status), before=answer(500)))
    with pytest.raises(NotEvaluable):
        said(check, Refusal(refused=answer(status)))


SIGN_INS = [
    (auth.unverified_is_refused([401], NAMES), "sign-in with an unproven address"),
    (auth.wrong_password_is_refused([401], NAMES), "sign-in with a wrong password"),
    (auth.link_works_once([401], NAMES), "a used verification link"),
]


@pytest.mark.parametrize(("check", "what"), SIGN_INS, ids=[what for _, what in SIGN_INS])
def test_who_may_not_come_in(check: Bound[Any], what: str) -> None:
    """A status that says no keeps out, and so does an answer without a session beside a twin that has one."""
    good = answer(200, SAFE)
    old = answer(200, SAFE, sent=(("Cookie", "sid=abcdef"),))
    cleared = answer(200, "sid=; Max-Age=0")
    for kept in (answer(400), answer(401), answer(410), answer(200), answer(302), old, cleared, answer(200, "x=1")):
        assert said(check, Refusal(refused=kept, before=good)) == []
    for let_in in (answer(200, "sid=ghijkl"), answer(303, "refresh=r"), answer(200, captured={"bearer": "b"})):
        (complaint,) = said(check, Refusal(refused=let_in, before=good))
        assert complaint.startswith(f"{what} was answered with {let_in.status} and a session, 4xx expected")
    assert said(check, Refusal(refused=answer(500), before=good)) == [f"{what} was answered with 500, 4xx expected"]
    for nothing in (Refusal(refused=answer(401), before=answer(500)), Refusal(refused=answer(401))):
        with pytest.raises(NotEvaluable, match="twin"):
            said(check, nothing)
    with pytest.raises(NotEvaluable, match="met a limit"):
        said(check, Refusal(refused=answer(429), before=good))


def test_a_redirect_that_refuses() -> None:
    """A redirect that the profile calls a refusal is one, unless a session comes with it."""
    check = auth.wrong_password_is_refused([303], NAMES)
    assert said(check, Refusal(refused=answer(303), before=answer(200))) == []
    (complaint,) = said(check, Refusal(refused=answer(303, "sid=another"), before=answer(200, SAFE)))
    assert complaint.endswith("with 303 and a session, 4xx or 303 expected, or an answer without one")
    assert said(check, Refusal(refused=answer(500), before=answer(200, SAFE))) == [
        "sign-in with a wrong password was answered with 500, 4xx or 303 expected"
    ]


@pytest.mark.parametrize("check", [check for check, _ in SIGN_INS[:2]])
def test_an_answer_without_a_session_says_nothing_where_no_answer_has_one(check: Bound[Any]) -> None:
    """Where even the right password shows no session of its own, nobody can tell who was let in."""
    with pytest.raises(NotEvaluable, match="even its twin shows no session"):
        said(check, Refusal(refused=answer(200), before=answer(200, SAFE), after=answer(200)))


def test_a_link_that_gives_no_session() -> None:
    """A used link that is answered as at first works twice; in other words at the same place, nobody can tell."""
    check, first = auth.link_works_once([401], NAMES), answer(200, body=b"done")
    assert said(check, Refusal(refused=answer(200, body=b"done"), before=first)) == [
        "a used verification link was answered with 200 as at first, 4xx or another answer expected"
    ]
    assert said(check, Refusal(refused=answer(410), before=first)) == []
    assert said(check, Refusal(refused=answer(303), before=first)) == []
    with pytest.raises(NotEvaluable, match="in other words"):
        said(check, Refusal(refused=answer(200, body=b"used before"), before=first))
    with pytest.raises(NotEvaluable, match="twin"):
        said(check, Refusal(refused=answer(200, body=b"done"), before=answer(500)))


def test_mail() -> None:
    """A mail with a link is fine; without one, or none at all, is told with how long it was waited for."""
    mail = Mail(sender="", recipients=("ada@example.com",), subject="", text="hello", arrived=NOW)
    good = MailWait(recipient="ada@example.com", waited_s=10.0, mail=mail, groups={"token": "t"})
    assert said(auth.mail_arrives, good) == []
    assert said(auth.mail_arrives, replace(good, mail=None)) == ["no mail for ada@example.com within 10 s"]
    assert said(auth.mail_arrives, replace(good, groups={})) == [
        "the mail for ada@example.com holds no link that matches the profile's mail.link"
    ]


@pytest.mark.parametrize(
    ("wrong", "unknown", "complaint"),
    [
        (answer(401, body=b"no"), answer(401, body=b"no"), None),
        (
            answer(401, body=b'{"title": "no", "request_id": "1"}'),
            answer(401, body=b'{"title": "no", "request_id": "2"}'),
            None,
        ),
        (answer(401, body=b'["no"]'), answer(401, body=b'["no"]'), None),
        (answer(401), answer(404), "a wrong password: 401, an unknown address: 404"),
        (
            answer(401, body=b'{"title": "wrong"}'),
            answer(401, body=b'{"title": "unknown"}'),
            "the answers to a wrong password and to an unknown address differ in their words",
        ),
        (
            answer(401, body=b"wrong"),
            answer(401, body=b"unknown"),
            "the answers to a wrong password and to an unknown address differ in their words",
        ),
    ],
)
def test_unknown_address(wrong: Exchange, unknown: Exchange, complaint: str | None) -> None:
    """Status and words are the same for an unknown address, but for what differs in every answer."""
    assert said(auth.unknown_address_looks_like_wrong_password, [wrong, unknown]) == ([complaint] if complaint else [])


@pytest.mark.parametrize("silent", [answer(None, failure="refused"), answer(500), answer(429)])
def test_answers_that_say_nothing_of_an_account(silent: Exchange) -> None:
    """Two failures look alike, and prove nothing."""
    with pytest.raises(NotEvaluable, match="says nothing of an account"):
        said(auth.unknown_address_looks_like_wrong_password, [silent, silent])
    with pytest.raises(NotEvaluable):
        said(auth.unknown_address_looks_like_wrong_password, [answer(401), silent])


@pytest.mark.parametrize(
    ("refreshed", "afterwards", "complaint"),
    [
        (answer(200, "sid=new"), answer(200), None),
        (answer(200, "sid=new", sent=(("Cookie", "sid=old; refresh=1"),)), answer(200), None),
        (answer(200, captured={"bearer": "new-token"}), answer(200), None),
        (answer(200), answer(200), "the refresh was answered without a new session"),
        (
            answer(200, "sid=old", sent=(("Cookie", "sid=old; refresh=1"),)),
            answer(200),
            "the refresh was answered without a new session",
        ),
        (answer(200, "sid="), answer(200), "the refresh was answered without a new session"),
        (
            answer(200, captured={"bearer": "old"}, sent=(("Authorization", "Bearer old"),)),
            answer(200),
            "the refresh was answered without a new session",
        ),
        (answer(200, "sid=new"), answer(401), "the session after the refresh is not accepted: session (GET, 401)"),
    ],
)
def test_refresh(refreshed: Exchange, afterwards: Exchange, complaint: str | None) -> None:
    """A refresh gives what its request did not carry, and that works."""
    assert said(session.refresh_renews, [refreshed, afterwards]) == ([complaint] if complaint else [])


@pytest.mark.parametrize(
    ("check", "cookie", "complaint"),
    [
        (session_cookie.cookies_are_http_only, "sid=a; Secure", "cookie sid lacks HttpOnly"),
        (session_cookie.cookies_are_secure, "sid=a; HttpOnly", "cookie sid lacks Secure"),
        (session_cookie.cookies_are_same_site, "sid=a", "cookie sid has SameSite=nothing, Lax or Strict expected"),
        (
            session_cookie.cookies_are_same_site,
            "sid=a; SameSite=None",
            "cookie sid has SameSite=None, Lax or Strict expected",
        ),
    ],
)
def test_cookies(check: Check[Any, Any], cookie: str, complaint: str) -> None:
    """Each attribute of each session cookie is looked at; others' cookies are not."""
    assert said(check(NAMES), answer(200, SAFE, "theme=dark")) == []
    assert said(check(NAMES), answer(200, SAFE.replace("sid", "refresh"), cookie)) == [complaint]
    with pytest.raises(NotEvaluable, match="sets none of the session cookies sid, refresh"):
        said(check(NAMES), answer(200, "theme=dark"))


@pytest.mark.parametrize(
    ("cookie", "complaint"),
    [
        ("sid=a; Max-Age=900", None),
        ("sid=a; Max-Age=1", None),
        ("sid=a; Max-Age=902", "cookie sid lasts 902 s, promised within 900 s"),
        ("sid=a; Expires=Fri, 01 Jan 2038 00:00:00 GMT", "cookie sid lasts 378658800 s, promised within 900 s"),
        ("sid=a", "cookie sid lasts inf s, promised within 900 s"),
    ],
)
def test_lifetime(cookie: str, complaint: str | None) -> None:
    """The cookie ends in the promised time; one without an end does not."""
    assert said(session_cookie.session_lifetime_is_kept(["sid"], 900), answer(200, cookie)) == (
        [complaint] if complaint else []
    )


def test_no_lifetime_to_hold_to() -> None:
    """Without a promise, or without the cookie, nothing can be said."""
    with pytest.raises(NotEvaluable, match="promises no session lifetime"):
        said(session_cookie.session_lifetime_is_kept(["sid"], None), answer(200, SAFE))
    with pytest.raises(NotEvaluable):
        said(session_cookie.session_lifetime_is_kept(["sid"], 900), answer(200))


@pytest.mark.parametrize(
    ("cleared", "good"),
    [
        ("sid=; Path=/; Max-Age=0", True),
        ("sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", True),
        ("sid=; Path=/app; Max-Age=0", False),
        ("sid=; Path=/; Domain=example.com; Max-Age=0", False),
        ("sid=; Path=/", False),
        ("theme=; Path=/; Max-Age=0", False),
    ],
)
def test_sign_out_clears(cleared: str, good: bool) -> None:  # noqa: FBT001  a table's column
    """A cookie is cleared under its own name, path and domain, by an end that is past."""
    complaints = said(session_cookie.signout_clears_cookies(NAMES), [answer(200, SAFE), answer(200, cleared)])
    assert complaints == ([] if good else ["sign-out does not clear cookie sid (path /)"])


def test_nothing_to_clear() -> None:
    """Whoever was not given a cookie cannot lose it."""
    with pytest.raises(NotEvaluable):
        said(session_cookie.signout_clears_cookies(NAMES), [answer(200), answer(200, "sid=; Max-Age=0")])


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (["no-store"], None),
        (["Private, max-age=0"], None),
        (["max-age=0", "no-store"], None),
        ([], "session has Cache-Control: nothing, no-store expected"),
        (["public, max-age=60"], "session has Cache-Control: public, max-age=60, no-store expected"),
    ],
)
def test_not_stored(values: list[str], complaint: str | None) -> None:
    """What is a member's own is private, in whichever of the fields it is said."""
    shown = answer(200, headers=Headers(tuple(("Cache-Control", value) for value in values)))
    assert said(session.answers_are_not_stored, shown) == ([complaint] if complaint else [])
