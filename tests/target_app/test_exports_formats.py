"""The four renderers, without the service."""

import html
import io
import json
import re
import secrets
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from target_app.exports.archive import archive
from target_app.exports.pdf import NOTE, PdfPen, font_file
from target_app.exports.pen import Pen
from target_app.exports.records import ExportedConversation, ExportedMessage
from target_app.exports.text import HtmlPen, JsonPen, MarkdownPen

HOSTILE = "<script>alert(1)</script> & **bold** ```fence``` =1+1\n\n# no heading  é 日本 🐙"
NOON = "2026-11-22T12:00:00+00:00"


def conversation(content: str, title: str = "Plans <b>", status: str = "complete") -> ExportedConversation:
    """Make a conversation of one message."""
    message = ExportedMessage(role="user", content=content, status=status, created_at=NOON)
    return ExportedConversation(id="c1", title=title, project_id=None, created_at=NOON, messages=(message,))


def render(pen: Pen, *conversations: ExportedConversation) -> bytes:
    """Write a whole file."""
    return b"".join([pen.start(), *map(pen.write, conversations), pen.finish()])


async def each(*conversations: ExportedConversation) -> AsyncIterator[ExportedConversation]:
    """Yield one after another, as the store does."""
    for one in conversations:
        yield one


def dense(size: int) -> str:
    """Make up a text that hardly shrinks when it is packed."""
    return secrets.token_hex(size // 2)


def text_of(pdf: bytes) -> str:
    """Read the text of a PDF, with each run of blanks as one."""
    return " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_json_round_trips() -> None:
    """What is read back from JSON is what was said, to the letter."""
    document = json.loads(render(JsonPen(), conversation(HOSTILE)))
    assert document["conversations"][0]["messages"][0]["content"] == HOSTILE


def test_html_shows_and_does_not_run() -> None:
    """The page holds the text escaped, so that nothing in it is markup."""
    page = render(HtmlPen(), conversation("\n" + HOSTILE)).decode()
    assert "<script>" not in page
    assert "<b>" not in page
    shown = re.search(r'<pre dir="auto">\n(.*?)</pre>', page, re.DOTALL)
    assert shown
    assert html.unescape(shown[1]) == "\n" + HOSTILE


def test_markdown_keeps_the_text_in_a_longer_fence() -> None:
    """The text stands unchanged between fences that none of its own can close."""
    page = render(MarkdownPen(), conversation(HOSTILE)).decode()
    assert f"\n````text\n{HOSTILE}\n````\n" in page


def test_pdf_keeps_latin_text() -> None:
    """What Latin-1 knows is in the file as it was written, with no note about escapes."""
    shown = text_of(render(PdfPen(), conversation("Grüße, naïve café!")))
    assert "Grüße, naïve café!" in shown
    assert NOTE.split()[0] not in shown


def test_pdf_without_a_font_escapes_and_says_so() -> None:
    """Without a font, other characters appear by their numbers, and the file says what that means."""
    shown = text_of(render(PdfPen(), conversation("Zażółć 🐙 \x1b")))
    assert r"Za\u017C\u00F3" not in shown
    assert r"Za\u017Có\u0142\u0107 \U0001F419 \u001B" in shown
    assert NOTE in shown


@pytest.mark.skipif(font_file() is None, reason="this system has no DejaVu Sans")
def test_pdf_with_a_font_shows_unicode() -> None:
    """With a font, what it knows is shown, and only what it lacks is escaped."""
    shown = text_of(render(PdfPen(font_file()), conversation("Zażółć gęślą Привет 日")))
    assert r"Zażółć gęślą Привет \u65E5" in shown


def test_a_long_word_breaks() -> None:
    """A word longer than a line is broken, not cut."""
    shown = text_of(render(PdfPen(), conversation("x" * 3_000)))
    assert shown.count("x") == 3_000


async def test_archive_holds_one_file_a_format() -> None:
    """Each format asked for is one file, also when it was asked for twice."""
    pieces = archive(lambda: each(conversation("hi")), ["json", "markdown", "html", "pdf", "json"])
    bundle = zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in pieces])))
    assert bundle.testzip() is None
    assert all(entry.date_time[0] > 2000 for entry in bundle.infolist())
    names = ["conversations.json", "conversations.md", "conversations.html", "conversations.pdf"]
    assert bundle.namelist() == names
    assert all(
        "hi" in text_of(bundle.read(name)) if name.endswith("pdf") else b"hi" in bundle.read(name) for name in names
    )


def test_names_no_font_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A system without the font is served by what PDF has built in."""
    monkeypatch.setattr("target_app.exports.pdf.FONT_PLACES", (tmp_path / "DejaVuSans.ttf",))
    assert font_file() is None


async def test_archive_is_sent_while_it_is_written() -> None:
    """What was said in one conversation is on its way before the next is read."""
    sent: list[bytes] = []
    before: list[int] = []

    async def read() -> AsyncIterator[ExportedConversation]:
        for _ in range(3):
            before.append(sum(map(len, sent)))
            yield conversation(dense(200_000))

    async for piece in archive(read, ["json"]):
        sent.append(piece)  # noqa: PERF401  what was sent so far is looked at while more comes

    assert before[0] == 0
    assert before[2] - before[1] > 50_000


async def test_archive_does_not_fill_the_memory() -> None:
    """Of twenty large conversations there is never more than a few in memory, in the three formats of text."""
    size = 400_000

    async def read() -> AsyncIterator[ExportedConversation]:
        for _ in range(20):
            yield conversation(dense(size))

    total = 0
    tracemalloc.start()
    async for piece in archive(read, ["json", "markdown", "html"]):
        total += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert total > 20 * size
    assert peak < 10 * size


async def test_an_archive_that_breaks_is_no_archive() -> None:
    """If reading fails half way the error is passed on, and what was sent has no end that a reader would take."""

    async def read() -> AsyncIterator[ExportedConversation]:
        yield conversation("hi")
        raise ConnectionError

    sent: list[bytes] = []

    async def send() -> None:
        async for piece in archive(read, ["json"]):
            sent.append(piece)  # noqa: PERF401  what came before the error is what matters

    with pytest.raises(ConnectionError):
        await send()
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(sent)))


def test_json_separates_conversations() -> None:
    """Several conversations, and none, are one valid document."""
    for count in range(3):
        document = json.loads(render(JsonPen(), *(conversation("hi") for _ in range(count))))
        assert len(document["conversations"]) == count
