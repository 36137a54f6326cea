"""
`python -m docs.generate [RUN]`: writes the pages that are generated. A test holds them to what is registered.

With a run's folder it also draws that run's terminal, for the README.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import checks  # noqa: F401  the catalogue
from contracts.depths import outline_of as contract_outline
from gonogo.browsed import E2E
from gonogo.check import CATALOGUE
from gonogo.checklist import checklist
from gonogo.conclusion import judge_folder
from gonogo.contracted import ContractPlan
from gonogo.embedded import ROOT
from gonogo.past_run import find_run, policy_for
from gonogo.plan import outlines
from gonogo.profile import load_profile
from load.profiles import PROFILES, outline_of
from reports import document, terminal
from tests.proof.catalogue import faults
from tests.proof.matrix import matrix

if TYPE_CHECKING:
    from pathlib import Path

STAND_IN = {"GONOGO_WEBHOOK_SECRET": "whsec_stand_in", "GONOGO_OPERATOR_TOKEN": "stand-in-operator"}


def pages() -> dict[Path, str]:
    """Every generated page, by its place."""
    profile = load_profile("reference", STAND_IN, base_url="https://chat.example.com", environment="staging")
    return {
        ROOT / "docs" / "checklist.md": checklist(
            CATALOGUE,
            (
                *outlines(ROOT / "smoke", "smoke"),
                outline_of(PROFILES["smoke"]),
                contract_outline(ContractPlan()),
                *outlines(ROOT / E2E, E2E),
            ),
            profile,
        ),
        ROOT / "docs" / "detection.md": matrix(CATALOGUE, faults()),
        ROOT / "docs" / "reference" / "verdict.schema.json": document.published_schema(),
    }


def picture(name: str) -> str:
    """A run's terminal, drawn."""
    folder = find_run(ROOT / "runs", name)
    return terminal.picture(judge_folder(folder, policy_for(folder, None)))


def main(runs: list[str]) -> None:
    """Write them."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    for run in runs[:1]:
        (ROOT / "docs" / "images" / "terminal.svg").write_text(picture(run), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
