"""Projects and settings: they do what they say, and only for whom they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.listing import told_in
from checks.refusal import FORBIDDEN, refused_with
from gonogo.check import Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal

FEATURES = {"features"}
PROJECTS = {"create_project", "create_project_conversation", "filter_conversations"}
SETTINGS = {"settings", "update_settings", "means.themes"}
LANGUAGES = {*SETTINGS, "update_language", "means.languages"}
OTHERS = (400, 401, 422, *FORBIDDEN)


@check("features.project-filter", Severity.MAJOR, scenarios=FEATURES, needs=PROJECTS)
def filter_gives_exactly_its_own(listing: Exchange, inside: Sequence[str], outside: Sequence[str]) -> Complaints:
    """
    A project's list holds the project's conversations, all of them, and no other.

    A filter that leaks mixes one piece of work with the next.

    Fix: pass the filter on to the query, and test it with two projects.
    """
    if not inside or not outside:
        raise NotEvaluable(f"{len(inside)} conversations inside and {len(outside)} outside cannot show a filter")
    told = told_in(listing)
    missing, strange = set(inside) - told, set(outside) & told
    if missing:
        yield f"the project's list lacks {len(missing)} of its {len(inside)} conversations"
    if strange:
        yield f"the project's list holds {len(strange)} conversations of another project, 0 expected"


@check("features.project-own-only", Severity.BLOCKER, scenarios=FEATURES, needs=PROJECTS)
def others_cannot_reach_a_project(refusal: Refusal) -> Complaints:
    """
    Nobody puts anything into another member's project (OWASP API1:2023).

    What can be written to by anyone belongs to no one.

    Fix: look a project up by its id and its owner together, also where it is named in a body.
    """
    yield from refused_with(refusal, OTHERS, "a conversation in another member's project")


@check("features.project-hidden", Severity.BLOCKER, scenarios=FEATURES, needs=PROJECTS)
def others_cannot_list_a_project(listings: Sequence[Exchange], conversation: str) -> Complaints:
    """
    Nobody lists the conversations of another member's project (OWASP API1:2023).

    The titles alone tell what somebody works on.

    Fix: filter by the owner first, and by the project after.
    """
    yield from shown_to_others(listings, conversation, "the list of another member's project")


@check(
    "features.list-own-only", Severity.BLOCKER, scenarios=FEATURES, needs={"create_conversation", "list_conversations"}
)
def lists_are_ones_own(listings: Sequence[Exchange], conversation: str) -> Complaints:
    """
    The list of conversations holds one's own alone (OWASP API1:2023).

    A list from a shared cache, or without its owner in the query, shows everybody's.

    Fix: put the owner into the query, and no-store on the answer.
    """
    yield from shown_to_others(listings, conversation, "another member's list")


def shown_to_others(listings: Sequence[Exchange], conversation: str, what: str) -> Complaints:
    """Complain when the second member's list holds what is the first one's; their own must hold it."""
    own, others = listings
    if not conversation or conversation not in told_in(own):
        raise NotEvaluable(f"the owner's {own} lacks the conversation, so that its absence elsewhere says nothing")
    if others.ok and conversation in told_in(others):
        yield f"{what} holds 1 conversation of {own.person}'s, 0 expected"


@check("features.settings-kept", Severity.MAJOR, scenarios=FEATURES, needs=SETTINGS)
def settings_are_kept(reads: Sequence[Exchange], themes: Sequence[str]) -> Complaints:
    """
    A changed setting is there when it is read again.

    A setting that comes back is worse than one that cannot be changed.

    Fix: commit the change before it is answered.
    """
    if len(set(themes)) < len(reads) or not reads:
        raise NotEvaluable(f"{len(set(themes))} values for {len(reads)} reads cannot show a change")
    for read, chosen in zip(reads, themes, strict=False):
        yield from kept(read, "theme_now", chosen)


@check("features.settings-separate", Severity.MAJOR, scenarios=FEATURES, needs=LANGUAGES)
def other_settings_stay(reads: Sequence[Exchange], language: str) -> Complaints:
    """
    A change of the theme leaves the language as it was chosen.

    A form that sends one field must not reset the rest.

    Fix: update only the fields that were sent.
    """
    before, after = reads
    if before.captured.get("language_now") != language:
        raise NotEvaluable(f"the language was not {language!r} before the theme changed: nothing to reset")
    yield from kept(after, "language_now", language)


def kept(read: Exchange, name: str, chosen: str) -> Complaints:
    """Complain when a setting is not what was chosen. Raises NotEvaluable when the answer does not tell it."""
    if name not in read.captured:
        raise NotEvaluable(f"{read} holds no {name}; see capture in operations.{read.request.operation}")
    if read.captured[name] != chosen:
        yield f"{name.removesuffix('_now')} was set to {chosen!r} and is {read.captured[name]!r} when it is read again"


@check("features.settings-own", Severity.BLOCKER, scenarios=FEATURES, needs=SETTINGS)
def settings_are_ones_own(seen: Sequence[Exchange], theme: str) -> Complaints:
    """
    One member's settings do not change another's.

    Settings that are shared hold what is private of everybody.

    Fix: keep settings by member, and no state in module or class variables.
    """
    changed, mine, before, after = seen
    if changed.captured.get("theme_now") != theme:
        raise NotEvaluable(f"{changed} does not tell that the theme is {theme!r} now, so that nothing was changed")
    if "theme_now" not in mine.captured:  # another member may never have chosen one
        raise NotEvaluable(f"{mine} holds no theme_now; see capture in operations.settings")
    for name in ("theme_now", "language_now"):
        was, became = before.captured.get(name), after.captured.get(name)
        if was != became:
            what = f"{after.person}'s {name.removesuffix('_now')}"
            yield f"{changed.person} changed a setting, and {what} went from {was!r} to {became!r}"
