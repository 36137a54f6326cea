"""The list of conversations on the pages: what is done to it is done for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Complaints, Severity, check

if TYPE_CHECKING:
    from gonogo.flows import Listed

HERE = {"e2e/web-list"}
NEEDS = {"ui.list", "ui.chat", "ui.sign_in", "create_conversation", "delete_conversation"}


def misses(listed: Listed) -> Complaints:
    """A sentence for each conversation that has to be in the list and is not, or the other way round."""
    for title in listed.wanted:
        if title not in listed.shown:
            yield f"{listed.step}: “{title}” is not in the list"
    for title in listed.unwanted:
        if title in listed.shown:
            yield f"{listed.step}: “{title}” is still in the list"


@check("ui.search-finds", Severity.MAJOR, scenarios=HERE, needs=NEEDS)
def search_finds(listed: Listed) -> Complaints:
    """
    Who searches sees the conversations with these words, and no others.

    Whoever has many conversations would never find the one they need.

    Fix: hold what the page asks of the API against what was typed; show the list that comes back.
    """
    yield from misses(listed)


@check("ui.rename-kept", Severity.MAJOR, scenarios=HERE, needs=NEEDS)
def rename_kept(listed: Listed) -> Complaints:
    """
    A conversation that was renamed on the page has its new title when the page is loaded again.

    People order what they have by titles; here they would do it in vain.

    Fix: have the page send the new title, and show what the service kept.
    """
    yield from misses(listed)


@check("ui.undo-restores", Severity.CRITICAL, scenarios=HERE, needs=NEEDS)
def undo_restores(listed: Listed) -> Complaints:
    """
    Who takes a deletion back has the conversation again, at once and when the page is loaded again.

    A wrong click would cost everything that was said, though the page promised otherwise.

    Fix: delete only when the time to take it back is over; put the conversation back into the list.
    """
    yield from misses(listed)


@check("ui.delete-lasts", Severity.CRITICAL, scenarios=HERE, needs=NEEDS)
def delete_lasts(listed: Listed) -> Complaints:
    """
    A conversation that was deleted on the page is not in the list when the page is loaded again.

    People delete what nobody may read; they would believe it gone.

    Fix: have the page delete it at the service before it is left, and never list from a copy.
    """
    yield from misses(listed)
