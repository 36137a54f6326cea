"""Each check of exports is silent on what is right, complains of what is wrong, and survives hostile archives."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from fpdf import FPDF

from checks import archive, exports
from checks.archive import Unreadable, text_in, texts_of, unpack
from gonogo.check import Check
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.check import Bound

FORMATS = ["json", "markdown", "html", "pdf"]
WORDS = ["abc123", "def456"]


def pdf(text: str) -> bytes:
    """Write a PDF."""
    paper = FPDF()
    paper.add_page()
    paper.set_font("helvetica", size=10)
    paper.multi_cell(0, 5, text)
    return bytes(paper.output())


def files(text: str) -> dict[str, bytes]:
    """One file for each format."""
    return {
        "c.json": json.dumps({"messages": [text]}).encode(),
        "c.md": f"# C\n\n{text}\n".encode(),
        "c.html": f"<!DOCTYPE html><html><body><p>{text}</p></body></html>".encode(),
        "c.pdf": pdf(text),
    }


def packed(content: dict[str, bytes]) -> bytes:
    """Pack files into a ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in content.items():
            bundle.writestr(name, data)
    return buffer.getvalue()


def answer(body: bytes, status: int = 200, person: str = "alice") -> Exchange:
    """An answer with this body."""
    request = Request(operation="export", method="POST", url="https://chat.example.com/x")
    return Exchange(id="x-1", person=person, request=request, status=status, body=body, expected=(200,))


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


def complaints(content: dict[str, bytes]) -> list[str]:
    """What is said of an export with these files."""
    return said(exports.exports_are_complete(FORMATS, WORDS), answer(packed(content)))


def test_a_whole_export_is_right() -> None:
    """Every format opens and holds every word; one file for each conversation is as good as one for all."""
    assert complaints(files(" ".join(WORDS))) == []
    both = {f"{number}/{name}": data for number, word in enumerate(WORDS) for name, data in files(word).items()}
    assert complaints(both) == []


def test_a_long_line_of_a_pdf_is_read_across_its_breaks() -> None:
    """Words that a page breaks into lines are found."""
    words = [f"word{number:04}" for number in range(800)]
    export = answer(packed({"c.pdf": pdf(" ".join(words))}))
    assert said(exports.exports_are_complete(["pdf"], words), export) == []


def test_missing_words_are_told() -> None:
    """Each format tells how many of the words it lacks."""
    assert complaints(files(WORDS[0])) == [
        f"the {form} export lacks 1 of 2 words, such as 'def456'" for form in FORMATS
    ]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("c.json", b'{"messages": [', "the json file is no JSON"),
        ("c.json", b"[" * 100_000, "the json file is no JSON"),
        ("c.md", b"\xff\xfe", "the text is no UTF-8"),
        ("c.html", b"abc123 def456", "the html file of 13 bytes holds not one element"),
        ("c.html", b"<![x[", "the html file"),
        ("c.pdf", b"%PDF-1.7 abc123 def456", "the pdf file of 22 bytes does not open"),
        ("c.pdf", b"", "the pdf file of 0 bytes does not open"),
    ],
)
def test_a_format_that_does_not_open_is_told(name: str, content: bytes, complaint: str) -> None:
    """A broken file is a complaint, the others are still looked at."""
    (only,) = complaints({**files(" ".join(WORDS)), name: content})
    assert only.startswith(complaint)


def test_a_missing_format_is_told_with_what_there_is() -> None:
    """A format without a file is told beside the files that there are."""
    content = files(" ".join(WORDS))
    del content["c.pdf"]
    assert complaints(content) == ["no pdf file among c.html, c.json, c.md"]
    assert complaints({}) == [f"no {form} file among no files at all" for form in FORMATS]


def encrypted() -> bytes:
    """A ZIP whose entry says that it is encrypted."""
    body = bytearray(packed({"a.json": b"{}"}))
    body[body.index(b"PK\x01\x02") + 8] |= 1
    body[6] |= 1
    return bytes(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"no archive", packed({"a.json": b"x" * 1000})[:-30], packed({"a.json": b"x"})[:20] + b"PK", encrypted()],
    ids=["empty", "text", "cut", "torn", "encrypted"],
)
def test_what_is_no_archive_is_told(body: bytes) -> None:
    """An answer that does not open is one complaint."""
    (complaint,) = said(exports.exports_are_complete(FORMATS, WORDS), answer(body))
    assert complaint.startswith(f"the archive of {len(body)} bytes does not open")
    assert said(exports.text_is_unchanged("x"), answer(body)) == [complaint]


