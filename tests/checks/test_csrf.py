"""Each check of forged requests is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from checks import csrf, links
from gonogo.check import Check, Severity
from gonogo.exchange import Exchange, Headers, Refusal, Request
from gonogo.forgery import as_link, bits_of, one_changed, random_like, with_pair_of
from gonogo.harmless import harmless_changes
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.check import Bound
    from gonogo.profile import Profile

URL = "https://chat.example.com/conversations"
TOKENS = "0123456789abcdef" * 4, "fedcba9876543210" * 4


def answer(status: int, body: object = None, *, operation: str = "create_conversation", **fields: str) -> Exchange:
    """An answer to a request with these header fields; 200 is what the profile promises."""
    headers = Headers(tuple((name.replace("_", "-"), value) for name, value in fields.items()))
    return Exchange(
        id="x-1",
        person="alice",
        request=Request(operation=operation, method="POST", url=URL, headers=headers),
        status=status,
        body=json.dumps(body).encode(),
        expected=(200,),
    )


def refusal(status: int, *, twin: int = 200, after: int = 200, **fields: str) -> Refusal:
    """What must be refused, between the two that must not."""
    return Refusal(refused=answer(status, **fields), before=answer(twin), after=answer(after))


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


LISTS = {
    csrf.needs_token: "create_conversation without a CSRF token",
    csrf.wrong_token_is_refused: "create_conversation with a wrong CSRF token",
    csrf.foreign_token_is_refused: "create_conversation with somebody else's CSRF token",
}


@pytest.mark.parametrize("check", LISTS)
def test_each_refusal_counts(check: Check[Any, Any]) -> None:
    """Of several requests the one that was let through is named, with what it got and what was expected."""
    shown = [refusal(403), refusal(200), refusal(403)]
    assert said(check([403]), shown) == [f"{LISTS[check]} was answered with 200, 403 expected"]
    assert said(check([403]), [refusal(403)]) == []


@pytest.mark.parametrize("check", LISTS)
@pytest.mark.parametrize("shown", [[], [refusal(403, twin=500)], [refusal(403, after=401)]])
def test_a_refusal_needs_its_twins(check: Check[Any, Any], shown: list[Refusal]) -> None:
    """Nothing to look at, or a twin that failed, is no pass: a dead session refuses everything."""
    with pytest.raises(NotEvaluable):
        said(check([403]), shown)


def test_the_profile_says_how_it_refuses() -> None:
    """A target that refuses with 400 may."""
    assert said(csrf.needs_token([400]), [refusal(400)]) == []


def test_a_refusal_has_no_effect() -> None:
    """Only what was accepted is in the list."""
    check = csrf.refusal_has_no_effect("wanted", "refused")
    assert said(check, [answer(200, {"items": [{"title": "wanted"}]})]) == []
    assert len(said(check, [answer(200, {"items": [{"title": "wanted"}, {"title": "refused"}]})])) == 1
    with pytest.raises(NotEvaluable):
        said(check, [answer(200, {"items": []})])


def test_a_foreign_origin_is_named() -> None:
    """The origin that was let through stands in the complaint."""
    shown = [refusal(403, origin="https://evil.example"), refusal(200, origin="null")]
    complaints = said(csrf.foreign_origin_is_refused([403]), shown)
    assert complaints == ["a request with Origin: null was answered with 200, 403 expected"]


def test_a_self_made_pair_is_refused() -> None:
    """A pair that nobody issued gets nowhere."""
    assert said(csrf.self_made_pair_is_refused([403]), refusal(403)) == []
    (complaint,) = said(csrf.self_made_pair_is_refused([403]), refusal(200))
    assert complaint == "create_conversation with a self-made pair was answered with 200, 403 expected"


def test_cross_site_is_refused() -> None:
    """A request that the browser calls cross-site gets nowhere."""
    assert said(csrf.cross_site_is_refused([403]), refusal(403)) == []
    assert len(said(csrf.cross_site_is_refused([403]), refusal(200))) == 1


def test_the_own_origin_is_accepted() -> None:
    """A refusal of the own pages names the origin and both statuses."""
    assert said(csrf.own_origin_is_accepted, answer(200, origin="https://chat.example.com")) == []
    complaints = said(csrf.own_origin_is_accepted, answer(403, origin="https://chat.example.com"))
    assert complaints == ["a request from the own origin https://chat.example.com was answered with 403, 200 expected"]


def test_sign_in_from_elsewhere_is_refused() -> None:
    """The header that did not help stands in the complaint."""
    shown = [refusal(403, origin="https://evil.example"), refusal(200, sec_fetch_site="cross-site")]
    complaints = said(csrf.sign_in_from_elsewhere_is_refused([403]), shown)
    assert complaints == ["sign-in with sec-fetch-site: cross-site was answered with 200, 403 expected"]


@pytest.mark.parametrize(
    ("tokens", "count"), [(TOKENS, 0), ((TOKENS[0], TOKENS[0]), 1), (("0123456789abcde1", "0123456789abcde2"), 1)]
)
def test_tokens_belong_to_sessions(tokens: tuple[str, ...], count: int) -> None:
    """Tokens that are the same, or short, are wrong."""
    shown = [answer(200, {"token": token}) for token in tokens]
    assert len(said(csrf.tokens_belong_to_sessions("json:/token"), shown)) == count


def test_a_session_without_a_token_tells_nothing() -> None:
    """Tokens can only be compared where there are some."""
    with pytest.raises(NotEvaluable):
        said(csrf.tokens_belong_to_sessions("json:/token"), [answer(200, {"token": TOKENS[0]}), answer(200, {})])


@pytest.mark.parametrize(
    ("statuses", "count"),
    [((200, 405, 200, 200), 0), ((200, 200, 200, 200), 1), ((200, 302, 401, 200), 2), ((200, 204, 401, 401), 2)],
)
def test_safe_methods_are_safe(statuses: tuple[int, ...], count: int) -> None:
    """A link that is answered well is wrong, and one that ends the session too."""
    assert len(said(links.safe_methods_are_safe, [answer(status) for status in statuses])) == count


@pytest.mark.parametrize("statuses", [(401, 405, 401, 200), (200, 405, 200, 404)])
def test_a_link_needs_its_twins(statuses: tuple[int, ...]) -> None:
    """Without a session before, or without a way out that works, nothing is shown."""
    with pytest.raises(NotEvaluable):
        said(links.safe_methods_are_safe, [answer(status) for status in statuses])


@pytest.mark.parametrize("token", ["0" * 64, "abcdef" * 8, "Zz9_-" * 9, "----", ""])
def test_one_changed_is_another_token_of_the_same_shape(token: str) -> None:
    """It differs in one place, or is longer where nothing can be changed; hexadecimal stays so."""
    changed = one_changed(token)
    assert changed != token
    assert changed.casefold() != token.casefold()
    assert len(changed) - len(token) in {0, 1}
    assert not set(token) <= set("0123456789abcdef") or set(changed) <= set("0123456789abcdef")


def test_random_like_keeps_the_shape() -> None:
    """Digits stay digits and signs stay where they are."""
    changed = random_like("aB3-x.9", random.Random(1))  # noqa: S311  a test wants the same every time
    assert [one.isdigit() for one in changed] == [False, False, True, False, False, False, True]
    assert (changed[3], changed[5]) == ("-", ".")


@pytest.mark.parametrize(("token", "bits"), [("0" * 10, 33), ("a" * 32, 128), ("F" * 32, 128), ("g" * 22, 133)])
def test_bits_of_a_token(token: str, bits: int) -> None:
    """A token holds as much as its alphabet allows."""
    assert int(bits_of(token)) == bits


def request(cookie: str) -> Request:
    """A request with this Cookie field."""
    return Request(operation="x", method="POST", url=URL, headers=Headers((("Cookie", cookie),)))


def test_a_planted_pair_leaves_the_session_alone() -> None:
    """Every foreign cookie is planted but the session's; without one the request stays as it is."""
    mine, theirs = request("session=alice; csrf=a"), request("session=bob; csrf=b")
    assert with_pair_of(mine, theirs, ("session",)).headers.get("cookie") == "session=alice; csrf=b"
    assert with_pair_of(mine, request("session=bob"), ("session",)) == mine


