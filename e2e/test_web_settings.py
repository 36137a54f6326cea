"""Settings: what is saved on the page is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import ui_pages
from e2e import steps
from e2e.entering import come_in

if TYPE_CHECKING:
    from e2e.visitor import Visitor
    from gonogo.checker import Checker


@pytest.mark.needs("ui.settings", "ui.chat", "ui.sign_in")
@pytest.mark.cost(auth=1, api=40)
async def test_a_theme_is_kept(ada: Visitor, check: Checker) -> None:
    """Choose another theme, save it, and open other pages."""
    await come_in(ada)
    check(await steps.choose_theme(ada), ui_pages.theme_kept)
