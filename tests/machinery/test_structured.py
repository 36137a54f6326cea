"""Structured fields are read as RFC 9651 has them, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from gonogo.structured import Item, Malformed, Token, items_of


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('"api";q=100;w=60', (Item(value="api", parameters={"q": 100, "w": 60}),)),
        (' "a\\"b" , "c"; r=1 ', (Item(value='a"b'), Item(value="c", parameters={"r": 1}))),
        ("burst;pk=:QQ==:;on", (Item(value=Token("burst"), parameters={"pk": ":QQ==:", "on": True}),)),
        ("1.5, -3, ?0, @1", (Item(value=1.5), Item(value=-3), Item(value=False), Item(value="@1"))),
    ],
)
def test_a_list(text: str, items: tuple[Item, ...]) -> None:
    """Values of every kind, with parameters; a later parameter of the same name counts."""
    assert items_of(text) == items
    assert [type(one.value) for one in items_of(text)] == [type(one.value) for one in items]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        '"api',
        '"api" "b"',
        '"a",',
        ',"a"',
        '"a";Q=1',
        '"a";q=',
        '"a";q=1.2345',
        '"a";q=1.',
        "('a')",
        '"ä"',
        "1" * 16,
    ],
)
def test_no_list(text: str) -> None:
    """A comma too many, a quote too few, a name in capitals, a number too long: each is said, and where."""
    with pytest.raises(Malformed):
        items_of(text)
