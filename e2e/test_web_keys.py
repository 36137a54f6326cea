"""Keys: shortcuts, blanks, and the button that stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import ui_keys
from e2e import steps
from e2e.entering import come_in

if TYPE_CHECKING:
    from e2e.visitor import Visitor
    from gonogo.checker import Checker


@pytest.mark.needs("ui.keys", "ui.chat", "ui.sign_in")
@pytest.mark.cost(auth=1, api=30)
async def test_keys_do_what_is_meant(ada: Visitor, check: Checker) -> None:
    """Press a shortcut outside of a field, and type the letters of shortcuts into one."""
    await come_in(ada)
    check(await steps.press_for_help(ada), ui_keys.shortcut_works)
    check(await steps.type_letters(ada), ui_keys.typing_stays)


@pytest.mark.needs("ui.chat", "ui.sign_in")
@pytest.mark.cost(auth=1, api=30)
async def test_blanks_are_no_message(ada: Visitor, check: Checker) -> None:
    """Press Enter on a message of blanks."""
    await come_in(ada)
    check(await steps.send_blank(ada), ui_keys.blank_not_sent)


@pytest.mark.needs("ui.stop", "ui.chat", "ui.sign_in")
@pytest.mark.cost(auth=1, api=30, messages=1)
async def test_an_answer_can_be_stopped(ada: Visitor, check: Checker) -> None:
    """Send a message with a long answer by the page, and stop it."""
    await come_in(ada)
    check(await steps.stop(ada), ui_keys.stop_stops)
