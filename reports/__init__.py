"""The forms in which a verdict is written down; each is a function of the verdict and its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import ctrf, document, github, html, junit, markdown, openmetrics, outputs, sarif, statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.evidence import Evidence
    from gonogo.published import Verdict

FORMATS: dict[str, Callable[[Verdict, Evidence], str]] = {
    "report.html": html.render,
    "report.md": markdown.render,
    "report.sarif": sarif.render,
    "junit.xml": junit.render,
    "ctrf.json": ctrf.render,
    "gonogo.prom": openmetrics.render,
    "github-annotations.txt": github.render,
    "outputs.env": outputs.render,
    "statement.intoto.json": statement.render,
    "verdict.schema.json": document.schema,
    "verdict.json": document.render,
}
