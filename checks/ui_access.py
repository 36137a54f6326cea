"""Pages that everybody can use: without a mouse, without good eyes, and on a telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Complaints, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.browsed import Audited, Laid, Walked

HERE = {"e2e/web-access"}
NEEDS = {"ui.pages", "ui.sign_in", "ui.chat"}
SHOWN = 5


def listed(things: Sequence[str]) -> str:
    """The first few of many."""
    more = f" and {len(things) - SHOWN} more" if len(things) > SHOWN else ""
    return ", ".join(things[:SHOWN]) + more


@check("ui.accessible", Severity.MAJOR, scenarios=HERE, needs=NEEDS)
def accessible(audited: Audited) -> Complaints:
    """
    A page breaks no rule of WCAG 2.2 AA that a machine can see, in either theme.

    Who cannot see well, or listens to a page instead, could not use it; in many places the law forbids that, too.

    Fix: look the rule up by its name at axe-core; most are a missing label, or a colour too close to its ground.
    """
    if not audited.rules:
        raise NotEvaluable(f"no rule found anything to look at on {audited.path}")
    for violation in audited.violations:
        yield f"{audited.path}, {audited.theme} theme: {violation}"


@check("ui.fits-narrow", Severity.MAJOR, scenarios=HERE, needs=NEEDS)
def fits_narrow(laid: Laid) -> Complaints:
    """
    A page fits on a telephone: it needs no scrolling to the side.

    Half of what people read and press would be out of their sight.

    Fix: open the page at that width, and let what is too wide wrap, shrink, or scroll by itself.
    """
    if laid.shown_px <= 0:
        raise NotEvaluable(f"{laid.path} is not shown at all")
    if laid.wide_px > laid.shown_px + 1:
        why = f": {listed(laid.beyond)}" if laid.beyond else ""
        yield f"{laid.path} is {laid.wide_px} px wide where {laid.shown_px} px are shown{why}"


@check("ui.keyboard-reaches", Severity.MAJOR, scenarios=HERE, needs=NEEDS)
def keyboard_reaches(walked: Walked) -> Complaints:
    """
    The Tab key leads to everything on a page that can be used, and on from everything.

    Who has no mouse is caught, or never comes to what they need.

    Fix: let no script take the Tab key; use buttons and links, and no tabindex above 0.
    """
    looked_at(walked)
    if walked.stuck_at:
        yield f"on {walked.path} Tab does not lead on from {walked.stuck_at}"
    if walked.missed:
        yield f"on {walked.path} Tab does not lead to {listed(walked.missed)}"


@check("ui.focus-shown", Severity.MAJOR, scenarios=HERE, needs=NEEDS)
def focus_shown(walked: Walked) -> Complaints:
    """
    What has the focus looks different from what has not.

    Who goes by keyboard would not know where they are, nor what their next key does.

    Fix: give :focus-visible an outline, and never take it away without another in its place.
    """
    looked_at(walked)
    if walked.unseen:
        yield f"on {walked.path} nothing shows the focus of {listed(walked.unseen)}"


def looked_at(walked: Walked) -> None:
    """Raises NotEvaluable where there was nothing to walk to."""
    if not walked.stops:
        raise NotEvaluable(f"{walked.path} has nothing that a key could lead to")
