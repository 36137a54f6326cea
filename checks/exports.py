"""Exports: whole, unchanged, in every format, and only for whom they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.archive import Unreadable, text_in, texts_of, unpack
from checks.refusal import FORBIDDEN, UNAUTHENTICATED, refused_with
from gonogo.check import Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal

FEATURES = {"features"}
EXPORTS = {"create_conversation", "send_message", "export", "promises.formats"}
OTHERS = (400, 401, 409, 422, *FORBIDDEN)


@check("features.export-complete", Severity.MAJOR, scenarios=FEATURES, needs=EXPORTS)
def exports_are_complete(export: Exchange, formats: Sequence[str], words: Sequence[str]) -> Complaints:
    """
    An export opens in each promised format, and holds every conversation to its last word.

    People export before they delete: what is missing then is gone.

    Fix: export each conversation with all its messages, and open the result of each format in a test.
    """
    if not formats or not words:
        raise NotEvaluable(f"{len(words)} words in {len(formats)} formats cannot show whether an export is complete")
    try:
        files = unpack(export.body)
    except Unreadable as trouble:
        yield str(trouble)
        return
    for form in formats:
        yield from missing_words(files, form, words)


def missing_words(files: dict[str, bytes], form: str, words: Sequence[str]) -> Complaints:
    """Complain of a format that does not open, or lacks some of the words."""
    try:
        text = "\n".join(texts_of(files, form))
    except Unreadable as trouble:
        yield str(trouble)
        return
    missing = [word for word in words if word not in text]
    if missing:
        yield f"the {form} export lacks {len(missing)} of {len(words)} words, such as {missing[0]!r}"


@check("features.text-unchanged", Severity.MAJOR, scenarios=FEATURES, needs={*EXPORTS, "promises.formats.json"})
def text_is_unchanged(export: Exchange, text: str) -> Complaints:
    """
    What was written comes out of the JSON export as it was written, whatever it looks like.

    Markup, formulas and emoji are part of what people say.

    Fix: write JSON with a JSON encoder in UTF-8, and change nothing on the way.
    """
    if not text:
        raise NotEvaluable("an empty text cannot show whether text is changed")
    try:
        found = texts_of(unpack(export.body), "json")
    except Unreadable as trouble:
        yield str(trouble)
        return
    if text not in found:
        alike = max((same_at_first(one, text) for one in found), default=0)
        yield f"a text of {len(text)} characters is not in the JSON export; {alike} of them are where it begins alike"


def same_at_first(one: str, other: str) -> int:
    """With how many characters two texts begin alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


@check("features.export-current", Severity.MAJOR, scenarios=FEATURES, needs={*EXPORTS, "messages-in-conversations"})
def export_is_current(exports: Sequence[Exchange], words: Sequence[str]) -> Complaints:
    """
    An export that is made anew holds what was said since the last one.

    Files that are kept by a conversation's id are given out for ever: people delete what they believe to have saved.

    Fix: put the moment of the last message into the key of what is kept, or keep nothing.
    """
    before, after = exports
    if not words or not before.ok or said_in(before, words):
        raise NotEvaluable("the first export must be there, and lack what was said after it")
    if missing := len(words) - said_in(after, words):
        yield f"an export made after another message lacks {missing} of its {len(words)} words"


@check("features.export-own-only", Severity.BLOCKER, scenarios=FEATURES, needs=EXPORTS)
def exports_are_ones_own(refusals: Sequence[Refusal], own: Exchange, words: Sequence[str]) -> Complaints:
    """
    Nobody exports another member's conversation, alone or among their own (OWASP API1:2023).

    A batch is where the check of each item is forgotten.

    Fix: look up every conversation of the batch by its id and its owner together.
    """
    if not refusals or not words or not said_in(own, words):
        raise NotEvaluable(f"{own.person}'s own export does not hold the words that others must not have")
    for refusal in refusals:
        leaked = said_in(refusal.refused, words)
        if leaked:
            yield f"{refusal.refused.person} exported {leaked} of {len(words)} words of {own.person}'s, 0 expected"
        elif not refusal.refused.ok:
            yield from refused_with(refusal, OTHERS, "the export of another member's conversation")


def said_in(export: Exchange, words: Sequence[str]) -> int:
    """How many of the words an answer holds, in whatever format."""
    text = text_in(export.body)
    return sum(word in text for word in words)


@check("features.export-needs-session", Severity.BLOCKER, scenarios=FEATURES, needs=EXPORTS)
def export_needs_a_session(refusal: Refusal, statuses: Collection[int] = UNAUTHENTICATED) -> Complaints:
    """
    Nobody exports anything without a session (OWASP API2:2023).

    An address that hands out conversations is shared sooner or later.

    Fix: require the session on the export, and on the link that it gives.
    """
    yield from refused_with(refusal, statuses, "an export without a session")
