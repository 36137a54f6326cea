"""The PDF format: real Unicode where the system has DejaVu Sans, escapes where a character cannot be shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fpdf import FPDF
from fpdf.fonts import TTFFont

if TYPE_CHECKING:
    from collections.abc import Collection

    from target_app.exports.records import ExportedConversation

NOTE = (
    "Characters that this file cannot show are written as \\uXXXX, their Unicode number. The other formats keep them."
)
# Where Debian, Alpine and Fedora put the font; without it the fonts built into PDF serve, which know Latin-1 only.
FONT_PLACES = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf"),
)
LATIN_1 = range(0x100)
FIRST_PLANE = range(0x10000)
TEXT_PT = 10
HEADING_PT = 14
LINE_MM = 5


def font_file() -> Path | None:
    """Find a font with more than Latin-1, if the system has it."""
    return next((place for place in FONT_PLACES if place.is_file()), None)


def escape(character: str) -> str:
    r"""Write a character by its number: \uXXXX, or \UXXXXXXXX beyond the first plane."""
    number = ord(character)
    return f"\\u{number:04X}" if number in FIRST_PLANE else f"\\U{number:08X}"


class Paper:
    """A PDF that is written from top to bottom, in one font."""

    def __init__(self, font: Path | None) -> None:
        self.pdf = FPDF()
        self.pdf.set_title("Conversations")
        self.pdf.add_page()
        self.escaped = False
        self.family = "helvetica"
        self.glyphs: Collection[int] = LATIN_1
        if font:
            self.pdf.add_font("text", fname=font)
            self.family = "text"
            loaded = self.pdf.fonts["text"]
            if isinstance(loaded, TTFFont):
                self.glyphs = loaded.cmap

    def shown(self, character: str) -> str:
        """Give the character, or its escape if the font has no picture of it."""
        if character in "\n\t" or (character.isprintable() and ord(character) in self.glyphs):
            return character
        self.escaped = True
        return escape(character)

    def write(self, text: str, size_pt: int = TEXT_PT) -> None:
        """Add `text` as a paragraph."""
        self.pdf.set_font(self.family, size=size_pt)
        shown = "".join(self.shown(character) for character in text)
        self.pdf.multi_cell(0, LINE_MM * size_pt / TEXT_PT, shown, align="L", new_x="LMARGIN", new_y="NEXT")
        self.pdf.ln(1)


class PdfPen:
    """One document; it ends with a note if a character had to be escaped. It is whole only at its end."""

    def __init__(self, font: Path | None = None) -> None:
        self.paper = Paper(font)

    def start(self) -> bytes:
        """See Pen."""
        self.paper.write("Conversations", HEADING_PT + 4)
        return b""

    def write(self, conversation: ExportedConversation) -> bytes:
        """See Pen."""
        self.paper.write(conversation.title, HEADING_PT)
        for message in conversation.messages:
            self.paper.write(f"{message.role}, {message.created_at} ({message.status})")
            self.paper.write(message.content)
        return b""

    def finish(self) -> bytes:
        """See Pen."""
        if self.paper.escaped:
            self.paper.write(NOTE)
        return bytes(self.paper.pdf.output())
