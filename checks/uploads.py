"""Uploads: kept whole and apart, shown as what they are, refused where promised, and never run."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote

from checks.inert import runs_script
from checks.refusal import FORBIDDEN, INVALID, refused_with, twins_of
from gonogo import samples
from gonogo.check import Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal
    from gonogo.samples import File

FEATURES = {"features"}


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


@check(
    "features.type-from-content",
    Severity.MAJOR,
    scenarios=FEATURES,
    needs={"upload", "preview", "promises.types_from_content"},
)
def types_are_told_from_content(refusals: Sequence[Refusal], files: Sequence[File]) -> Complaints:
    """
    A file whose name and type say something else than its bytes is refused, or shown as what it is.

    Who trusts the name shows a picture as a text, and tells every later reader the same lie.

    Fix: tell the type from the bytes; the name may only agree or contradict.
    """
    if len(refusals) != len(files) or not files:
        raise NotEvaluable(f"{len(refusals)} answers for {len(files)} files cannot be compared")
    for refusal, file in zip(refusals, files, strict=True):
        what = f"a file that calls itself {file.media_type} and is something else"
        shown = refusal.refused
        if not shown.ok:
            yield from refused_with(refusal, INVALID, what)
        elif twins_of(refusal) and shown.content_type == file.media_type:
            yield f"{what} is shown as {shown.content_type}"


@check(
    "features.upload-types",
    Severity.CRITICAL,
    scenarios=FEATURES,
    effects=Effects.HOSTILE,
    needs={"upload", "promises.upload_types"},
)
def other_types_are_refused(refusals: Sequence[Refusal], files: Sequence[File], promised: Sequence[str]) -> Complaints:
    """
    What is none of the promised types is refused, whatever it calls itself (OWASP ASVS 5.0, 5.2).

    Whoever takes only pictures relies on it: the next program in line opens them as such.

    Fix: tell the type from the bytes, and take what is on the list.
    """
    if len(refusals) != len(files) or not files:
        raise NotEvaluable(f"{len(refusals)} answers for {len(files)} files cannot be compared")
    for refusal, file in zip(refusals, files, strict=True):
        what = f"{file.filename} with {file.what}, where {', '.join(promised)} are taken,"
        yield from refused_with(refusal, INVALID, what)


@check(
    "features.upload-inert",
    Severity.CRITICAL,
    scenarios=FEATURES,
    effects=Effects.HOSTILE,
    needs={"upload", "preview"},
)
def uploads_do_not_run(shown: Sequence[Refusal], files: Sequence[File]) -> Complaints:
    """
    No file that a member uploads runs a script from the target's own address (CWE-79; OWASP ASVS 5.0, 3.2.1).

    It would run in the session of whoever opens it. A target may refuse such files; or keep them and send them as an
    attachment, as plain text, or under a policy without scripts. All of that is right; what is wrong is to show them
    as a page: by its type, or by none, so that the browser guesses.

    Fix: send what members uploaded with a type from a list of your own, nosniff, and Content-Disposition: attachment
    or a policy of sandbox.
    """
    if len(shown) != len(files) or not files:
        raise NotEvaluable(f"{len(shown)} answers for {len(files)} files cannot be compared")
    for one, file in zip(shown, files, strict=True):
        twins_of(one)
        if runs_script(one.refused, samples.MARKUP):
            kind = one.refused.content_type or "without a type"
            yield f"{file.filename} with {file.what} is shown as a page ({kind}) in which its script runs"


@check("features.upload-name", Severity.CRITICAL, scenarios=FEATURES, effects=Effects.HOSTILE, needs={"upload"})
def names_lead_nowhere(refusals: Sequence[Refusal]) -> Complaints:
    """
    A file whose name leads out of its folder is refused, or gets a name that leads nowhere (CWE-22; OWASP ASVS 5.3).

    Kept under that name it overwrites what belongs to the server.

    Fix: keep files under names of your own, and show the last part of the one that was sent.
    """
    for refusal in refusals:
        if not refusal.refused.ok:
            yield from refused_with(refusal, INVALID, "a file whose name is a path")
            continue
        twins_of(refusal)
        name = refusal.refused.captured.get("upload_name", refusal.refused.text)
        if any(step in name for step in samples.STEPS):
            yield f"a file whose name is a path was taken under the name {name[:120]!r}, which leads elsewhere"


@check("features.upload-named", Severity.MAJOR, scenarios=FEATURES, needs={"upload", "promises.upload_names"})
def names_are_kept(uploaded: Exchange, file: File) -> Complaints:
    """
    A file that is named in another script keeps its letters.

    Whoever writes Greek, Russian or Chinese finds a row of nameless files.

    Fix: read names as UTF-8, and take out only what has a meaning in a path.
    """
    if not uploaded.ok:
        yield f"a file named {file.filename!r} is not taken: {uploaded}"
        return
    name = uploaded.captured.get("upload_name")
    if name is None:
        raise NotEvaluable("the profile's upload captures no upload_name")
    lost = "".join(sorted(set(letters_of(file.filename)) - set(letters_of(name))))
    if lost:
        yield f"a file named {file.filename!r} was kept as {name[:120]!r}, without {lost}"


def letters_of(name: str) -> str:
    """The letters of a name, put together as one where a mark was apart; a name in an address is read first."""
    whole = unicodedata.normalize("NFC", unquote(name)).casefold()
    return "".join(letter for letter in whole if letter.isalpha())


@check(
    "features.uploads-apart",
    Severity.CRITICAL,
    scenarios=FEATURES,
    needs={"upload", "preview", "promises.exact_previews"},
)
def uploads_stay_apart(seen: Sequence[Exchange], files: Sequence[File]) -> Complaints:
    """
    A file stays what it was when another one of the same name is sent, by the same member or by another.

    Kept under the name that was sent, each overwrites the last, and shows its owner what somebody else sent.

    Fix: keep files under names of your own.
    """
    first, *later = seen
    if not any(one.ok for one in later) or len(files) != len(seen):
        raise NotEvaluable(f"a further file of the same name was not taken: {', '.join(map(str, later))}")
    for other, file in zip(later, files[1:], strict=True):
        if file.content == first.body:
            yield f"{first.person}'s file is shown as the one of the same name that {other.person} sent later"


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
