"""Every format tells the same story."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from html import unescape
from typing import TYPE_CHECKING

import pytest

from gonogo.published import Decision, Outcome
from reports import FORMATS, html, junit, terminal
from reports.headline import headline

if TYPE_CHECKING:
    from gonogo.evidence import Evidence
    from gonogo.published import Verdict
    from tests.reports.conftest import Sample


TOLD = ("report.html", "report.md", "junit.xml", "verdict.json")
"""The forms that tell everything; tests/reports/test_counts.py has the others, which tell a part to a machine."""


def rendered(sample: Sample) -> dict[str, str]:
    """The sample in every form that tells all of it."""
    texts = {name: FORMATS[name](sample.verdict, sample.evidence) for name in TOLD}
    return texts | {"terminal": terminal.render(sample.verdict, sample.evidence, 400)}


def parts(sample: Sample) -> tuple[Verdict, Evidence]:
    """What a format is a function of."""
    return sample.verdict, sample.evidence


def test_first_screen_is_everywhere(sample: Sample) -> None:
    """The verdict, its rule, what ran, the action, its command and what was not assessed are in every format."""
    verdict, top = sample.verdict, headline(sample.verdict, sample.evidence)
    said = {
        name: unescape(text).replace("`", "").replace("\\n", "\n")
        for name, text in rendered(sample).items()
        if name != "verdict.json"
    }

    for name, text in said.items():
        assert top.verdict in text, name
        assert verdict.decided_by.sentence in text, name
        assert f"{verdict.executed} of {verdict.planned} planned checks executed" in text, name
        assert top.action in text, name
        assert (verdict.rollback_command or "") in text, name
        assert all(gap.why in text for gap in verdict.not_assessed), name
        assert (verdict.target.build or "not given by the target") in text, name


def test_findings_are_everywhere(sample: Sample) -> None:
    """Each finding's check and its evidence are named in every format."""
    for name, text in rendered(sample).items():
        for found in sample.verdict.findings:
            assert found.check in text, name
            assert all(one in text for one in found.evidence), name


def test_counts_agree(sample: Sample) -> None:
    """As many checks ended in each way in JSON, in Markdown, in HTML and in JUnit."""
    texts = rendered(sample)
    ends = Counter(one["outcome"] for one in json.loads(texts["verdict.json"])["checks"])
    cases = ET.fromstring(texts["junit.xml"])  # noqa: S314  ours
    folded = texts["report.md"].partition("## All planned checks")[2]
    tables = texts["report.html"].partition("<h2>All planned checks")[2].partition("</section>")[0]

    assert len(cases.findall(".//testcase")) == sum(ends.values()) + 1
    for outcome in Outcome:
        assert tables.count(f'class="badge {outcome.value}"') == ends[outcome.value]
        assert sum(f" {outcome.value} `" in line for line in folded.splitlines()) == ends[outcome.value]


def test_renders_alike_twice(sample: Sample) -> None:
    """The same verdict renders the same, byte for byte."""
    assert all(form(*parts(sample)) == form(*parts(sample)) for form in FORMATS.values())


@pytest.mark.parametrize("name", FORMATS)
def test_five_hundred_checks_fit(samples: dict[str, Sample], name: str) -> None:
    """Five hundred checks and fifty findings stay under half a megabyte in every format."""
    sample = samples["many"]

    assert len(FORMATS[name](sample.verdict, sample.evidence).encode()) < 500_000


def test_faults_are_named(samples: dict[str, Sample]) -> None:
    """A run against the embedded service says so on the first screen, with each active fault."""
    for name, text in rendered(samples["rollback"]).items():
        if name != "verdict.json":
            plain = text.replace("`", "")
            assert "embedded reference service, with 2 faults: csrf.off, stream.slow-start" in plain, name


def test_other_targets_are_not_called_embedded(samples: dict[str, Sample]) -> None:
    """A run against any other target does not mention the embedded service."""
    for name, text in rendered(samples["conditional"]).items():
        assert "embedded reference service" not in text, name


def test_only_go_passes_junit(sample: Sample) -> None:
    """JUnit's last case passes exactly if the verdict is GO."""
    root = ET.fromstring(junit.render(sample.verdict, sample.evidence))  # noqa: S314  ours
    last = root.findall(".//testcase")[-1]

    assert (last.get("classname"), last.get("name")) == ("gate", "verdict")
    assert (last.find("failure") is None) == (sample.verdict.verdict is Decision.GO)


def test_broken_evidence_is_said(samples: dict[str, Sample]) -> None:
    """A journal in trouble is named on the first screen."""
    sample = samples["inconclusive"]

    assert "smoke: it was never closed" in html.render(sample.verdict, sample.evidence)
