"""The dispatch table of formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from target_app.exports.text import HtmlPen, JsonPen, MarkdownPen

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_app.exports.pen import Pen

Format = Literal["json", "markdown", "html", "pdf"]


def _pdf_pen() -> Pen:
    from target_app.exports.pdf import PdfPen, font_file  # noqa: PLC0415  the library is slow to load: at first use

    return PdfPen(font_file())


FORMATS: dict[Format, tuple[str, Callable[[], Pen]]] = {
    "json": ("conversations.json", JsonPen),
    "markdown": ("conversations.md", MarkdownPen),
    "html": ("conversations.html", HtmlPen),
    "pdf": ("conversations.pdf", _pdf_pen),
}
