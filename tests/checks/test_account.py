"""What becomes of deleted accounts is judged rightly."""

from __future__ import annotations

import json

import pytest

from checks import account
from gonogo.cookies import parse_set_cookie
from gonogo.exchange import Exchange, Headers, Refusal, Request
from gonogo.trouble import NotEvaluable

SESSIONS = ("session",)


def answer(status: int, body: object = None, *, cookie: str = "") -> Exchange:
    """An answer to a member, which may give a session."""
    return Exchange(
        id="x-1",
        person="goner",
        request=Request(operation="asked", method="GET", url="https://chat.example.com/x"),
        status=status,
        headers=Headers(()),
        body=json.dumps(body).encode(),
        expected=(200,),
        cookies=(parse_set_cookie(cookie),) if cookie else (),
    )


def said(session: int, sign_in: int, *, cookie: str = "") -> list[str]:
    """What is said of a deleted account whose session and sign-in are answered like this."""
    good = answer(200, cookie="session=abc; Secure")
    tries = [
        Refusal(refused=answer(session), before=good),
        Refusal(refused=answer(sign_in, cookie=cookie), before=good),
    ]
    return list(account.deleted_account_is_shut((401, 403), SESSIONS).looks(tries))


@pytest.mark.parametrize(("session", "sign_in"), [(401, 401), (403, 403), (404, 422), (410, 404)])
def test_a_deleted_account_is_shut(session: int, sign_in: int) -> None:
    """Whoever comes back is a stranger, or is told that the account is gone."""
    assert said(session, sign_in) == []


def test_a_session_goes_on() -> None:
    """A session that outlives its account is told, and so is a sign-in to it."""
    assert said(200, 401) == [
        "the session of a deleted account was answered with 200, 401 or 403 or 404 or 410 expected"
    ]
    assert said(401, 200, cookie="session=new; Secure") == [
        "a sign-in to a deleted account was answered with 200 and a session, 4xx expected, or an answer without one"
    ]
    assert said(500, 500)[1:] == ["a sign-in to a deleted account was answered with 500, 4xx expected"]


def listed(*shown: str) -> list[str]:
    """What is said of a list that shows these, where conversation 7, called before, was deleted and 8 made anew."""
    return list(account.nothing_comes_back(("c-7", "before"), "c-8").looks(answer(200, [*shown])))


def test_nothing_comes_back() -> None:
    """What was deleted is in no list, neither by its id nor by its name."""
    assert listed("c-8") == []
    told = ["a conversation of the deleted account is in the list of the new one"]
    assert listed("c-8", "c-7") == listed("c-8", "called before") == told


def test_a_list_that_tells_nothing() -> None:
    """A list without the conversation made anew proves nothing of older ones."""
    with pytest.raises(NotEvaluable, match="tells nothing"):
        listed("c-9")


SIGNED_IN = answer(200, cookie="session=abc; Secure")


def in_capitals(signed_in: Exchange, twin: Exchange = SIGNED_IN) -> list[str]:
    """What is said of a sign-in with the address in capitals, beside one without."""
    return list(account.capitals_make_no_other(twin, SESSIONS).looks(signed_in))


def test_capitals_make_no_other() -> None:
    """Who is signed in with capitals is whom the address belongs to; who is not is told."""
    assert in_capitals(answer(200, cookie="session=xyz; Secure")) == []
    for other in (answer(401), answer(200)):
        assert in_capitals(other)[0].startswith("with the address in capitals nobody is signed in")


def test_what_says_nothing_of_capitals() -> None:
    """A limit that was met, and a sign-in that never shows a session, say nothing."""
    with pytest.raises(NotEvaluable, match="met a limit"):
        in_capitals(answer(429))
    with pytest.raises(NotEvaluable, match="no session of its own"):
        in_capitals(answer(200), answer(200))
