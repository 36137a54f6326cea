"""Chat page: send a message, see its answer, and find it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checks import ui_flow
from gonogo.trouble import OperationFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.visitor import Visitor
    from gonogo.checker import Checker


@pytest.mark.needs("ui.sign_in", "ui.chat", "means.fixed_prompt")
@pytest.mark.cost(auth=1, api=30, messages=1)
async def test_a_message_is_answered(ada: Visitor, check: Checker, nonce: Callable[[int], str]) -> None:
    """Send a message by the page, read its answer, and load the page again."""
    await ada.sign_in()
    words = nonce(8)
    talked = await ada.say(ada.member.prompt("fixed_prompt", words=words), words)
    await ada.show(check, talked, ui_flow.answer_shown, ui_flow.answer_once)
    if not any(words in answer for answer in talked.answers):
        raise OperationFailed("there is no answer to find again")
    await ada.reload()
    await ada.show(check, await ada.reads(words), ui_flow.answer_kept)
