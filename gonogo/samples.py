"""Files and texts that the harness makes: what a target must take, what it must refuse, what it must keep. Pure."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
EIGHT_BIT_RGB = bytes([8, 2, 0, 0, 0])
SIDE = 16

SCRIPT = b"<!DOCTYPE html><html><body><script>document.title = 'gonogo'</script></body></html>\n"
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
    return File(filename="gonogo-picture.png", content=SCRIPT, media_type="image/png")


def text_with_path() -> File:
    """A text whose name leads out of the folder where files are kept."""
    return File(filename="../../gonogo-escaped.txt", content=b"gonogo\n", media_type="text/plain")


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
