"""Reads a list page by page, as the profile's operations first_page and next_page tell, or only if it has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gonogo.exchange import Exchange, Request
    from gonogo.member import Member

PAGE = 2
MOST_PAGES = 40
UNKNOWN_TAG = '"gonogo"'
"""What is named where answers have no tag: they must be sent all the same."""


@dataclass(frozen=True, kw_only=True)
class Paged:
    """
    The pages of a list, and what was in it from before the first to after the last.

    `foreign` is what another member started between two of these.
    """

    pages: list[Exchange]
    conversations: list[str]
    foreign: str


async def paged(member: Member, stranger: Member, count: int = 2 * PAGE + 1) -> Paged:
    """
    Start some conversations, and read the list in pages; after the first page one more is started.

    A list that is too long to be read is read in part.
    """
    conversations = [await member.create_conversation("paged")]
    foreign = await stranger.create_conversation("foreign")
    conversations += [await member.create_conversation("paged") for _ in range(count - 1)]
    pages = [await member.attempt("first_page", limit=PAGE)]
    await member.create_conversation("meanwhile")
    while (cursor := pages[-1].captured.get("next_cursor")) and len(pages) < MOST_PAGES:
        pages.append(await member.attempt("next_page", limit=PAGE, next_cursor=cursor))
    return Paged(pages=pages, conversations=conversations, foreign=foreign)


def unless_changed(request: Request, before: Exchange) -> Request:
    """The request of who has the answer from before, and wants another one only if that has changed."""
    tag = before.headers.get("etag")
    return request.with_header("If-None-Match", tag or UNKNOWN_TAG)
