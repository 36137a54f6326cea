"""Files and texts that the harness makes: what a target must take, what it must refuse, what it must keep. Pure."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
EIGHT_BIT_RGB = bytes([8, 2, 0, 0, 0])
SIDE = 16

MARKUP = b"<script>document.title = 'gonogo'</script>"
SCRIPT = b"<!DOCTYPE html><html><body>" + MARKUP + b"</body></html>\n"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">' + MARKUP + b"</svg>\n"
PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(57)
PATHS = ("../../gonogo-escaped.txt", "..\\..\\gonogo-escaped.txt", "/tmp/gonogo-escaped.txt")  # noqa: S108  a name that nobody may use
ABROAD = "gonogo Größe отчёт 漢字.txt"
STEPS = ("../", "..\\", "/tmp/")  # noqa: S108  the same
HOSTILE_TEXT = (
    "=1+1 @SUM(A1) <b>bold</b> &amp; <script>alert('gonogo')</script> \"quoted\" \\n \\u0041 {name} ${HOME} %s "
    "| table | # no heading `code` ```\n"
    "Ünïcödé e\u0301 漢字 한국어 עברית \u202eabc\u202c 👩\u200d👩\u200d👧 \U0001f600 \ufeff\u00a0\tend"
)
"""What breaks on its way through a careless export: markup, formulas, escapes, and every plane of Unicode."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file as it is uploaded."""

    filename: str
    content: bytes
    media_type: str
    what: str = "what it says"

    @property
    def values(self) -> dict[str, Any]:
        """The variables of the operation that uploads it."""
        return {"filename": self.filename, "content": self.content, "media_type": self.media_type}


def text_file(words: str) -> File:
    """A text in UTF-8 that holds these words, and more than ASCII."""
    content = f"{words}\nÜber 漢字 😀\n".encode()
    return File(filename="gonogo-notes.txt", content=content, media_type="text/plain")


def text_of_size(size: int) -> File:
    """A text of exactly so many bytes, and dull, so that it is told in a line."""
    return File(filename="gonogo-long.txt", content=b"." * size, media_type="text/plain")


def image_file(seed: bytes) -> File:
    """A small picture whose colours come from the seed, so that nobody has uploaded it before."""
    return File(filename="gonogo-picture.png", content=png(seed), media_type="image/png")


def script_as_image() -> File:
    """A page with a script that calls itself a picture."""
    return File(filename="gonogo-picture.png", content=SCRIPT, media_type="image/png", what="a page")


def program_as_image() -> File:
    """The beginning of a program that calls itself a picture."""
    return File(filename="gonogo-picture.png", content=PROGRAM, media_type="image/png", what="a program")


def scripts() -> tuple[File, ...]:
    """Files with a script, under their own type and under another."""
    page = File(filename="gonogo-page.html", content=SCRIPT, media_type="text/html", what="a page")
    drawing = File(filename="gonogo-drawing.svg", content=DRAWING, media_type="image/svg+xml", what="a drawing")
    untyped = File(filename="gonogo-page", content=SCRIPT, media_type="application/unknown", what="a page")
    return (script_as_image(), page, drawing, untyped)


def liars(words: str, seed: bytes) -> tuple[File, ...]:
    """A picture that calls itself a text, and a text that calls itself a picture."""
    picture = File(filename="gonogo-notes.txt", content=png(seed), media_type="text/plain", what="a picture")
    text = File(filename="gonogo-picture.png", content=words.encode(), media_type="image/png", what="a text")
    return (picture, text)


def named_abroad(words: str) -> File:
    """A text whose name is for the most part in other scripts than ours."""
    return File(filename=ABROAD, content=words.encode(), media_type="text/plain")


def texts_with_paths() -> tuple[File, ...]:
    """Texts whose names lead out of the folder where files are kept."""
    return tuple(File(filename=path, content=b"gonogo\n", media_type="text/plain") for path in PATHS)


def png(seed: bytes) -> bytes:
    """A picture of 16 by 16 pixels as PNG (ISO/IEC 15948)."""
    row = (seed * (3 * SIDE))[: 3 * SIDE]
    pixels = b"".join(b"\x00" + row[shift:] + row[:shift] for shift in range(SIDE))
    header = struct.pack(">II", SIDE, SIDE) + EIGHT_BIT_RGB
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return PNG_SIGNATURE + b"".join(chunk(kind, data) for kind, data in parts)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG: length, kind, data, checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
