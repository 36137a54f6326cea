"""Verdict, counts and findings are the same in every format, each read as its own readers read it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gonogo.published import Decision, Outcome
from reports import FORMATS, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reports.conftest import Sample

Told = tuple[str, Counter[str], set[str]]
"""The verdict, how many planned checks ended in each way, and the ids of the findings."""


def from_json(text: str) -> Told:
    """As verdict.json tells it."""
    body = json.loads(text)
    return body["verdict"], Counter(one["outcome"] for one in body["checks"]), {one["id"] for one in body["findings"]}


def from_ctrf(text: str) -> Told:
    """As a CTRF reader counts it."""
    *tests, gate = json.loads(text)["results"]["tests"]
    ids = {one["extra"]["finding"] for one in tests if "extra" in one}
    assert (gate["status"] == "passed") == (gate["rawStatus"] == "GO")
    return gate["rawStatus"], Counter(one["rawStatus"] for one in tests), ids


def from_junit(text: str) -> Told:
    """As a JUnit reader counts it."""
    root = ET.fromstring(text)  # noqa: S314  ours
    *cases, _ = root.findall(".//testcase")
    ends = Counter((one[0].get("type") or "").partition(".")[2] if len(one) else "pass" for one in cases)
    ids = set(re.findall(r"^id: (.+)$", "\n".join(one.text or "" for one in root.iter()), re.MULTILINE))
    value = root.find(".//property[@name='verdict']")
    assert value is not None
    return value.get("value") or "", ends, ids


def from_metrics(text: str) -> Told:
    """As a collector reads it."""
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    samples = [sample for family in families for sample in family.samples]
    verdict = next(one.labels["verdict"] for one in samples if one.name == "gonogo_verdict" and one.value)
    ends: Counter[str] = Counter()
    for one in samples:
        if one.name == "gonogo_checks" and one.value:
            ends[one.labels["outcome"]] += int(one.value)
    return verdict, ends, {one.labels["id"] for one in samples if one.name == "gonogo_finding"}


def from_page(text: str) -> Told:
    """As the page's own tables show it."""
    tables = text.partition("<h2>All planned checks")[2].partition("</section>")[0]
    verdict = re.search(r"<h1>(\w+)</h1>", text)
    assert verdict
    ends = Counter(re.findall(r'<td><span class="badge ([\w-]+)"', tables))
    return verdict[1], ends, set(re.findall(r"finding <code>([^<]+)</code>", text))


def from_markdown(text: str) -> Told:
    """As the summary's own lists show it."""
    folded = text.partition("## All planned checks")[2]
    ends = Counter(re.findall(r"^- \S ([\w-]+) `", folded, re.MULTILINE))
    return text.split()[1], ends, set(re.findall(r"^- Id: `?([^`\n]+)`?$", text, re.MULTILINE))


READERS: dict[str, Callable[[str], Told]] = {
    "ctrf.json": from_ctrf,
    "junit.xml": from_junit,
    "gonogo.prom": from_metrics,
    "report.html": from_page,
    "report.md": from_markdown,
}


@pytest.mark.parametrize("name", READERS)
def test_tells_the_same(sample: Sample, name: str) -> None:
    """The verdict, the counts by outcome and the findings' ids are those of verdict.json."""
    told = READERS[name](FORMATS[name](sample.verdict, sample.evidence))

    assert told == from_json(FORMATS["verdict.json"](sample.verdict, sample.evidence))


def test_outputs_tell_the_same(sample: Sample) -> None:
    """The outputs have the verdict, the counts and how many findings there are."""
    text = FORMATS["outputs.env"](sample.verdict, sample.evidence)
    told = dict(line.split("=", 1) for line in text.splitlines())
    verdict, ends, ids = from_json(FORMATS["verdict.json"](sample.verdict, sample.evidence))

    assert told["verdict"] == verdict
    assert {one: int(told[f"checks_{one.name.lower()}"]) for one in Outcome} == {one: ends[one] for one in Outcome}
    assert told["findings"] == str(len(ids))
    assert told["exit_code"] == str(sample.verdict.exit_code)


def test_the_statement_tells_the_same(sample: Sample) -> None:
    """Every planned check that is no declared skip is in exactly one list, and only a GO did not fail."""
    body = json.loads(FORMATS["statement.intoto.json"](sample.verdict, sample.evidence))["predicate"]
    lists = [body[name] for name in ("passedTests", "warnedTests", "failedTests")]
    _, ends, _ = from_json(FORMATS["verdict.json"](sample.verdict, sample.evidence))

    assert len(lists[0]) == ends["pass"]
    assert sum(map(len, lists)) == len(sample.verdict.checks) - ends["skip"]
    assert len({one for names in lists for one in names}) == sum(map(len, lists))
    assert (body["result"] == "FAILED") == (sample.verdict.verdict is not Decision.GO)


def test_annotations_tell_the_same(sample: Sample) -> None:
    """The first annotation has the verdict, and the others the findings, ten lines at most, what decides first."""
    lines = FORMATS["github-annotations.txt"](sample.verdict, sample.evidence).splitlines()
    ids = {one.id for one in sample.verdict.findings}

    assert f"title={sample.verdict.verdict.value}%2C {sample.verdict.action.value}::" in lines[0]
    assert lines[0].startswith("::notice" if sample.verdict.verdict is Decision.GO else "::error")
    assert len(lines) == min(10, 1 + len(ids))
    assert all(any(one in line for one in ids) or "more findings" in line for line in lines[1:])


def test_the_terminal_tells_the_same(sample: Sample) -> None:
    """The terminal's first word is the verdict; its lines of scenarios add up, and each finding has its id."""
    text = terminal.render(sample.verdict, sample.evidence, 400)
    verdict, ends, ids = from_json(FORMATS["verdict.json"](sample.verdict, sample.evidence))
    rows = text.partition("outcome")[2].partition("Finding ")[0].partition("In short")[0]
    counted: Counter[str] = Counter()
    for number, outcome in re.findall(r"(\d+) (pass|fail|flaky|error|skip|not-run|waived)\b", rows):
        counted[outcome] += int(number)

    assert text.split()[0] == verdict
    assert counted == ends
    assert set(re.findall(r"^Finding (\S+), \d+ of", text, re.MULTILINE)) == ids


def test_scanning_shows_contract_and_headers(sample: Sample) -> None:
    """SARIF has exactly the findings of contract and headers, and says whether the run can be trusted."""
    run = json.loads(FORMATS["report.sarif"](sample.verdict, sample.evidence))["runs"][0]
    wanted = {one.id for one in sample.verdict.findings if one.check.startswith(("headers.", "contract."))}

    assert {one["properties"]["finding"] for one in run["results"]} == wanted
    assert run["properties"]["verdict"] == sample.verdict.verdict.value
    assert run["invocations"][0]["executionSuccessful"] == (sample.verdict.verdict is not Decision.INCONCLUSIVE)
