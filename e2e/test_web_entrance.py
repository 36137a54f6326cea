"""Entrance: sign in and out by the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import ui_flow

if TYPE_CHECKING:
    from e2e.visitor import Visitor
    from gonogo.checker import Checker


@pytest.mark.needs("ui.sign_in", "ui.chat", "ui.sign_out")
@pytest.mark.cost(auth=2, api=20)
async def test_a_member_comes_and_goes(ada: Visitor, check: Checker) -> None:
    """Sign in by the page, and out again."""
    await ada.show(check, await ada.sign_in(), ui_flow.sign_in)
    await ada.show(check, await ada.sign_out(), ui_flow.sign_out)
