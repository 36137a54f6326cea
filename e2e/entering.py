"""Come in with a session that the same person has in this browser already: signing in again and again meets limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from gonogo.trouble import HarnessTrouble, OperationFailed

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from e2e.visitor import Visitor

KEPT: WeakKeyDictionary[Browser, dict[str, Any]] = WeakKeyDictionary()
"""The cookies of each person in each browser."""


async def come_in(visitor: Visitor) -> None:
    """Be on the page of the chat as a member, signing in only where that has not been done. Raises OperationFailed."""
    browser, who = visitor.context.browser, visitor.member.person.account.email
    if browser is None:
        raise HarnessTrouble("a context that belongs to no browser")
    kept = KEPT.setdefault(browser, {})
    if who in kept:
        await visitor.context.add_cookies(kept[who])
        if (await visitor.open(visitor.chat.path)).path == visitor.chat.path:
            return
    arrived = await visitor.sign_in()
    if arrived.path != arrived.wanted:
        raise OperationFailed(f"signing in led to {arrived.path}, {arrived.wanted} expected")
    kept[who] = await visitor.context.cookies()
