"""The dispatch table of formats, and the archive that holds one file for each."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Literal

from target_app.exports.pdf import font_file, render_pdf
from target_app.exports.text import render_html, render_json, render_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_app.exports.records import ExportedConversation

Format = Literal["json", "markdown", "html", "pdf"]

FORMATS: dict[Format, tuple[str, Callable[[Sequence[ExportedConversation]], bytes]]] = {
    "json": ("conversations.json", render_json),
    "markdown": ("conversations.md", render_markdown),
    "html": ("conversations.html", render_html),
    "pdf": ("conversations.pdf", lambda conversations: render_pdf(conversations, font_file())),
}


def archive(conversations: Sequence[ExportedConversation], formats: Sequence[Format]) -> bytes:
    """Render each format once and put the files into one ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in dict.fromkeys(formats):
            file_name, render = FORMATS[name]
            bundle.writestr(file_name, render(conversations))
    return buffer.getvalue()
