"""The verdict for machines keeps its published schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from gonogo.evidence import Evidence
from gonogo.published import Verdict
from reports.document import published_schema, render, schema

if TYPE_CHECKING:
    from tests.reports.conftest import Sample

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "verdict.schema.json"


def test_published_schema_is_current() -> None:
    """The schema in the documentation is the one that the model has."""
    assert PUBLISHED.read_text() == published_schema()


def test_schema_is_valid() -> None:
    """The schema is a valid schema itself."""
    Draft202012Validator.check_schema(json.loads(published_schema()))


def test_keeps_its_schema(sample: Sample) -> None:
    """Every verdict that is written validates against the published schema."""
    Draft202012Validator(json.loads(PUBLISHED.read_text())).validate(
        json.loads(render(sample.verdict, sample.evidence))
    )


@pytest.mark.parametrize("change", [{"schema": "gonogo/verdict/2"}, {"verdict": "MAYBE"}, {"score": 3}])
def test_schema_refuses(samples: dict[str, Sample], change: dict[str, Any]) -> None:
    """Another version, another verdict or an unknown key is refused."""
    body = json.loads(render(samples["go"].verdict, Evidence())) | change

    with pytest.raises(ValidationError):
        Draft202012Validator(json.loads(published_schema())).validate(body)


def test_reads_back(sample: Sample) -> None:
    """What was written reads back as the same verdict."""
    assert Verdict.model_validate_json(render(sample.verdict, sample.evidence)) == sample.verdict


def test_a_number_that_is_none_is_null(samples: dict[str, Sample]) -> None:
    """JSON has no NaN: a measured value that is none is null."""
    verdict = samples["go"].verdict
    slo = verdict.slos[0].model_copy(update={"value": float("nan")})

    text = render(verdict.model_copy(update={"slos": (slo,)}), Evidence())

    assert json.loads(text, parse_constant=pytest.fail)["slos"][0]["value"] is None


def test_schema_is_a_format(samples: dict[str, Sample]) -> None:
    """The schema is written beside the verdict, the same for all."""
    assert schema(samples["go"].verdict, Evidence()) == schema(samples["empty"].verdict, Evidence())
