"""Each check of uploads is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from checks import uploads
from gonogo import samples
from gonogo.check import Check
from gonogo.exchange import Exchange, Headers, Refusal, Request
from gonogo.samples import File
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.check import Bound

TEXT = File(filename="a.txt", content=b"hello", media_type="text/plain")
IMAGE = File(filename="a.png", content=b"\x89PNG", media_type="image/png")
LIAR = File(filename="b.png", content=b"hello", media_type="image/png", what="a text")
PAGE = File(filename="p.html", content=samples.SCRIPT, media_type="text/html", what="a page")


def answer(status: int = 200, body: object = None, *, media_type: str = "", **captured: str) -> Exchange:
    """An answer, and what the profile reads of it; what is no bytes is sent as JSON."""
    return page(
        status, body if isinstance(body, bytes) else json.dumps(body).encode(), {"Content-Type": media_type}, **captured
    )


def page(status: int, body: bytes, fields: dict[str, str], **captured: str) -> Exchange:
    """An answer with these header fields."""
    return Exchange(
        id="x-1",
        person="alice",
        request=Request(operation="asked", method="GET", url="https://chat.example.com/x"),
        status=status,
        headers=Headers(tuple(fields.items())),
        body=body,
        expected=(200,),
        captured=captured,
    )


def refusal(status: int, twin: int = 200) -> Refusal:
    """What must be refused, beside what must not."""
    return beside(answer(status), twin)


def beside(refused: Exchange, twin: int = 200) -> Refusal:
    """An answer beside that of a file which must be taken."""
    return Refusal(refused=refused, before=answer(twin))


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


def test_others_see_no_upload() -> None:
    """A refusal is right, an answer is told."""
    assert said(uploads.others_cannot_see_an_upload, refusal(404)) == []
    assert "another member's file was answered with 200" in said(uploads.others_cannot_see_an_upload, refusal(200))[0]


def test_previews_match() -> None:
    """The file's own bytes under its own type are right; what differs is told with the place and both sizes."""
    check = uploads.previews_match([TEXT, IMAGE])
    text = answer(body=b"hello", media_type="Text/Plain; charset=utf-8")
    image = answer(body=b"\x89PNG", media_type="image/png")
    assert said(check, [text, image]) == []
    assert said(check, [answer(body=b"help", media_type="text/plain"), image]) == [
        "the preview of a.txt has 4 bytes, the file 5; they differ from byte 3 on"
    ]
    assert said(check, [text, answer(body=b"\x89PNG+", media_type="image/png")]) == [
        "the preview of a.png has 5 bytes, the file 4; they differ from byte 4 on"
    ]
    assert said(check, [answer(body=b"hello"), answer(body=b"\x89PNG", media_type="text/html")]) == [
        "the preview of a.txt is of no type, text/plain expected",
        "the preview of a.png is text/html, image/png expected",
    ]
    for previews, files in (([], []), ([text], [TEXT, IMAGE])):
        with pytest.raises(NotEvaluable):
            said(uploads.previews_match(files), previews)


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_refusals_are_right(status: int) -> None:
    """Whoever refuses what is no picture, a page or a path is right everywhere."""
    for check in (
        uploads.types_are_told_from_content([LIAR]),
        uploads.other_types_are_refused([LIAR], ["image/png"]),
        uploads.uploads_do_not_run([PAGE]),
        uploads.names_lead_nowhere(),
    ):
        assert said(check, [refusal(status)]) == []


def test_types_are_told_from_content() -> None:
    """What is shown as what it is, or as nothing in particular, is right; the lie repeated, or a crash, is told."""
    check = uploads.types_are_told_from_content([LIAR])
    for kind in ("text/plain", "application/json", ""):
        assert said(check, [beside(answer(media_type=kind))]) == []
    what = "a file that calls itself image/png and is something else"
    assert said(check, [beside(answer(media_type="image/png"))]) == [f"{what} is shown as image/png"]
    assert said(check, [refusal(500)]) == [f"{what} was answered with 500, 400 or 413 or 415 or 422 expected"]


def test_other_types_are_refused() -> None:
    """What is none of the promised types is not taken."""
    what = "b.png with a text, where image/png, image/jpeg are taken,"
    assert said(uploads.other_types_are_refused([LIAR], ["image/png", "image/jpeg"]), [refusal(201)]) == [
        f"{what} was answered with 201, 400 or 413 or 415 or 422 expected"
    ]


