"""Access: each page can be used by everybody, on a telephone and without a mouse, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import ui_access
from e2e import audit
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from e2e.visitor import Visitor
    from gonogo.checker import Checker


@pytest.mark.needs("ui.pages", "ui.sign_in", "ui.chat")
@pytest.mark.cost(auth=1, api=60)
async def test_every_page_is_accessible(ada: Visitor, check: Checker) -> None:
    """Have axe look at each page, in both themes."""
    if ada.ui.sign_in is None:
        raise HarnessTrouble("the profile describes no ui.sign_in: mark the part with needs")
    await ada.open(ada.ui.sign_in.path)
    for theme in audit.THEMES:
        await ada.show(check, await audit.audit(ada.page, ada.path, theme), ui_access.accessible)
    await ada.sign_in()
    for path in ada.ui.pages:
        await ada.open(path)
        for theme in audit.THEMES:
            await ada.show(check, await audit.audit(ada.page, path, theme), ui_access.accessible)


@pytest.mark.needs("ui.pages", "ui.sign_in", "ui.chat")
@pytest.mark.cost(auth=1, api=80)
async def test_every_page_fits_and_is_walked(ada: Visitor, check: Checker) -> None:
    """Go over each page by the Tab key, and look at it as a telephone shows it."""
    await ada.sign_in()
    for path in ada.ui.pages:
        await ada.page.set_viewport_size(audit.WIDE)
        await ada.open(path)
        await ada.show(check, await audit.walk(ada.page, path), ui_access.keyboard_reaches, ui_access.focus_shown)
        await ada.show(check, await audit.narrow(ada.page, path), ui_access.fits_narrow)
