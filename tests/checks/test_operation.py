"""A step gets the answer that the profile promises, with all that the next steps need."""

from __future__ import annotations

from typing import Any

import pytest

from checks.operation import PLANNED, answers
from gonogo.check import CATALOGUE, Effects, Severity
from gonogo.exchange import Exchange, Headers, Request


def answer(status: int | None, **more: Any) -> Exchange:  # noqa: ANN401  fields of Exchange
    """An answer to a step that promises 200 or 204."""
    request = Request(operation="signin", method="POST", url="https://chat.example.com/")
    fields = {
        "headers": Headers((("Content-Type", "application/json; charset=utf-8"),)),
        "expected": (200, 204),
        **more,
    }
    return Exchange(id="1", person="ada", request=request, status=status, **fields)


@pytest.mark.parametrize(
    ("exchange", "complaints"),
    [
        (answer(200), []),
        (answer(204), []),
        (answer(200, expected_type="application/json"), []),
        (answer(503), ["signin answered 503, promised 200 or 204"]),
        (answer(302), ["signin answered 302, promised 200 or 204"]),
        (answer(None, failure="the connection was refused"), ["signin: the connection was refused"]),
        (answer(200, failure="the body was cut"), ["signin: 200 and then: the body was cut"]),
        (
            answer(200, expected_type="text/html"),
            ["signin answered 200 with application/json, promised text/html"],
        ),
        (
            answer(200, headers=Headers(), expected_type="text/html"),
            ["signin answered 200 with no Content-Type, promised text/html"],
        ),
        (
            answer(200, lacks=("session at cookie:sid", "id at json:/id")),
            ["signin answered 200 without session at cookie:sid", "signin answered 200 without id at json:/id"],
        ),
    ],
)
def test_step(exchange: Exchange, complaints: list[str]) -> None:
    """Status, wholeness, media type and content are held against what is promised, and told with both."""
    assert list(answers(exchange)) == complaints


def test_every_step_is_a_check_of_its_own() -> None:
    """Each planned operation has its check, which needs that operation; any other has one without a scenario."""
    for operation, (severity, scenarios) in PLANNED.items():
        check = CATALOGUE[f"operation.{operation}"]
        assert (check.severity, set(check.scenarios)) == (severity, scenarios)
        assert operation in check.needs
    other = CATALOGUE["operation.other"]
    assert (other.severity, other.scenarios) == (Severity.CRITICAL, frozenset())


def test_what_only_reads_says_so() -> None:
    """Steps that anybody may take where nothing may be changed are marked as reading."""
    reading = {one.id for one in CATALOGUE.values() if one.id.startswith("operation.") and one.effects is Effects.READ}
    health = {f"operation.{name}" for name in ("health", "health_live", "health_ready")}
    metrics = {f"operation.metrics{name}" for name in ("", "_providers", "_usage", "_system")}
    assert reading == health | metrics
