"""
Opens what a target exported: a ZIP with one or more files for each format, read with bounds.

What cannot be read is the target's fault, and says so in a sentence (`Unreadable`): an archive is
hostile input, which may be no archive at all, or unpack without end.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from checks.chat import strings
from gonogo.trouble import TargetTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST = 50 * 1024 * 1024
MOST_FILES = 1000
MOST_PAGES = 500
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
"""What zipfile raises for a ZIP that is broken, encrypted, or packed in a way that it does not know."""


class Unreadable(TargetTrouble):
    """An export, or a file in it, does not open."""


def unpack(body: bytes) -> dict[str, bytes]:
    """Return the files of a ZIP by name, 50 MB of them at most. Raises Unreadable."""
    files: dict[str, bytes] = {}
    left = LARGEST
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as bundle:
            for entry in entries(bundle):
                with bundle.open(entry) as packed:
                    files[entry.filename] = packed.read(left + 1)
                left -= len(files[entry.filename])
                if left < 0:
                    raise Unreadable(f"the archive unpacks to more than {LARGEST} bytes")
    except BROKEN as error:
        raise Unreadable(f"the archive of {len(body)} bytes does not open: {type(error).__name__}: {error}") from error
    return files


def entries(bundle: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the entries of an archive that are files. Raises Unreadable when there are too many."""
    found = [entry for entry in bundle.infolist() if not entry.is_dir()]
    if len(found) > MOST_FILES:
        raise Unreadable(f"the archive holds {len(found)} files, {MOST_FILES} are looked at")
    return found


def texts_of(files: dict[str, bytes], form: str) -> list[str]:
    """Return the texts that the files of a format hold. Raises Unreadable when there are none, or one does not open."""
    suffixes, read = FORMATS[form]
    found = [content for name, content in files.items() if name.lower().endswith(suffixes)]
    if not found:
        raise Unreadable(f"no {form} file among {', '.join(sorted(files)) or 'no files at all'}")
    return [text for content in found for text in read(content)]


def text_in(body: bytes) -> str:
    """Return every text that an export holds, as far as it can be read; never raises."""
    try:
        files = unpack(body)
    except Unreadable:
        return body.decode("utf-8", "replace")
    return "\n".join(readable(name, content) for name, content in files.items())


def readable(name: str, content: bytes) -> str:
    """Return a file's text by its format, or its bytes as text where it does not open."""
    read = next((read for suffixes, read in FORMATS.values() if name.lower().endswith(suffixes)), plain_texts)
    try:
        return "\n".join(read(content))
    except Unreadable:
        return content.decode("utf-8", "replace")


def json_texts(content: bytes) -> Iterator[str]:
    """Every text in a JSON file."""
    try:
        yield from strings(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the json file is no JSON: {error}") from error


def plain_texts(content: bytes) -> Iterator[str]:
    """A text file as a whole."""
    try:
        yield content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"the text is no UTF-8: {error}") from error


class Prose(HTMLParser):
    """What a page shows, and how many elements it has."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.elements = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count an element."""
        _ = tag, attrs
        self.elements += 1

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        self.pieces.append(data)


def html_texts(content: bytes) -> Iterator[str]:
    """What a page shows."""
    page = Prose()
    try:
        page.feed("".join(plain_texts(content)))
        page.close()
    except AssertionError as error:  # how the parser ends on a declaration that it does not know
        raise Unreadable(f"the html file is no page: {error}") from error
    if not page.elements:
        raise Unreadable(f"the html file of {len(content)} bytes holds not one element")
    yield "".join(page.pieces)


def pdf_texts(content: bytes) -> Iterator[str]:
    """What the pages of a PDF show; where lines are broken is not told from where words are."""
    from pypdf import PdfReader  # noqa: PLC0415  costs a quarter of a second, and few runs look into a PDF

    try:
        pages = PdfReader(io.BytesIO(content)).pages[:MOST_PAGES]
        yield "".join("".join(page.extract_text().split()) for page in pages)
    except Exception as error:  # a reader of hostile bytes fails in any way
        raise Unreadable(f"the pdf file of {len(content)} bytes does not open: {error}") from error


FORMATS: dict[str, tuple[tuple[str, ...], Callable[[bytes], Iterator[str]]]] = {
    "json": ((".json",), json_texts),
    "markdown": ((".md", ".markdown"), plain_texts),
    "html": ((".html", ".htm"), html_texts),
    "pdf": ((".pdf",), pdf_texts),
}
"""By format: how the names of its files end, and how one is read."""
