"""A summary is never too long to be taken, and what it loses is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo.evidence import Evidence
from reports import markdown
from reports.shedding import LIMIT, SHED, Section, fitting, size

if TYPE_CHECKING:
    from tests.reports.conftest import Sample

MIB = 1024 * 1024


def sections(*sizes: int) -> list[Section]:
    """A section for each title that can be shed, in the order of the page, with blocks of a hundred bytes."""
    return [
        Section(title=title, blocks=[f"{at:02}{'x' * 98}" for at in range(number)])
        for title, number in zip(reversed(SHED), sizes, strict=True)
    ]


def test_what_fits_stays_whole() -> None:
    """Nothing is shed where all of it fits, and nothing says so."""
    assert "Shed" not in fitting("GO", sections(*[2] * len(SHED)), 5000)


@pytest.mark.parametrize("limit", range(700, 9000, 111))
def test_never_over_the_limit(limit: int) -> None:
    """Whatever the limit, the text keeps it, as long as the first screen does."""
    assert size(fitting("GO", sections(*[9] * len(SHED)), limit)) <= limit


def test_what_matters_goes_last() -> None:
    """No section loses a block while one before it in the declared order has any left."""
    for limit in range(700, 9000, 111):
        text = fitting("GO", sections(*[9] * len(SHED)), limit)
        left = [text.partition(f"## {title}\n\n")[2].partition("\n\n")[0].count("x" * 98) for title in SHED]
        first_left = next((at for at, number in enumerate(left) if number), len(SHED))
        assert all(number == 9 for number in left[first_left + 1 :])


def test_ten_thousand_findings_are_a_summary(samples: dict[str, Sample]) -> None:
    """However much went wrong, the summary is under 1 MiB, begins with the verdict, and says what it lost."""
    verdict = samples["rollback"].verdict
    loud = [
        verdict.findings[0].model_copy(update={"id": f"F{number}", "message": "é" * 3000}) for number in range(2000)
    ]

    text = markdown.render(verdict.model_copy(update={"findings": tuple(loud)}), Evidence())

    assert len(text.encode()) <= MIB
    assert len(text.encode()) > LIMIT - 20_000
    assert text.startswith("# NO_GO\n")
    assert " of 2000 of Findings" in text


def test_endless_reasons_are_a_summary(samples: dict[str, Sample]) -> None:
    """The first screen alone never fills the summary."""
    verdict = samples["inconclusive"].verdict
    gap = verdict.not_assessed[0]
    gaps = tuple(gap.model_copy(update={"why": f"{number} {'w' * 3000}"}) for number in range(2000))

    text = markdown.render(verdict.model_copy(update={"not_assessed": gaps}), Evidence())

    assert len(text.encode()) <= MIB
    assert "- and 1960 more" in text
