"""The list of conversations: renamed, deleted, searched and paged through, it shows what is there, and all of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from checks.listing import told_in
from gonogo.check import Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal

CHAT = {"chat"}
LISTED = {"create_conversation", "list_conversations"}
GONE = (404, 410)
BROKEN, NOT_MODIFIED, NOT_AS_WISHED = 500, 304, 412
REFUSED = frozenset({401, 403, 429})
MADE = frozenset({"created", "createdat", "createtime", "creationdate", "createdon", "timestamp"})
QUARTER_S, NEAR_S, WIDEST = 900, 120, 4 * 26
"""Time zones are quarters of an hour apart, and at most 26 hours."""
LAST_SECOND = 100_000_000_000
"""A larger number counts milliseconds."""


@check("chat.rename-kept", Severity.MAJOR, scenarios=CHAT, needs={*LISTED, "rename_conversation"})
def rename_is_kept(listing: Exchange, title: str, old: str) -> Complaints:
    """
    A conversation that was renamed has its new name when it is listed again.

    People find their conversations by the names that they gave them.

    Fix: commit the change before it is answered, and let no cache of the list outlive it.
    """
    told = told_in(listing)
    if title not in told:
        yield f"the list lacks the new title {title!r}"
    if old in told:
        yield f"the list still has the old title {old!r}"


@check("chat.made-now", Severity.MAJOR, scenarios=CHAT, needs={"create_conversation"})
def made_now(made: Exchange) -> Complaints:
    """
    A conversation that is made now says so, if it says when it was made: no time zone lies between.

    A moment that is stored in local time and told as UTC puts today's conversations into yesterday, or into the future.

    Fix: keep moments with their zone, in UTC, and let the database's and the container's zone be UTC, too.
    """
    now = moment_of(made.headers.get("date")) or made.started_at
    try:
        document = made.json()
    except NotEvaluable:
        return  # a page, or nothing at all, tells no moment to a program
    for name, moment in moments_in(document):
        zones = round((moment - now) / QUARTER_S)
        if zones and abs(zones) <= WIDEST and abs(moment - now - zones * QUARTER_S) < NEAR_S:
            yield f"what was made just now says in {name} that it was made {zones / 4:+.2f} h from now"


def moments_in(document: object) -> list[tuple[str, float]]:
    """The moments at which a thing says that it was made, in seconds since 1970; those without a zone tell nothing."""
    fields = document.items() if isinstance(document, dict) else ()
    told = [(name, moment_of(value)) for name, value in fields if name.lower().replace("_", "") in MADE]
    return [(name, moment) for name, moment in told if moment is not None]


def moment_of(value: object) -> float | None:
    """A moment in seconds since 1970, as numbers, ISO 8601 or HTTP tell it; None where it is none, or has no zone."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value / 1000 if value > LAST_SECOND else float(value)
    if not isinstance(value, str):
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
        except ValueError:
            continue
        return moment.timestamp() if moment.tzinfo else None
    return None


@check("chat.list-current", Severity.MAJOR, scenarios=CHAT, needs={*LISTED, "rename_conversation"})
def changed_list_is_sent(again: Exchange) -> Complaints:
    """
    A list that has changed is sent anew to who names the ETag of the one before (RFC 9110, 13.1.2).

    Browsers and apps ask so by themselves: a 304 shows them what was, until somebody empties their cache.

    Fix: make the ETag of what is sent, or of the moment of its last change, and never of the address.
    """
    if again.status == NOT_MODIFIED:
        yield f"a list that has changed was answered with {NOT_MODIFIED}, as if it had not"
    elif not again.ok and again.status != NOT_AS_WISHED:
        raise NotEvaluable(f"the list was not sent again: {again}")


@check("chat.deleted-gone", Severity.CRITICAL, scenarios=CHAT, needs={*LISTED, "delete_conversation", "history"})
def deleted_is_gone(read: Refusal) -> Complaints:
    """
    A conversation that was deleted is gone, for its owner too.

    Who deletes something counts on it, and may have a right to it (GDPR, article 17).

    Fix: delete the conversation and its messages in one transaction, before it is answered.
    """
    if read.before is None or not read.before.ok:
        raise NotEvaluable(f"the conversation could not be read before it was deleted: {read.before}")
    if read.refused.status not in GONE:
        yield f"a deleted conversation was answered with {read.refused.status or read.refused.failure}, 404 expected"


@check("chat.deleted-unlisted", Severity.MAJOR, scenarios=CHAT, needs={*LISTED, "delete_conversation"})
def deleted_is_not_listed(listings: Sequence[Exchange], conversation: str) -> Complaints:
    """
    A conversation that was deleted is in no list.

    A name that leads nowhere makes people doubt what else was not deleted.

    Fix: read the list from where things are deleted, and let no cache of it outlive that.
    """
    before, after = listings
    if conversation not in told_in(before):
        raise NotEvaluable("the list lacked the conversation before it was deleted")
    if conversation in told_in(after):
        yield "the list still has the deleted conversation"


