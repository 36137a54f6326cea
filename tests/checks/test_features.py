"""Each check of projects, settings and uploads is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from checks import features
from gonogo.check import Check
from gonogo.exchange import Exchange, Headers, Refusal, Request
from gonogo.samples import File
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Bound

TEXT = File(filename="a.txt", content=b"hello", media_type="text/plain")
IMAGE = File(filename="a.png", content=b"\x89PNG", media_type="image/png")


def answer(
    status: int = 200, body: object = None, *, person: str = "alice", media_type: str = "", **captured: str
) -> Exchange:
    """An answer, and what the profile reads of it; what is no bytes is sent as JSON."""
    return Exchange(
        id="x-1",
        person=person,
        request=Request(operation="asked", method="GET", url="https://chat.example.com/x"),
        status=status,
        headers=Headers((("Content-Type", media_type),)),
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        expected=(200,),
        captured=captured,
    )


def listing(*ids: str, person: str = "alice", status: int = 200) -> Exchange:
    """A list of conversations."""
    return answer(status, {"items": [{"id": one, "title": "x"} for one in ids], "next": None}, person=person)


def refusal(status: int, twin: int = 200) -> Refusal:
    """What must be refused, beside what must not."""
    return Refusal(refused=answer(status), before=answer(twin))


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


@pytest.mark.parametrize(
    ("shown", "complaints"),
    [
        (listing("a", "b"), []),
        (listing("b", "a", "other"), []),
        (listing("a"), ["the project's list lacks 1 of its 2 conversations"]),
        (listing("a", "b", "c"), ["the project's list holds 1 conversations of another project, 0 expected"]),
    ],
)
def test_a_filter_gives_exactly_its_own(shown: Exchange, complaints: list[str]) -> None:
    """All of the project's conversations and none of another's are right; both numbers are told."""
    assert said(features.filter_gives_exactly_its_own(["a", "b"], ["c"]), shown) == complaints


def test_a_filter_without_anything_to_filter_cannot_be_judged() -> None:
    """No conversation inside, none outside, or no JSON: nothing is proven."""
    for inside, outside, shown in (
        ([], ["c"], listing()),
        (["a"], [], listing("a")),
        (["a"], ["c"], answer(body=b"<")),
    ):
        with pytest.raises(NotEvaluable):
            said(features.filter_gives_exactly_its_own(inside, outside), shown)


OWN = [
    (features.others_cannot_reach_a_project, 404, "a conversation in another member's project"),
]


@pytest.mark.parametrize(("check", "status", "what"), OWN, ids=[check.id for check, _, _ in OWN])
def test_what_is_ones_own_is_refused_to_others(check: Check[Refusal, []], status: int, what: str) -> None:
    """A refusal beside its twin is right, an answer is told, and a refusal alone says nothing."""
    assert said(check, refusal(status)) == []
    (complaint,) = said(check, refusal(200))
    assert complaint.startswith(f"{what} was answered with 200, ")
    for unseen in (refusal(status, twin=status), Refusal(refused=answer(status))):
        with pytest.raises(NotEvaluable):
            said(check, unseen)


LISTS = [
    (features.others_cannot_list_a_project, "the list of another member's project"),
    (features.lists_are_ones_own, "another member's list"),
]


@pytest.mark.parametrize(("check", "what"), LISTS, ids=[check.id for check, _ in LISTS])
def test_lists_are_ones_own(check: Check[Sequence[Exchange], [str]], what: str) -> None:
    """Another member's list may be empty or refused; one conversation of the owner's in it is told."""
    assert said(check("a"), [listing("a"), listing(person="bob")]) == []
    assert said(check("a"), [listing("a"), listing("a", person="bob", status=404)]) == []
    assert said(check("a"), [listing("a"), listing("a", person="bob")]) == [
        f"{what} holds 1 conversation of alice's, 0 expected"
    ]
    for conversation, own in (("a", listing("b")), ("", listing(""))):
        with pytest.raises(NotEvaluable, match="lacks"):
            said(check(conversation), [own, listing(person="bob")])


def test_settings_are_kept() -> None:
    """What was chosen is there; what came back is told beside it."""
    check = features.settings_are_kept(["light", "dark"])
    assert said(check, [answer(theme_now="light"), answer(theme_now="dark")]) == []
    assert said(check, [answer(theme_now="light"), answer(theme_now="light")]) == [
        "theme was set to 'dark' and is 'light' when it is read again"
    ]
    for themes, reads in ((["a", "b"], [answer(), answer()]), (["a", "a"], [answer(), answer()]), (["a"], [])):
        with pytest.raises(NotEvaluable):
            said(features.settings_are_kept(themes), reads)


def test_other_settings_stay() -> None:
    """The language that was chosen stays when the theme changes; what was never chosen cannot be reset."""
    check = features.other_settings_stay("fr")
    assert said(check, [answer(language_now="fr"), answer(language_now="fr")]) == []
    assert said(check, [answer(language_now="fr"), answer(language_now="en")]) == [
        "language was set to 'fr' and is 'en' when it is read again"
    ]
    for reads in ([answer(language_now="en"), answer(language_now="en")], [answer(language_now="fr"), answer()]):
        with pytest.raises(NotEvaluable):
            said(check, reads)


def test_settings_are_ones_own() -> None:
    """Another member's settings stay; what changed with somebody else's is told from what to what."""
    check, changed = features.settings_are_ones_own("dark"), answer(theme_now="dark")
    before = answer(person="bob", theme_now="light", language_now="en")
    after = answer(person="bob", theme_now="dark", language_now="fr")
    assert said(check, [changed, changed, before, before]) == []
    assert said(check, [changed, changed, before, after]) == [
        "alice changed a setting, and bob's theme went from 'light' to 'dark'",
        "alice changed a setting, and bob's language went from 'en' to 'fr'",
    ]
    never = answer(person="bob")
    assert said(check, [changed, changed, never, never]) == []
    assert len(said(check, [changed, changed, never, after])) == 2
    for unseen in ([answer(theme_now="light"), changed, before, before], [changed, answer(), before, before]):
        with pytest.raises(NotEvaluable):
            said(check, unseen)
