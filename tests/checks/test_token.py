"""Checks of signatures name how a token that was let in was forged."""

from dataclasses import replace

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


@pytest.mark.parametrize(
    ("claims", "complaint"),
    [
        ({"exp": 1_000_900}, None),
        ({"exp": 1_000_904}, None),
        ({"exp": 1_000_906}, "the session's token lasts 906 s, promised within 900 s"),
        ({"sub": "ada"}, "the session's token has no end (exp), promised within 900 s"),
        ({"exp": True}, "the session's token has no end (exp), promised within 900 s"),
    ],
)
def test_how_long_a_token_lives(claims: dict[str, object], complaint: str | None) -> None:
    """The token's own end counts, from the moment of the sign-in."""
    shown = answer(200, f"{encoded({'alg': 'HS256'})}.{encoded(claims)}.c2lnbmF0dXJl")
    check = token.token_lifetime_is_kept(shown.request, 900)
    assert list(check.looks(replace(shown, started_at=1_000_000))) == ([complaint] if complaint else [])


def test_no_token_has_no_lifetime() -> None:
    """A session that is no token, or one without a promise, is not judged."""
    shown = answer(200, "opaque")
    for request, promised in ((shown.request, 900), (answer(200, TOKEN).request, None)):
        with pytest.raises(NotEvaluable):
            list(token.token_lifetime_is_kept(request, promised).looks(shown))


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
