"""Projects, settings and uploads: they do what they say, and only for whom they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.chat import strings
from checks.refusal import FORBIDDEN, INVALID, refused_with
from gonogo.check import Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal
    from gonogo.samples import File

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
    told = set(strings(listing.json()))
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
    if not conversation or conversation not in set(strings(own.json())):
        raise NotEvaluable(f"the owner's {own} lacks the conversation, so that its absence elsewhere says nothing")
    if others.ok and conversation in set(strings(others.json())):
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


@check(
    "features.preview-matches",
    Severity.MAJOR,
    scenarios=FEATURES,
    needs={"upload", "preview", "promises.exact_previews"},
)
def previews_match(previews: Sequence[Exchange], files: Sequence[File]) -> Complaints:
    """
    The preview of a file shows the file: its bytes, and its type.

    A preview of something else makes people send the wrong file.

    Fix: serve the stored bytes under the type that was told from them.
    """
    if len(previews) != len(files) or not files:
        raise NotEvaluable(f"{len(previews)} previews of {len(files)} files cannot be compared")
    for preview, file in zip(previews, files, strict=True):
        if preview.body != file.content:
            place = first_difference(preview.body, file.content)
            yield (
                f"the preview of {file.filename} has {len(preview.body)} bytes, the file {len(file.content)}; "
                f"they differ from byte {place} on"
            )
        if preview.content_type != file.media_type:
            kind = preview.content_type or "of no type"
            yield f"the preview of {file.filename} is {kind}, {file.media_type} expected"


def first_difference(one: bytes, other: bytes) -> int:
    """At which byte two texts part."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


@check("features.upload-own-only", Severity.BLOCKER, scenarios=FEATURES, needs={"upload", "preview"})
def others_cannot_see_an_upload(refusal: Refusal) -> Complaints:
    """
    Nobody sees another member's file (OWASP API1:2023).

    Files hold what people would not even write into a chat.

    Fix: look a file up by its id and its owner together.
    """
    yield from refused_with(refusal, (401, *FORBIDDEN), "the preview of another member's file")


@check("features.upload-refuses", Severity.CRITICAL, scenarios=FEATURES, effects=Effects.HOSTILE, needs={"upload"})
def hostile_uploads_are_refused(refusals: Sequence[Refusal]) -> Complaints:
    """
    A script that calls itself a picture is refused, and a name that leads elsewhere is refused or made safe.

    Served from the chat's own address the one runs in every reader's session; the other overwrites
    files of the server (OWASP ASVS 5.0, 5.2 and 5.3).

    Fix: tell the type from the bytes, and keep files under names of your own.
    """
    script, escaping = refusals
    yield from refused_with(script, INVALID, "a script that calls itself a picture")
    if not escaping.refused.ok:
        yield from refused_with(escaping, INVALID, "a file whose name is a path")
        return
    name = escaping.refused.captured.get("upload_name", escaping.refused.text)
    if "../" in name or "..\\" in name:
        yield f"a file whose name is a path was taken under the name {name[:120]!r}, one without '..' expected"


@check("features.upload-size", Severity.CRITICAL, scenarios=FEATURES, needs={"upload", "promises.upload_limit_bytes"})
def large_uploads_are_refused(refusal: Refusal, limit: int | None) -> Complaints:
    """
    A file over the promised size is refused; one of just that size is taken.

    Whoever may fill the disk may stop the service.

    Fix: count the bytes while they are read, and stop at the limit.
    """
    if limit is None:
        raise NotEvaluable("the profile promises no upload_limit_bytes")
    yield from refused_with(refusal, INVALID, f"a file of {limit + 1} bytes where {limit} are allowed")
