"""List of conversations: search, rename, delete, and take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import ui_list
from e2e import steps
from e2e.entering import come_in

if TYPE_CHECKING:
    from e2e.visitor import Visitor
    from gonogo.checker import Checker


@pytest.mark.needs("ui.list", "ui.chat", "ui.sign_in", "create_conversation", "delete_conversation")
@pytest.mark.cost(auth=1, api=60)
async def test_the_list_keeps_what_is_done(ada: Visitor, check: Checker) -> None:
    """Search, rename and delete on the page, take a deletion back, and load the page again after each."""
    first, second, new = (ada.member.title(word) for word in ("harbour", "meadow", "lantern"))
    await ada.member.create_conversation(first)
    other = await ada.member.create_conversation(second)
    await come_in(ada)
    await steps.search(ada, first)
    check(await steps.listed(ada, "searching for its title", (first,), (second,)), ui_list.search_finds)
    await steps.search(ada, "")
    await steps.rename(ada, first, new)
    await ada.reload()
    check(await steps.listed(ada, "loading the page after a new title", (new,), (first,)), ui_list.rename_kept)
    await ada.member.do("delete_conversation", conversation_id=other)


@pytest.mark.needs("ui.list", "ui.chat", "ui.sign_in", "create_conversation", "delete_conversation")
@pytest.mark.cost(auth=1, api=60)
async def test_a_deletion_can_be_taken_back(ada: Visitor, check: Checker) -> None:
    """Delete a conversation on the page, take that back, and delete it for good."""
    title = ada.member.title("willow")
    await ada.member.create_conversation(title)
    await come_in(ada)
    await steps.delete(ada, title)
    await steps.undo(ada)
    check(await steps.listed(ada, "taking a deletion back", (title,)), ui_list.undo_restores)
    await ada.reload()
    check(await steps.listed(ada, "loading the page after that", (title,)), ui_list.undo_restores)
    await steps.delete(ada, title)
    await ada.reload()
    check(await steps.listed(ada, "loading the page after a deletion", (), (title,)), ui_list.delete_lasts)