@check(
    "chat.deleted-unfound",
    Severity.MAJOR,
    scenarios=CHAT,
    needs={*LISTED, "delete_conversation", "search_conversations"},
)
def deleted_is_not_found(searches: Sequence[Exchange], conversation: str) -> Complaints:
    """
    A conversation that was deleted is found by no search.

    An index that is not told of deletions keeps what somebody had a right to have gone (GDPR, article 17).

    Fix: take it out of the index in the same step that deletes it, or look up what was found before it is shown.
    """
    before, after = searches
    if conversation not in told_in(before):
        raise NotEvaluable("the search lacked the conversation before it was deleted")
    if conversation in told_in(after):
        yield "a search still finds the deleted conversation"


@check("chat.search-finds", Severity.MAJOR, scenarios=CHAT, needs={*LISTED, "search_conversations"})
def search_finds(found: Exchange, wanted: str, other: str) -> Complaints:
    """
    A search finds the conversation that holds the word, and leaves out one that does not.

    A search that finds nothing hides what was said; one that finds all is none.

    Fix: pass the query on to the database, and test it with a word that stands in one place only.
    """
    told = told_in(found)
    if wanted not in told:
        yield "the search lacks the conversation whose title holds the word"
    if other in told:
        yield "the search gives a conversation that does not hold the word"


@check("chat.search-survives", Severity.MAJOR, scenarios=CHAT, needs={*LISTED, "search_conversations"})
def search_survives_signs(found: Exchange) -> Complaints:
    """
    A search for quotation marks, brackets and stars is answered, whatever it finds.

    Full-text engines have a syntax of their own: people search for what they wrote, and that holds such signs.

    Fix: pass the query on as words (plainto_tsquery, quoted terms), or escape it as the engine wants it.
    """
    if found.status in REFUSED:
        raise NotEvaluable(f"the search was refused to whoever asked: {found}")
    if found.status is None or found.status >= BROKEN:
        yield f"a search for signs was answered with {found.status or found.failure}, no 5xx expected"


@check("chat.search-own", Severity.BLOCKER, scenarios=CHAT, needs={*LISTED, "search_conversations"})
def search_is_ones_own(found: Exchange, wanted: str, foreign: str) -> Complaints:
    """
    A search finds nothing of another member's (OWASP API1:2023).

    Titles tell what people talk about, and a search gives them all to whoever guesses a word.

    Fix: search among the member's own conversations, in the query itself.
    """
    told = told_in(found)
    if foreign in told:
        yield "the search gives another member's conversation"
    elif wanted not in told:
        raise NotEvaluable("the search lacks the member's own conversation, so that what else it lacks tells nothing")


@check("chat.pages-own", Severity.BLOCKER, scenarios=CHAT, needs={*LISTED, "first_page", "next_page"})
def pages_are_ones_own(pages: Sequence[Exchange], own: Sequence[str], foreign: str) -> Complaints:
    """
    No page of the list shows another member's conversation (OWASP API1:2023).

    The query behind the next page is another one than behind the first, and is tried less often.

    Fix: begin both from one query that knows whose list it is, and never believe a cursor about that.
    """
    leaking = [number for number, page in enumerate(pages, 1) if foreign in told_in(page)]
    if leaking:
        yield f"page {leaking[0]} of {len(pages)} shows another member's conversation"
    elif len(pages) < 2 or not any(set(own) & told_in(page) for page in pages[1:]):  # noqa: PLR2004  one page is no paging
        raise NotEvaluable("no page after the first shows the member's own, so that what else it lacks tells nothing")


@check("chat.pages-whole", Severity.MAJOR, scenarios=CHAT, needs={*LISTED, "first_page", "next_page"})
def pages_lose_nothing(pages: Sequence[Exchange], conversations: Sequence[str]) -> Complaints:
    """
    Page by page every conversation comes once, also when one is started meanwhile.

    What falls between two pages is not found by scrolling, and what comes twice is not believed.

    Fix: order by something that is unique and does not change, and page by the last item and not by a number.
    """
    if len(pages) < 2:  # noqa: PLR2004  one page is no paging
        raise NotEvaluable("all came on one page")
    for page in pages:
        if page.status not in page.expected:
            yield f"a page was answered with {page.status or page.failure}"
            return
    if pages[-1].captured.get("next_cursor"):
        raise NotEvaluable(f"the list goes on after {len(pages)} pages")
    told = Counter(one for page in pages for one in told_in(page))
    lost = [one for one in conversations if not told[one]]
    twice = [one for one in conversations if told[one] > 1]
    if lost:
        yield f"{len(lost)} of {len(conversations)} conversations are on none of {len(pages)} pages"
    if twice:
        yield f"{len(twice)} of {len(conversations)} conversations are on more than one page"
