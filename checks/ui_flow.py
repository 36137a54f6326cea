"""What people do on the pages: each step leads where it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Complaints, Severity, check

if TYPE_CHECKING:
    from gonogo.browsed import Arrived, Talked


def misled(arrived: Arrived) -> Complaints:
    """A sentence where a step led elsewhere, or to a page that never was ready."""
    if arrived.path != arrived.wanted:
        yield f"{arrived.step} led to {arrived.path}, {arrived.wanted} expected"
    elif not arrived.ready:
        yield f"{arrived.step} led to {arrived.path}, which never said that it was ready"


@check("ui.sign-in", Severity.BLOCKER, scenarios={"e2e/web-entrance"}, needs={"ui.sign_in", "ui.chat"})
def sign_in(arrived: Arrived) -> Complaints:
    """
    Who signs in by the page comes to the chat.

    Nobody could use the service, however well its API works.

    Fix: sign in by hand with the browser's console open.
    """
    yield from misled(arrived)


@check("ui.sign-out", Severity.CRITICAL, scenarios={"e2e/web-entrance"}, needs={"ui.sign_in", "ui.chat", "ui.sign_out"})
def sign_out(arrived: Arrived) -> Complaints:
    """
    Who signs out by the page is led to the sign-in page when they open the chat again.

    The next person at the same machine would read everything.

    Fix: have the button end the session at the service, and the pages ask for one.
    """
    yield from misled(arrived)


@check("ui.pages-open", Severity.CRITICAL, scenarios={"e2e/web-pages"}, needs={"ui.pages", "ui.sign_in"})
def pages_open(arrived: Arrived) -> Complaints:
    """
    Each page that the profile names opens for a member, and gets ready.

    A part of the service could not be reached by anybody.

    Fix: open the page by hand with the browser's console open.
    """
    yield from misled(arrived)


@check("ui.answer-shown", Severity.BLOCKER, scenarios={"e2e/web-chat"}, needs={"ui.chat", "ui.sign_in"})
def answer_shown(talked: Talked) -> Complaints:
    """
    The answer to a message that was sent by the page is shown on it.

    It is what people come for.

    Fix: send a message by hand with the browser's console open; hold the page against the stream of the API.
    """
    if not any(talked.words in answer for answer in talked.answers):
        yield f"no answer with the words asked for was shown within {talked.waited_s:.0f} s"


@check("ui.answer-once", Severity.MAJOR, scenarios={"e2e/web-chat"}, needs={"ui.chat", "ui.sign_in"})
def answer_once(talked: Talked) -> Complaints:
    """
    An answer is shown once.

    People would read everything twice, and trust neither.

    Fix: replace what streamed by the finished message, rather than add it; do not listen twice.
    """
    shown = sum(answer.count(talked.words) for answer in talked.answers)
    if shown > 1:
        yield f"the words of one answer were shown {shown} times"


@check("ui.answer-kept", Severity.CRITICAL, scenarios={"e2e/web-chat"}, needs={"ui.chat", "ui.sign_in"})
def answer_kept(talked: Talked) -> Complaints:
    """
    An answer is shown again when the page is loaded again.

    What people were told would be gone with the next click.

    Fix: give the conversation an address of its own, and show its history there.
    """
    if not any(talked.words in answer for answer in talked.answers):
        yield "the answer was not shown any more after the page was loaded again"