def test_an_archive_that_unpacks_without_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to more than the bound is not unpacked, whatever it says of its size."""
    monkeypatch.setattr(archive, "LARGEST", 1_000_000)
    bomb = packed({"a.json": b"0" * 600_000, "b.json": b"0" * 600_000})
    assert len(bomb) < 10_000
    with pytest.raises(Unreadable, match="more than 1000000 bytes"):
        unpack(bomb)
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    with pytest.raises(Unreadable, match="holds 4 files, 3 are looked at"):
        unpack(packed({f"{number}.json": b"" for number in range(4)}))


def test_nothing_to_look_for_cannot_be_judged() -> None:
    """Without words, formats or a text no export is complete."""
    export = answer(packed(files("x")))
    for check in (
        exports.exports_are_complete([], WORDS),
        exports.exports_are_complete(FORMATS, []),
        exports.text_is_unchanged(""),
    ):
        with pytest.raises(NotEvaluable):
            said(check, export)


def test_a_text_comes_out_as_it_went_in() -> None:
    """The same text is right; a changed one is told with how much of it is alike, and none with nothing."""
    text = "=1+1 <b>ünï</b> 漢字 😀\tend"
    check = exports.text_is_unchanged(text)
    assert said(check, answer(packed({"a.json": b'["x"]', "b.json": json.dumps([text]).encode()}))) == []
    changed = packed({"c.json": json.dumps([text.replace("ü", "?")]).encode()})
    assert said(check, answer(changed)) == [
        f"a text of {len(text)} characters is not in the JSON export; 8 of them are where it begins alike"
    ]
    assert said(check, answer(packed({"c.json": b"[]"}))) == [
        f"a text of {len(text)} characters is not in the JSON export; 0 of them are where it begins alike"
    ]
    assert said(check, answer(packed({"c.md": text.encode()}))) == ["no json file among c.md"]


OWN = answer(packed({"c.json": json.dumps(WORDS).encode()}))
REFUSED = "400 or 401 or 409 or 422 or 403 or 404"
NOBODYS = answer(packed({"c.json": b"[]"}), person="bob")


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (answer(b"{}", 404, "bob"), []),
        (answer(b"{}", 403, "bob"), []),
        (NOBODYS, []),
        (answer(packed({"c.md": b"abc123"}), person="bob"), ["bob exported 1 of 2 words of alice's, 0 expected"]),
        (answer(b"abc123 def456", person="bob"), ["bob exported 2 of 2 words of alice's, 0 expected"]),
        (answer(b'{"detail": "abc123"}', 404, "bob"), ["bob exported 1 of 2 words of alice's, 0 expected"]),
        (
            answer(b"", 500, "bob"),
            [f"the export of another member's conversation was answered with 500, {REFUSED} expected"],
        ),
    ],
    ids=["not found", "forbidden", "without it", "leaked", "leaked in no archive", "leaked in a refusal", "crashed"],
)
def test_an_export_is_ones_own(refused: Exchange, expected: list[str]) -> None:
    """Another member is refused, or gets nothing of it; each word of it that they get is counted."""
    subject = [Refusal(refused=refused, before=OWN)]
    assert said(exports.exports_are_ones_own(OWN, WORDS), subject) == expected


def test_an_export_without_the_words_cannot_be_judged() -> None:
    """The owner's own export must hold the words, and there must be some to look for."""
    refusal = Refusal(refused=answer(b"", 404, "bob"), before=OWN)
    for own, words, subject in ((NOBODYS, WORDS, [refusal]), (OWN, [], [refusal]), (OWN, WORDS, [])):
        with pytest.raises(NotEvaluable):
            said(exports.exports_are_ones_own(own, words), subject)
    with pytest.raises(NotEvaluable, match="twin"):
        said(exports.exports_are_ones_own(OWN, WORDS), [Refusal(refused=answer(b"", 404, "bob"))])


def test_an_export_needs_a_session() -> None:
    """Without a session it is refused beside its twin; an export is told, and a refusal alone says nothing."""
    assert said(exports.export_needs_a_session, Refusal(refused=answer(b"", 401), before=OWN)) == []
    assert said(exports.export_needs_a_session, Refusal(refused=OWN, before=OWN)) == [
        "an export without a session was answered with 200, 401 or 403 expected"
    ]
    with pytest.raises(NotEvaluable):
        said(exports.export_needs_a_session, Refusal(refused=answer(b"", 401)))


def test_every_text_is_found_however_it_is_packed() -> None:
    """What opens is read by its format, what does not is read as it is."""
    body = packed({"a.json": b'["\\u00fc"]', "b.json": b"{ leaked", "c.bin": b"\xff raw", "d.pdf": b"%PDF plain"})
    text = text_in(body)
    assert all(piece in text for piece in ("ü", "{ leaked", " raw", "%PDF plain"))
    assert text_in(b"no archive \xff") == "no archive \ufffd"
    with pytest.raises(Unreadable, match="no html file among a"):
        texts_of(unpack(body), "html")


def test_an_export_is_current() -> None:
    """What was said since the last export is in the next one, and was not in that."""
    old, new = answer(packed(files("hello"))), answer(packed(files(" ".join(WORDS))))
    assert said(exports.export_is_current(WORDS), [old, new]) == []
    assert said(exports.export_is_current(WORDS), [old, old]) == [
        "an export made after another message lacks 2 of its 2 words"
    ]
    for before in (new, answer(b"", 500)):
        with pytest.raises(NotEvaluable, match="must be there, and lack"):
            said(exports.export_is_current(WORDS), [before, new])