SHOWN = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("fields", "runs"),
    [
        (SHOWN, True),
        ({"Content-Type": "image/svg+xml"}, True),
        ({"Content-Type": "application/atom+xml"}, True),
        ({}, True),
        ({"Content-Type": "application/unknown"}, True),
        ({**SHOWN, "Content-Disposition": "inline; filename=x"}, True),
        ({**SHOWN, "Content-Security-Policy": "frame-ancestors 'none'"}, True),
        ({**SHOWN, "Content-Security-Policy": "script-src 'unsafe-inline'"}, True),
        ({**SHOWN, "Content-Security-Policy": "sandbox allow-scripts"}, True),
        ({**SHOWN, "Content-Security-Policy-Report-Only": "sandbox"}, True),
        ({**SHOWN, "Content-Security-Policy": "sandbox"}, False),
        ({**SHOWN, "Content-Security-Policy": "default-src 'self'"}, False),
        ({**SHOWN, "Content-Disposition": "attachment; filename=x"}, False),
        ({"X-Content-Type-Options": "nosniff"}, False),
        ({"Content-Type": "text/plain"}, False),
        ({"Content-Type": "image/png"}, False),
        ({"Content-Type": "application/octet-stream"}, False),
    ],
)
def test_what_runs(fields: dict[str, str], runs: bool) -> None:  # noqa: FBT001  a table's column
    """A page runs unless it is attached, has another type, or stands under a policy without scripts."""
    shown = page(200, samples.SCRIPT, fields)
    assert bool(said(uploads.uploads_do_not_run([PAGE]), [beside(shown)])) is runs


def test_a_page_without_the_script_does_not_run_it() -> None:
    """What is shown of a page, such as its words, is no page with a script."""
    assert said(uploads.uploads_do_not_run([PAGE]), [beside(page(200, b"<p>gonogo</p>", SHOWN))]) == []
    assert said(uploads.uploads_do_not_run([PAGE]), [beside(page(404, samples.SCRIPT, SHOWN))]) == []


def test_names_lead_nowhere() -> None:
    """A name that was made safe is right; one that keeps a path, and a crash, are told."""
    safe = answer(200, b"x", upload_name="gonogo-escaped.txt")
    assert said(uploads.names_lead_nowhere, [beside(safe)]) == []
    for name in samples.PATHS:
        kept = answer(200, b"x", upload_name=name)
        complaint = f"a file whose name is a path was taken under the name {name!r}, which leads elsewhere"
        assert said(uploads.names_lead_nowhere, [beside(kept)]) == [complaint]
    assert (
        len(said(uploads.names_lead_nowhere, [beside(answer(200, {"path": "/data/../../x.txt"})), refusal(500)])) == 2
    )


@pytest.mark.parametrize(
    ("kept", "lost"),
    [
        (samples.ABROAD, ""),
        (unicodedata.normalize("NFD", samples.ABROAD), ""),
        (quote(samples.ABROAD), ""),
        ("Gonogo_GRÖSSE_отчёт_漢字.TXT", ""),
        ("gonogo Gr\ufffd\ufffde \ufffd\ufffd\ufffd\ufffd\ufffd \ufffd.txt", "söотчё字漢"),  # noqa: RUF001  letters that are not ours
        ("gonogo-Grosse.txt", "öотчё字漢"),
    ],
)
def test_names_keep_their_letters(kept: str, lost: str) -> None:
    """A name is kept, however it is put together or escaped; letters that are lost are told."""
    told = said(uploads.names_are_kept(samples.named_abroad("x")), answer(200, upload_name=kept))
    assert [set(one.rpartition("without ")[2]) for one in told] == ([set(lost)] if lost else [])


def test_a_name_may_not_be_a_reason_to_refuse() -> None:
    """A file is taken whatever script its name is in; where nobody reads the name, nothing is judged."""
    check = uploads.names_are_kept(samples.named_abroad("x"))
    assert said(check, answer(422))[0].startswith("a file named 'gonogo Größe отчёт 漢字.txt' is not taken")
    with pytest.raises(NotEvaluable, match="captures no upload_name"):
        said(check, answer(200))


def test_files_of_one_name_stay_apart() -> None:
    """What is shown is not what somebody else sent; where that was refused, nothing is known."""
    files = [File(filename="a.txt", content=content, media_type="text/plain") for content in (b"one", b"two")]
    check = uploads.uploads_stay_apart(files)
    assert said(check, [answer(body=b"one"), answer()]) == []
    assert said(check, [answer(body=b"two"), answer()]) == [
        "alice's file is shown as the one of the same name that alice sent later"
    ]
    with pytest.raises(NotEvaluable, match="not taken"):
        said(check, [answer(body=b"one"), answer(409)])


@pytest.mark.parametrize(
    "check",
    [
        uploads.types_are_told_from_content([LIAR]),
        uploads.other_types_are_refused([LIAR], ["image/png"]),
        uploads.uploads_do_not_run([PAGE]),
    ],
)
def test_nothing_is_judged_unseen(check: Bound[Any]) -> None:
    """Where not even a good file is taken, or some were never sent, nothing is known."""
    for subject in ([refusal(415, twin=415)], []):
        with pytest.raises(NotEvaluable):
            said(check, subject)
    with pytest.raises(NotEvaluable):
        said(uploads.names_lead_nowhere, [refusal(415, twin=415)])


def test_large_uploads_are_refused() -> None:
    """One byte over the limit is refused beside a file of just that size; without a limit nothing is judged."""
    assert said(uploads.large_uploads_are_refused(1000), refusal(413)) == []
    assert said(uploads.large_uploads_are_refused(1000), refusal(200)) == [
        "a file of 1001 bytes where 1000 are allowed was answered with 200, 400 or 413 or 415 or 422 expected"
    ]
    for limit, unseen in ((None, refusal(413)), (1000, refusal(413, twin=413))):
        with pytest.raises(NotEvaluable):
            said(uploads.large_uploads_are_refused(limit), unseen)
