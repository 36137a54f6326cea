"""What a member has is compared before and after, but for what changes by itself."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from unittest.mock import AsyncMock

import pytest

from checks.links import links_change_nothing
from gonogo import links
from gonogo.exchange import Exchange, Request
from gonogo.links import Followed, changed
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.member import Member


def sight(content: object, status: int = 200) -> Exchange:
    """What a member sees."""
    request = Request(operation="list_conversations", method="GET", url="https://chat.example.com/")
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Exchange(id="1", person="ada", request=request, status=status, body=body, expected=(200,))


@pytest.mark.parametrize(
    ("before", "again", "after", "other"),
    [
        ({"items": [1]}, {"items": [1]}, {"items": [1]}, False),
        ({"items": [1]}, {"items": [1]}, {"items": []}, True),
        ({"items": [1]}, {"items": [1]}, {"items": [1, 2]}, True),
        ({"theme": "dark"}, {"theme": "dark"}, {"theme": "light"}, True),
        ({"nonce": "a"}, {"nonce": "b"}, {"nonce": "c"}, False),
        ({"seen": "2026-01-01T00:00:00Z"}, {"seen": "2026-01-01T00:00:00Z"}, {"seen": "2026-01-01T00:00:01Z"}, False),
        ({"seen": 1_800_000_000}, {"seen": 1_800_000_000}, {"seen": 1_800_000_001}, False),
        (b"<p>1</p>", b"<p>1</p>", b"<p>2</p>", False),
    ],
)
def test_what_changed(before: object, again: object, after: object, *, other: bool) -> None:
    """What is gone, new or different counts; moments, and what differs from look to look, do not."""
    assert changed(sight(before), sight(again), sight(after)) is other


def test_links_change_nothing() -> None:
    """What is lost is told with its operation; without a look before, nobody can say."""
    kept, link = sight({"items": ["kept"]}), sight({}, 405)

    def said(before: Exchange, after: Exchange) -> list[str]:
        followed = Followed(before=(before,), again=(kept,), links=(link,), after=(after,))
        return list(links_change_nothing().looks(followed))

    assert said(kept, kept) == []
    assert said(kept, sight({"items": []})) == ["list_conversations shows something else after 1 links were followed"]
    assert said(kept, sight({}, 401)) == ["after 1 links were followed list_conversations was answered with 401"]
    with pytest.raises(NotEvaluable):
        said(sight({}, 500), kept)


def test_who_shares_an_account_does_not_blame_links() -> None:
    """What goes on changing when nothing is followed any more was changed by somebody else."""
    kept, link = sight({"items": ["kept"]}), sight({}, 405)
    followed = Followed(before=(kept,), again=(kept,), links=(link,), after=(sight({"items": []}),), restless=True)
    with pytest.raises(NotEvaluable, match="others use the account too"):
        list(links_change_nothing().looks(followed))


def rounds(*seen: tuple[bool, bool]) -> Iterator[Followed]:
    """Rounds in each of which something changed or not, and went on changing afterwards or not."""
    kept, gone, link = sight({"items": ["kept"]}), sight({"items": []}), sight({}, 405)
    for changes, restless in seen:
        after = gone if changes else kept
        yield Followed(before=(kept,), again=(kept,), links=(link,), after=(after,), restless=restless)


CHANGED, SAME, RESTLESS = (True, False), (False, False), (True, True)


@pytest.mark.parametrize(
    ("lent", "seen", "told"),
    [
        (False, [CHANGED], "finding"),
        (False, [SAME], "nothing"),
        (True, [SAME], "nothing"),
        (True, [CHANGED, CHANGED, CHANGED], "finding"),
        (True, [CHANGED, SAME], "undecided"),
        (True, [CHANGED, CHANGED, SAME], "undecided"),
        (True, [CHANGED, RESTLESS], "undecided"),
        (True, [RESTLESS, SAME], "nothing"),
        (True, [RESTLESS, RESTLESS], "undecided"),
        (True, [RESTLESS, CHANGED, CHANGED, CHANGED], "finding"),
    ],
)
async def test_in_a_lent_account_a_change_must_come_each_time(
    *, lent: bool, seen: list[tuple[bool, bool]], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others who use the account change it now and then; a link that changes something does so each time."""
    coming = rounds(*seen)
    monkeypatch.setattr(links, "follow_once", AsyncMock(side_effect=lambda _member: next(coming)))
    member = SimpleNamespace(person=SimpleNamespace(account=SimpleNamespace(made=not lent)))

    followed = await links.follow(cast("Member", member))

    assert list(coming) == []
    try:
        found = "finding" if list(links_change_nothing().looks(followed)) else "nothing"
    except NotEvaluable:
        found = "undecided"
    assert found == told
