"""The forms in which a verdict is written down; each is a function of the verdict and its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import document, html, junit, markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.evidence import Evidence
    from gonogo.published import Verdict

FORMATS: dict[str, Callable[[Verdict, Evidence], str]] = {
    "report.html": html.render,
    "report.md": markdown.render,
    "junit.xml": junit.render,
    "verdict.schema.json": document.schema,
    "verdict.json": document.render,
}
