"""Checks of signatures name how a token that was let in was forged."""

import pytest

from checks import session, token
from gonogo.exchange import Exchange, Headers, Refusal, Request
from gonogo.resigning import UNSIGNED
from gonogo.tampering import encoded
from gonogo.trouble import NotEvaluable

TOKEN = f"{encoded({'alg': 'HS256'})}.{encoded({'sub': 'ada', 'exp': 9})}.c2lnbmF0dXJl"


def answer(status: int, cookie: str = "") -> Exchange:
    """An answer to a request with this session; 200 is promised."""
    headers = Headers((("Cookie", f"lang=de; sid={cookie}"), ("User-Agent", "x")))
    request = Request(operation="session", method="GET", url="https://chat.example.com/", headers=headers)
    return Exchange(id="1", person="ada", request=request, status=status, expected=(200,))


def test_a_forgery_is_named() -> None:
    """Of several, those that were let in are told by the header that they came with."""
    shown = [
        Refusal(refused=answer(status, UNSIGNED[how](TOKEN)), before=answer(200))
        for how, status in {"UNSIGNED_4": 200, "STRIPPED": 401, "OWN_KEY": 200}.items()
    ]
    said = list(token.unsigned_is_refused([401]).looks(shown))
    assert said == [
        "a session token that is not signed (alg: nOnE) was answered with 200, 401 expected",
        "a session token that is signed with a key of its own was answered with 200, 401 expected",
    ]


def test_a_known_secret_is_counted() -> None:
    """The complaint gives the number of the secret that signed, and no secret of the target's."""
    shown = [Refusal(refused=answer(status), before=answer(200)) for status in (401, 200)]
    assert list(token.known_secret_is_refused([401]).looks(shown)) == [
        "a session token signed with well-known secret 2 was answered with 200, 401 expected"
    ]
    with pytest.raises(NotEvaluable):
        list(token.known_secret_is_refused([401]).looks([Refusal(refused=answer(401), before=answer(401))]))


def test_a_family_ends() -> None:
    """The newest session is dead after the theft; where it lives on that is told, and it must have lived before."""
    check = session.reuse_ends_the_session([401])
    assert list(check.looks(Refusal(refused=answer(401), before=answer(200)))) == []
    (said,) = check.looks(Refusal(refused=answer(200), before=answer(200)))
    assert said.startswith("the newest session, after its old refresh token was used again was answered with 200")
    with pytest.raises(NotEvaluable):
        list(check.looks(Refusal(refused=answer(401), before=answer(401))))
