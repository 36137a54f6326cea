"""What a file really is, told from its bytes; its name may only agree or contradict."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

import filetype  # type: ignore[import-untyped]  # it ships no types

TEXT = "text/plain"
ALLOWED = frozenset({TEXT, "image/png", "image/jpeg", "application/pdf"})
EXTENSIONS = {
    ".txt": TEXT,
    ".text": TEXT,
    ".log": TEXT,
    ".md": TEXT,
    ".csv": TEXT,
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".pdf": "application/pdf",
}
LONGEST_NAME = 120
LONGEST_EXTENSION = 10
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
"""The control characters, but for those that lay a text out."""


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return CONTROLS.search(text) is None


def media_type_of(content: bytes) -> str | None:
    """Name the media type of `content`, or None if it is none that we know."""
    kind = filetype.guess(content)
    guessed = None if kind is None else str(kind.mime)
    # Two letters are enough for some guesses ("BM" is a bitmap), so plain text must not lose to them.
    return TEXT if guessed not in ALLOWED and _is_text(content) else guessed


def agrees(name: str, media_type: str) -> bool:
    """Tell whether the extension of `name` allows for `media_type`; a name without one claims nothing."""
    extension = PurePosixPath(name).suffix.lower()
    return not extension or EXTENSIONS.get(extension) == media_type


def safe_name(name: str) -> str:
    """Take the last part of a path, without control or direction characters, dots in front, or undue length."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    kept = kept.strip().lstrip(".").strip()
    path = PurePosixPath(kept or "file")
    return path.stem[: LONGEST_NAME - LONGEST_EXTENSION] + path.suffix[:LONGEST_EXTENSION]
