"""Reads a list page by page, as the profile's operations first_page and next_page tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.member import Member

PAGE = 2
MOST_PAGES = 40


@dataclass(frozen=True, kw_only=True)
class Paged:
    """The pages of a list, and what was in it from before the first to after the last."""

    pages: list[Exchange]
    conversations: list[str]


async def paged(member: Member, count: int = 2 * PAGE + 1) -> Paged:
    """
    Start some conversations, and read the list in pages; after the first page one more is started.

    Raises NotEvaluable where the list is too long to be read.
    """
    conversations = [await member.create_conversation("paged") for _ in range(count)]
    pages = [await member.attempt("first_page", limit=PAGE)]
    await member.create_conversation("meanwhile")
    while cursor := pages[-1].captured.get("next_cursor"):
        if len(pages) == MOST_PAGES:
            raise NotEvaluable(f"the list has more than {MOST_PAGES} pages of {PAGE}")
        pages.append(await member.attempt("next_page", limit=PAGE, next_cursor=cursor))
    return Paged(pages=pages, conversations=conversations)
