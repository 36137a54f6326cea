"""What other programs read keeps to their formats."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from gonogo.published import Outcome
from reports import FORMATS, ctrf, document, github, outputs, sarif, statement

if TYPE_CHECKING:
    from gonogo.published import Verdict
    from tests.reports.conftest import Sample

COUNT = {"type": "integer", "minimum": 0}
STATUS = {"enum": ["passed", "failed", "skipped", "pending", "other"]}


def closed(required: str, **properties: object) -> dict[str, Any]:
    """A schema of an object with these properties and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


TEXT, TEXTS, ANYTHING = {"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "object"}
CTRF = closed(
    "results reportFormat specVersion",
    reportFormat={"const": "CTRF"},
    specVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
    runId=TEXT,
    timestamp={"type": "string", "format": "date-time"},
    generatedBy=TEXT,
    results=closed(
        "tool summary tests",
        tool=closed("name", name=TEXT),
        summary=closed(
            "tests passed failed skipped pending other start stop",
            **dict.fromkeys(
                ("tests", "passed", "failed", "skipped", "pending", "other", "start", "stop", "duration"), COUNT
            ),
        ),
        tests={
            "type": "array",
            "items": closed(
                "name status duration",
                name=TEXT,
                status=STATUS,
                duration=COUNT,
                suite=TEXTS | {"minItems": 1},
                rawStatus=TEXT,
                flaky={"type": "boolean"},
                tags=TEXTS,
                message=TEXT,
                extra=ANYTHING,
            ),
        },
        environment=closed(
            "", appName=TEXT, buildName=TEXT, testEnvironment=TEXT, healthy={"type": "boolean"}, extra=ANYTHING
        ),
    ),
)
"""What we use of the format's own schema (version 0.0), as strict as that is."""


def changed(verdict: Verdict, build: str | None) -> Verdict:
    """The verdict about another build."""
    return verdict.model_copy(update={"target": verdict.target.model_copy(update={"build": build})})


def test_ctrf_keeps_its_schema(sample: Sample) -> None:
    """A CTRF report has what the schema wants and nothing that it does not know."""
    body = json.loads(ctrf.render(sample.verdict, sample.evidence))
    counts = body["results"]["summary"]

    Draft202012Validator(CTRF).validate(body)
    assert counts["tests"] == sum(counts[name] for name in STATUS["enum"])


@pytest.mark.parametrize("outcome", [one for one in Outcome if one not in {Outcome.PASS, Outcome.SKIP}])
def test_nothing_but_a_pass_is_passed(samples: dict[str, Sample], outcome: Outcome) -> None:
    """No check that is not a pass is `passed`, and nothing that was not looked at is `skipped`."""
    verdict = samples["go"].verdict
    one = verdict.checks[0].model_copy(update={"outcome": outcome})

    status = ctrf.planned(one, None)["status"]

    assert status != "passed"
    assert status != "skipped" or outcome is Outcome.WAIVED


def test_annotations_are_ten_at_most(samples: dict[str, Sample]) -> None:
    """Fifty findings make ten annotations, and the last says how many more there are."""
    sample = samples["many"]

    lines = github.render(sample.verdict, sample.evidence).splitlines()

    assert len(lines) == 10
    assert lines[-1] == "::notice title=more findings::42 more findings: see the report"


def test_annotations_are_as_loud_as_they_weigh(samples: dict[str, Sample]) -> None:
    """A major is a warning; what is waived or on trial is a notice."""
    lines = github.render(samples["conditional"].verdict, samples["conditional"].evidence).splitlines()

    assert [line.split()[0] for line in lines] == ["::notice", "::warning", "::warning", "::notice", "::notice"]


@pytest.mark.parametrize(
    ("build", "digest"),
    [
        (f"sha256:{'a1' * 32}", {"sha256": "a1" * 32}),
        (f"registry.example/chat/api@sha256:{'a1' * 32}", {"sha256": "a1" * 32}),
        ("a1" * 32, {"sha256": "a1" * 32}),
        ("a1" * 20, {"gitCommit": "a1" * 20}),
    ],
)
def test_the_statement_is_about_the_build(samples: dict[str, Sample], build: str, digest: dict[str, str]) -> None:
    """A build that is a digest is the subject, under the name that a verifier looks for."""
    sample = samples["go"]

    body = json.loads(statement.render(changed(sample.verdict, build), sample.evidence))

    assert body["subject"] == [{"name": "reference", "digest": digest}]


@pytest.mark.parametrize("build", [None, "2026.01.01-a1b2c3d", "sha256:abc", f"{'a1' * 32} or so"])
def test_no_digest_is_made_up(samples: dict[str, Sample], build: str | None) -> None:
    """Where the build is no digest, the statement is about the verdict as it was published."""
    sample = samples["go"]
    verdict = changed(sample.verdict, build)
    published = document.render(verdict, sample.evidence).encode()

    body = json.loads(statement.render(verdict, sample.evidence))

    assert body["subject"] == [{"name": "verdict.json", "digest": {"sha256": hashlib.sha256(published).hexdigest()}}]


def test_scanning_knows_what_is_waived(samples: dict[str, Sample]) -> None:
    """A waived finding is suppressed with the waiver's words, and every result's rule is among the rules."""
    verdict = samples["conditional"].verdict
    waived = verdict.findings[0].model_copy(update={"outcome": Outcome.WAIVED, "waiver": "OPS-71"})
    told = verdict.model_copy(update={"findings": (waived, *verdict.findings[1:])})

    run = json.loads(sarif.render(told, samples["conditional"].evidence))["runs"][0]
    by_id = {one["properties"]["finding"]: one for one in run["results"]}

    assert by_id[waived.id]["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "OPS-71"}]
    assert {one["ruleId"] for one in run["results"]} == {one["id"] for one in run["tool"]["driver"]["rules"]}
    assert all(one["locations"][0]["logicalLocations"] for one in run["results"])


def test_no_json_has_a_number_that_is_none(samples: dict[str, Sample]) -> None:
    """Every document for machines is strict JSON."""
    for name in ("ctrf.json", "report.sarif", "statement.intoto.json", "verdict.json"):
        json.loads(FORMATS[name](samples["many"].verdict, samples["many"].evidence), parse_constant=pytest.fail)


def test_every_output_of_the_action_is_published(sample: Sample) -> None:
    """The action's outputs are names that every verdict is published with."""
    declared = yaml.safe_load((Path(__file__).parents[2] / "action.yml").read_text())
    written = {line.partition("=")[0] for line in outputs.render(sample.verdict, sample.evidence).splitlines()}
    wanted = {one["value"].split("outputs.")[1].split()[0] for one in declared["outputs"].values()}

    assert wanted <= written
