"""Export: the page downloads what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import ui_pages
from e2e import steps
from e2e.entering import come_in

if TYPE_CHECKING:
    from e2e.visitor import Visitor
    from gonogo.checker import Checker


@pytest.mark.needs("ui.export", "ui.chat", "ui.sign_in", "create_conversation", "delete_conversation")
@pytest.mark.cost(auth=1, api=40)
async def test_an_export_holds_what_was_asked_for(ada: Visitor, check: Checker) -> None:
    """Export a conversation by the page, in each format."""
    kept = await ada.member.create_conversation(ada.member.title("ledger"))
    await come_in(ada)
    check(await steps.download(ada), ui_pages.export_downloads)
    await ada.member.do("delete_conversation", conversation_id=kept)
