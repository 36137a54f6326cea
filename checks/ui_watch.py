"""What no page may do, whatever somebody does on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Complaints, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.browsed import Noticed

EVERYWHERE = {
    *("e2e/web-access", "e2e/web-entrance", "e2e/web-chat", "e2e/web-pages"),
    *("e2e/web-list", "e2e/web-settings", "e2e/web-export", "e2e/web-keys"),
}
SHOWN = 10


def each(noticed: Noticed, what: Sequence[str]) -> Complaints:
    """A sentence for each different thing, if any page was opened."""
    if not noticed.pages:
        raise NotEvaluable("no page was opened")
    yield from list(dict.fromkeys(what))[:SHOWN]


@check("ui.no-exception", Severity.CRITICAL, scenarios=EVERYWHERE, needs={"ui"})
def no_exception(noticed: Noticed) -> Complaints:
    """
    No page's script ends with an exception that nobody caught.

    What stood behind it is not done: a button is dead, or an answer is not shown.

    Fix: read the exception and its page, and catch what can be expected where it happens.
    """
    yield from each(noticed, noticed.exceptions)


@check("ui.no-console-error", Severity.MAJOR, scenarios=EVERYWHERE, needs={"ui"})
def no_console_error(noticed: Noticed) -> Complaints:
    """
    No page writes an error to the browser's console.

    A page that is well has nothing to complain of; what it writes there is a defect that nobody has looked at.

    Fix: mend what the page complains of, or write it as a warning if it is none.
    """
    yield from each(noticed, noticed.console)


@check("ui.keeps-policy", Severity.CRITICAL, scenarios=EVERYWHERE, needs={"ui"})
def keeps_policy(noticed: Noticed) -> Complaints:
    """
    No page does what its own content security policy forbids.

    The browser blocks it, so that something does not work; or somebody's script got into the page.

    Fix: move inline scripts, handlers and styles into files; find out where a script that is not yours comes from.
    """
    yield from each(noticed, noticed.policy)


@check("ui.no-failed-request", Severity.MAJOR, scenarios=EVERYWHERE, needs={"ui"})
def no_failed_request(noticed: Noticed) -> Complaints:
    """
    Every request of a page gets what it asks for.

    A file that is missing after a deployment, or a call that is refused, leaves a part of the page out.

    Fix: look the address up in the service's log; deploy pages and their files together.
    """
    yield from each(noticed, noticed.failed)


@check("ui.own-requests-only", Severity.CRITICAL, scenarios=EVERYWHERE, needs={"ui"})
def own_requests_only(noticed: Noticed) -> Complaints:
    """
    Pages ask nobody but the service itself, and nothing without TLS where they came with it.

    Another host learns who talks here, and its script could read every conversation.

    Fix: serve scripts, fonts and pictures yourself, and name only yourself in the content security policy.
    """
    yield from each(noticed, noticed.foreign)
