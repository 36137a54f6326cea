"""
JUnit XML: a test case for each planned check, and a last one that fails unless the verdict is GO.

The shape is that of Jenkins' `junit-10.xsd`. A planned check that was not looked at is an error here,
since readers of this format take a skipped case for a good one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from gonogo.published import Decision, Outcome
from gonogo.visible import visible
from reports.attempts import attempts
from reports.headline import headline
from reports.plain import cut, one_line
from reports.shell import command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gonogo.evidence import Evidence
    from gonogo.published import CheckResult, Finding, Verdict
    from reports.headline import Headline

TAGS = {
    Outcome.FAIL: "failure",
    Outcome.FLAKY: "failure",
    Outcome.ERROR: "error",
    Outcome.NOT_RUN: "error",
    Outcome.SKIP: "skipped",
    Outcome.WAIVED: "skipped",
}


def render(verdict: Verdict, evidence: Evidence) -> str:
    """Render `junit.xml`."""
    top = headline(verdict, evidence)
    root = Element("testsuites", name="gonogo", time=f"{verdict.duration_s:.3f}")
    for name in dict.fromkeys(check.suite for check in verdict.checks):
        suite(root, verdict, name, attempts(evidence))
    gate(root, verdict, top)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(one.get(count, "0")) for one in root)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def suite(root: Element, verdict: Verdict, name: str, tries: Mapping[tuple[str, str, str], Sequence[str]]) -> None:
    """Add one suite with a test case for each of its planned checks."""
    took = sum(scenario.duration_s for scenario in verdict.scenarios if scenario.suite == name)
    element = SubElement(root, "testsuite", name=one_line(name), time=f"{took:.3f}", timestamp=timestamp(verdict))
    found = {(one.scenario, one.check): one for one in verdict.findings if one.suite == name}
    for check in verdict.checks:
        if check.suite == name:
            added = case(element, check, found.get((check.scenario, check.check)))
            if said := tries.get((name, check.scenario, check.check)):
                SubElement(added, "system-out").text = "\n".join(map(one_line, said))
    count(element)


def case(element: Element, check: CheckResult, found: Finding | None) -> Element:
    """Add one planned check; one on trial is skipped, since it decides nothing."""
    added = SubElement(
        element,
        "testcase",
        classname=one_line(f"{check.suite}.{check.scenario}"),
        name=one_line(check.check),
        time="0.000",
    )
    tag = TAGS.get(check.outcome)
    if tag is None:
        return added
    kind, lead = check.outcome.value, ""
    if check.shadow:
        tag, lead = "skipped", f"on trial, would be {kind}: "
    said = found.message if found else check.reason
    ended = SubElement(added, tag, type=f"{check.severity}.{kind}", message=one_line(f"{lead}{said or kind}"))
    ended.text = details(found) if found else None
    return added


def details(found: Finding) -> str:
    """What a finding says, a line each."""
    lines = {
        "id": one_line(found.id),
        "expected": one_line(found.expected),
        "observed": one_line(found.observed),
        "why": one_line(found.why),
        "remedy": one_line(found.remedy),
        "waiver": one_line(found.waiver or ""),
        "reproduce": command(found.reproduce),
        "evidence": one_line(", ".join(found.evidence)),
    }
    return "\n".join(f"{name}: {text}" for name, text in lines.items() if text)


def gate(root: Element, verdict: Verdict, top: Headline) -> None:
    """Add the case that fails unless the verdict is GO, with the first screen as its output."""
    element = SubElement(root, "testsuite", name="gate", time="0.000", timestamp=timestamp(verdict))
    properties = SubElement(element, "properties")
    for name, value in {"verdict": top.verdict, "action": top.action, "run": verdict.run_id}.items():
        SubElement(properties, "property", name=name, value=one_line(value))
    added = SubElement(element, "testcase", classname="gate", name="verdict", time="0.000")
    if verdict.verdict is not Decision.GO:
        SubElement(added, "failure", type=top.verdict, message=one_line(f"{top.verdict}: {top.rule}"))
    SubElement(added, "system-out").text = visible(cut("\n".join(first_screen(verdict, top)), 20_000))
    count(element)


def first_screen(verdict: Verdict, top: Headline) -> Iterable[str]:
    """The first screen, line by line."""
    yield f"{top.verdict}: {top.lead}"
    yield one_line(top.rule)
    yield from (one_line(f"because: {because}") for because in top.because)
    yield one_line(f"target: {top.target}")
    yield one_line(f"build: {top.build}")
    yield top.executed
    yield f"action: {top.action}. {top.advice}"
    if top.command:
        yield f"{top.command_lead}: {command(top.command)}"
    if top.embedded:
        yield one_line(top.embedded)
    yield from (one_line(f"condition: {condition}") for condition in verdict.conditions)
    yield from (one_line(f"not assessed: {what} ({why})") for what, why in top.not_assessed)
    yield from (one_line(f"evidence: {broken}") for broken in top.broken)


def count(element: Element) -> None:
    """Count the cases of a suite by their end."""
    element.set("tests", str(len(element.findall("testcase"))))
    for name, tag in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
        element.set(name, str(len(element.findall(f"testcase/{tag}"))))


def timestamp(verdict: Verdict) -> str:
    """The start of the run in UTC, as the format wants it: without a zone."""
    return datetime.fromtimestamp(verdict.started_at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