def test_a_link_has_no_body() -> None:
    """A link is a GET, and carries the cookies only."""
    posted = Request(
        operation="signout",
        method="POST",
        url=URL,
        headers=Headers((("Content-Type", "application/json"), ("Cookie", "session=a"))),
        body=b"{}",
    )
    link = as_link(posted)
    assert (link.method, link.body, link.headers.fields) == ("GET", b"", (("Cookie", "session=a"),))


@pytest.mark.parametrize(
    ("themes", "operations", "told"),
    [
        (("day", "night"), {"create_conversation", "update_settings"}, {"theme": "night"}),
        ((), {"create_conversation", "update_settings"}, None),
        (("day", "night"), {"create_conversation"}, None),
    ],
)
def test_settings_are_changed_to_what_the_profile_names(
    themes: tuple[str, ...], operations: set[str], told: dict[str, str] | None
) -> None:
    """A theme is one of the profile's; without any, or without the operation, no setting is changed."""
    profile = SimpleNamespace(means=SimpleNamespace(themes=themes), operations=operations)
    values = harmless_changes(cast("Profile", profile), "csrf")
    assert values.pop("update_settings", None) == told
    assert values == {"create_conversation": {"title": "csrf"}}


def test_the_third_lock_is_no_reason_to_stop() -> None:
    """Who checks token and origin, and not Fetch Metadata, has two locks: it is told, and stops no release alone."""
    assert csrf.cross_site_is_refused.severity is Severity.MAJOR
    assert csrf.foreign_origin_is_refused.severity is Severity.CRITICAL
