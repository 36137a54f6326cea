"""Each check of passwords, of sessions that end and of other ways in is silent on what is right, and complains else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks import auth, byways, password, session
from gonogo.byways import Byways
from gonogo.check import Bound, Check
from gonogo.cookies import parse_set_cookie
from gonogo.exchange import Exchange, Headers, Refusal, Request
from gonogo.mailbox import Mail
from gonogo.outliving import Outlived
from gonogo.people import MailWait
from gonogo.planting import Elsewhere, Planted
from gonogo.trouble import NotEvaluable

URL = "https://chat.example.com"


def answer(status: int | None = 200, content: object = None, *, path: str = "/me", at: float = 0.0) -> Exchange:
    """An answer at a path; 200 is what is promised."""
    return Exchange(
        id="1",
        person="ada",
        request=Request(operation="session", method="GET", url=f"{URL}{path}"),
        status=status,
        headers=Headers((("Content-Type", "application/json"),)),
        body=json.dumps(content).encode(),
        expected=(200, 204),
        started_at=at,
    )


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


REFUSED = [
    password.change_needs_the_password(),
    password.reset_link_works_once(),
    password.change_ends_sessions([401]),
    password.reset_ends_sessions([401]),
    password.old_password_is_refused([401], ["sid"]),
    session.ended_session_is_refused([401]),
    session.expired_session_is_refused([401]),
    byways.no_token_in_the_address([401]),
]


@pytest.mark.parametrize("check", REFUSED, ids=lambda check: check.check.id)
def test_what_must_be_refused(check: Bound[Any]) -> None:
    """What is let through is told, and a refusal without a twin that succeeds is nothing."""
    good = answer()
    assert said(check, Refusal(refused=answer(401), before=good, after=good)) == []
    assert len(said(check, Refusal(refused=answer(500), before=good))) == 1
    for twin in (None, answer(500)):
        with pytest.raises(NotEvaluable):
            said(check, Refusal(refused=answer(401), before=twin))


def test_sessions_of_others() -> None:
    """A session that is not one's own is not found, or not one's to end."""
    check = session.own_sessions_only([401])
    for status, count in ((401, 0), (403, 0), (404, 0), (204, 1)):
        assert len(said(check, Refusal(refused=answer(status), before=answer()))) == count


@pytest.mark.parametrize("check", [auth.known_address_signs_up_like_a_new_one(), password.forgotten_tells_nothing()])
def test_nobody_learns_who_is_here(check: Bound[Any]) -> None:
    """Another status or other words tell; an id of the request does not, and a broken answer says nothing."""
    assert said(check, [answer(202, {"id": "1"}), answer(202, {"id": "2"})]) == []
    assert len(said(check, [answer(202), answer(409)])) == 1
    assert len(said(check, [answer(202, {"message": "sent"}), answer(202, {"message": "unknown"})])) == 1
    with pytest.raises(NotEvaluable):
        said(check, [answer(202), answer(429)])


def test_the_mail_with_the_link() -> None:
    """No mail is told, and so is one without a link."""
    mail = Mail(sender="a@example.com", recipients=("b@example.com",), subject="", text="", arrived=0.0)
    for found, groups, count in ((mail, {"token": "t"}, 0), (mail, {}, 1), (None, {}, 1)):
        wait = MailWait(recipient="b@example.com", waited_s=1.0, mail=found, groups=groups)
        assert len(said(password.reset_mail_arrives, wait)) == count


def test_a_refresh_moves_the_end() -> None:
    """What was refreshed must still be good; who comes too late, or refreshed nothing, cannot tell."""
    expired = Refusal(refused=answer(401), before=answer(), after=answer())

    def outlived(renewed: Exchange) -> Outlived:
        return Outlived(expired=expired, refreshed=answer(at=3.0), renewed=renewed)

    check = session.refresh_extends(4.0)
    assert said(check, outlived(answer(at=4.3))) == []
    assert said(check, outlived(answer(401, at=4.3))) == [
        "1.3 s after its refresh there was session (GET, 401), a life of 4 s expected"
    ]
    for nothing in (outlived(answer(401, at=6.5)), Outlived(expired=expired)):
        with pytest.raises(NotEvaluable):
            said(check, nothing)
    assert len(outlived(answer()).trail) == 3
    assert len(Outlived(expired=expired).trail) == 1


def test_every_spelling_is_guarded() -> None:
    """What opens without a session is told by its path, unless the target shows the same wherever there is nothing."""
    check = byways.every_spelling_is_guarded

    def tried(status: int, *, nowhere: int = 404, twin: int = 200) -> Byways:
        one = Refusal(refused=answer(status, path="/me/"), after=answer(twin))
        return Byways(tried=(one,), nowhere=answer(nowhere))

    for status in (401, 404, 308, 500):
        assert said(check, tried(status)) == []
    assert said(check, tried(200)) == ["/me/ was answered without a session with 200, 4xx expected"]
    assert said(check, tried(200, nowhere=200)) == []
    with pytest.raises(NotEvaluable):
        said(check, tried(401, twin=401))


def test_a_planted_session() -> None:
    """A cookie that stays, or that opens something, was planted."""
    fresh, kept = parse_set_cookie("sid=fresh"), parse_set_cookie("sid=planted")

    def planted(status: int, *cookies: Any) -> Planted:  # noqa: ANN401  cookies
        signed_in = Exchange(**{**answer().__dict__, "cookies": cookies})
        tried = Refusal(refused=answer(status), before=signed_in, after=answer())
        return Planted(name="sid", value="planted", signed_in=signed_in, tried=tried)

    check = byways.planted_session_is_not_taken([401])
    assert said(check, planted(401, fresh)) == []
    assert len(said(check, planted(401, kept))) == 1
    assert len(said(check, planted(200, kept))) == 2
    assert len(planted(401).trail) == 1


def test_a_link_of_somebody_else() -> None:
    """Who opens it stays who they are."""
    check, ada = byways.link_changes_nobody_else, answer(200, {"name": "Ada"})

    def elsewhere(before: Exchange, after: Exchange) -> Elsewhere:
        return Elsewhere(before=before, again=before, used=answer(), after=after)

    assert said(check, elsewhere(ada, ada)) == []
    assert len(said(check, elsewhere(ada, answer(200, {"name": "Eve"})))) == 1
    assert len(said(check, elsewhere(ada, answer(401)))) == 1
    with pytest.raises(NotEvaluable):
        said(check, elsewhere(answer(401), ada))
    assert len(elsewhere(ada, ada).trail) == 2
