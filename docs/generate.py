"""`python -m docs.generate`: writes the pages that are generated. A test holds them to what is registered."""

from __future__ import annotations

from pathlib import Path

import checks  # noqa: F401  the catalogue
from gonogo.check import CATALOGUE
from gonogo.checklist import checklist
from gonogo.embedded import ROOT
from gonogo.plan import outlines
from gonogo.profile import load_profile
from reports import document

STAND_IN = {"GONOGO_WEBHOOK_SECRET": "whsec_stand_in", "GONOGO_OPERATOR_TOKEN": "stand-in-operator"}


def pages() -> dict[Path, str]:
    """Every generated page, by its place."""
    profile = load_profile("reference", STAND_IN, base_url="https://chat.example.com", environment="staging")
    return {
        ROOT / "docs" / "checklist.md": checklist(CATALOGUE, outlines(ROOT / "smoke", "smoke"), profile),
        ROOT / "docs" / "reference" / "verdict.schema.json": document.published_schema(),
    }


def main() -> None:
    """Write them."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
