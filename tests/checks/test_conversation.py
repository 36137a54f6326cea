"""Each check of the list of conversations is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from checks import conversation
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.trouble import NotEvaluable


def listing(*texts: str, status: int = 200) -> Exchange:
    """A list that holds these texts."""
    request = Request(operation="list_conversations", method="GET", url="https://chat.example.com/")
    body = json.dumps({"items": [{"id": text} for text in texts]}).encode()
    return Exchange(id="1", person="ada", request=request, status=status, body=body, expected=(200,))


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


def test_rename() -> None:
    """The list has the new title, and the old one no more."""
    assert said(conversation.rename_is_kept("new", "old"), listing("new")) == []
    assert said(conversation.rename_is_kept("new", "old"), listing("old")) == [
        "the list lacks the new title 'new'",
        "the list still has the old title 'old'",
    ]


@pytest.mark.parametrize(("status", "complaints"), [(404, 0), (410, 0), (200, 1), (500, 1)])
def test_deleted(status: int, complaints: int) -> None:
    """What was deleted is not found any more; that it could be read before is shown."""
    after = Refusal(before=listing(), refused=listing(status=status))
    assert len(said(conversation.deleted_is_gone, after)) == complaints
    with pytest.raises(NotEvaluable, match="could not be read before"):
        said(conversation.deleted_is_gone, Refusal(before=listing(status=404), refused=listing(status=404)))


def test_unlisted() -> None:
    """What was deleted is in no list; that it was there before is shown."""
    assert said(conversation.deleted_is_not_listed("c"), [listing("c", "d"), listing("d")]) == []
    assert said(conversation.deleted_is_not_listed("c"), [listing("c"), listing("c")]) == [
        "the list still has the deleted conversation"
    ]
    with pytest.raises(NotEvaluable, match="lacked the conversation before"):
        said(conversation.deleted_is_not_listed("c"), [listing("d"), listing("d")])


def test_search() -> None:
    """A search gives what holds the word, and leaves out what does not."""
    assert said(conversation.search_finds("c", "d"), listing("c")) == []
    assert said(conversation.search_finds("c", "d"), listing("d")) == [
        "the search lacks the conversation whose title holds the word",
        "the search gives a conversation that does not hold the word",
    ]


@pytest.mark.parametrize(
    ("pages", "complaints"),
    [
        ([listing("a", "b"), listing("c")], []),
        ([listing("a"), listing("c")], ["1 of 3 conversations are on none of 2 pages"]),
        ([listing("a", "b"), listing("b", "c")], ["1 of 3 conversations are on more than one page"]),
        ([listing("a", "b"), listing(status=500)], ["a page was answered with 500"]),
    ],
)
def test_pages(pages: list[Exchange], complaints: list[str]) -> None:
    """Over all pages every conversation comes once."""
    assert said(conversation.pages_lose_nothing(["a", "b", "c"]), pages) == complaints


def test_a_single_page() -> None:
    """A list that is all on one page shows nothing of paging."""
    with pytest.raises(NotEvaluable, match="on one page"):
        said(conversation.pages_lose_nothing(["a"]), [listing("a")])


def test_a_search_is_ones_own() -> None:
    """A search that gives what another member started is told of; one that finds nothing tells nothing."""
    check = conversation.search_is_ones_own("c", "his")
    assert said(check, listing("c")) == []
    assert said(check, listing("his")) == ["the search gives another member's conversation"]
    with pytest.raises(NotEvaluable, match="lacks the member's own"):
        said(check, listing())


def test_a_search_forgets() -> None:
    """What was deleted is found no more; that it was found before is shown."""
    check = conversation.deleted_is_not_found("c")
    assert said(check, [listing("c"), listing()]) == []
    assert said(check, [listing("c"), listing("c")]) == ["a search still finds the deleted conversation"]
    with pytest.raises(NotEvaluable, match="lacked the conversation before"):
        said(check, [listing(), listing()])


def test_pages_are_ones_own() -> None:
    """A page with what another member started is told by its number; pages without anything tell nothing."""
    check = conversation.pages_are_ones_own(["a", "b"], "his")
    assert said(check, [listing("a"), listing("b")]) == []
    assert said(check, [listing("a"), listing("his")]) == ["page 2 of 2 shows another member's conversation"]
    for pages in ([listing("a", "b")], [listing("a"), listing()]):
        with pytest.raises(NotEvaluable, match="no page after the first"):
            said(check, pages)


def test_a_list_without_an_end() -> None:
    """Of a list that goes on, nobody says what is lost."""
    last = replace(listing("b"), captured={"next_cursor": "3"})
    with pytest.raises(NotEvaluable, match="goes on after 2 pages"):
        said(conversation.pages_lose_nothing(["a", "b"]), [listing("a"), last])


@pytest.mark.parametrize(("status", "complaints"), [(200, 0), (400, 0), (422, 0), (500, 1), (None, 1)])
def test_a_search_for_signs(status: int | None, complaints: int) -> None:
    """Signs may be refused, and break nothing."""
    assert len(said(conversation.search_survives_signs, replace(listing(), status=status))) == complaints


@pytest.mark.parametrize(("status", "complaints"), [(200, 0), (412, 0), (304, 1)])
def test_a_list_that_has_changed(status: int, complaints: int) -> None:
    """It is not said to be as it was."""
    assert len(said(conversation.changed_list_is_sent, listing(status=status))) == complaints


NOON = 1_800_000_000


@pytest.mark.parametrize(
    ("field", "count"),
    [
        ({"created": NOON}, 0),
        ({"created_at": NOON * 1000 + 900}, 0),
        ({"createdAt": "2027-01-15T08:00:00Z"}, 0),
        ({"createdAt": "2027-01-15T10:00:00"}, 0),
        ({"createdAt": "2027-01-15T10:00:00Z"}, 1),
        ({"created": NOON - 12_600}, 1),
        ({"created": NOON + 400}, 0),
        ({"created": "lately", "timestamp": None}, 0),
        ({"last_read": NOON + 7200}, 0),
    ],
)
def test_made_now(field: dict[str, Any], count: int) -> None:
    """Hours between now and then are a time zone; a clock that is a little off is none."""
    made = replace(listing(), body=json.dumps(field).encode(), started_at=float(NOON))
    assert len(said(conversation.made_now, made)) == count
    for silent in (b"[]", b"<html>", b""):
        assert said(conversation.made_now, replace(made, body=silent)) == []


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_list_that_did_not_come(status: int) -> None:
    """An answer that is no list says nothing of whether it is the old one."""
    with pytest.raises(NotEvaluable, match="the list was not sent again"):
        said(conversation.changed_list_is_sent, listing(status=status))


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_search_that_was_refused(status: int) -> None:
    """Whoever may not search learns nothing of what signs do."""
    with pytest.raises(NotEvaluable, match="the search was refused"):
        said(conversation.search_survives_signs, listing(status=status))
