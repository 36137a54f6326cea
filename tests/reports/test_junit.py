"""JUnit readers see red where something is red, and never green where nobody looked."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from gonogo.evidence import Checked, Evidence, JournalRead
from reports.junit import render

if TYPE_CHECKING:
    from gonogo.published import CheckResult
    from tests.reports.conftest import Sample

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"classname", "name", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set(),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}


def read(sample: Sample) -> ET.Element:
    """The XML of a sample."""
    return ET.fromstring(render(sample.verdict, sample.evidence))  # noqa: S314  ours


def case(root: ET.Element, check: str) -> ET.Element:
    """The test case of a check."""
    return next(one for one in root.iter("testcase") if one.get("name") == check)


def test_has_the_usual_shape(sample: Sample) -> None:
    """Elements, attributes and nesting are those of the usual schema."""
    for element in read(sample).iter():
        assert set(element.attrib) == ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())


def test_counts_itself(sample: Sample) -> None:
    """The counts of each suite and of the whole are those of the cases."""
    root = read(sample)

    for suite in (root, *root):
        assert suite.get("tests") == str(len(list(suite.iter("testcase"))))
        assert suite.get("failures") == str(len(list(suite.iter("failure"))))
        assert suite.get("errors") == str(len(list(suite.iter("error"))))


def test_names_cases_by_scenario(samples: dict[str, Sample]) -> None:
    """A case is named by its check, and its class by suite and scenario."""
    assert case(read(samples["go"]), "csrf.accepts-valid").get("classname") == "smoke.csrf"


def test_failed_and_flaky_are_failures(samples: dict[str, Sample]) -> None:
    """A failed check is a failure with its message and its command; a flaky one is no pass."""
    root = read(samples["rollback"])
    failed = case(root, "csrf.refuses-missing").find("failure")

    assert failed is not None
    assert failed.get("type") == "blocker.fail"
    assert "answered 201" in failed.get("message", "")
    assert "reproduce: curl " in (failed.text or "")
    assert case(root, "stream.first-token").find("failure") is not None


def test_what_nobody_looked_at_is_an_error(samples: dict[str, Sample]) -> None:
    """A check that was not run, or could not judge, is an error."""
    root = read(samples["inconclusive"])

    assert case(root, "stream.terminal-event").find("error") is not None
    assert case(root, "health.build").find("error") is not None


def test_waived_and_skipped_are_skipped(samples: dict[str, Sample]) -> None:
    """A waived check is skipped and shows its waiver; a declared skip shows its reason."""
    root = read(samples["conditional"])
    waived, skipped = case(root, "metrics.system").find("skipped"), case(root, "export.formats").find("skipped")

    assert waived is not None
    assert "waiver: OPS-71" in (waived.text or "")
    assert skipped is not None
    assert "declares" in skipped.get("message", "")


def test_on_trial_is_skipped(samples: dict[str, Sample]) -> None:
    """A check on trial decides nothing, so its failure is not red."""
    sample = samples["rollback"]
    tried: list[CheckResult] = [one.model_copy(update={"shadow": True}) for one in sample.verdict.checks]
    verdict = sample.verdict.model_copy(update={"checks": tuple(tried)})
    element = ET.fromstring(render(verdict, sample.evidence))  # noqa: S314  ours

    skipped = case(element, "csrf.refuses-missing").find("skipped")
    assert skipped is not None
    assert skipped.get("message", "").startswith("on trial, would be fail: ")


def test_every_attempt_is_inside(samples: dict[str, Sample]) -> None:
    """A check that looked more than once has one case, and each attempt is told in it."""
    said = {"suite": "smoke", "scenario": "chat", "check": "stream.first-token", "subjects": 1}
    tries = (Checked(**said, attempt=1, complaints=("after 0.62 s",)), Checked(**said, attempt=2))
    evidence = Evidence(journals=(JournalRead(name="smoke", records=tries),))

    root = ET.fromstring(render(samples["rollback"].verdict, evidence))  # noqa: S314  ours
    (case,) = root.findall(".//testcase[@name='stream.first-token']")

    assert case.findtext("system-out") == "Attempt 1: after 0.62 s\nAttempt 2: passed"
