"""Pages: each page of a member opens, and is quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import ui_flow

if TYPE_CHECKING:
    from e2e.visitor import Visitor
    from gonogo.checker import Checker


@pytest.mark.needs("ui.pages", "ui.sign_in", "ui.chat")
@pytest.mark.cost(auth=1, api=40)
async def test_every_page_opens(ada: Visitor, check: Checker) -> None:
    """Open each page that the profile names."""
    await ada.sign_in()
    for path in ada.ui.pages:
        await ada.show(check, await ada.open(path), ui_flow.pages_open)
