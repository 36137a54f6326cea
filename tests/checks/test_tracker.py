"""Each check of error tracking is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from checks import tracker
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Request
from gonogo.tracker import Provoked, TrackerEvent
from gonogo.trouble import NotEvaluable

SECRETS = {"alice@example.com": "GONOGO_EMAIL", "s3cr3t-cookie": "GONOGO_COOKIE"}


def provoked(**raw: Any) -> Provoked:  # noqa: ANN401  an event holds anything
    """An error whose report arrived."""
    event = TrackerEvent(raw={"release": "build-7", "environment": "staging", **raw})
    return Provoked(sent=answer(), correlation="nonce", waited_s=10.0, event=event)


def unheard() -> Provoked:
    """An error that nobody heard of."""
    return Provoked(sent=answer(), correlation="nonce", waited_s=10.0, event=None)


def answer() -> Exchange:
    """The answer to what provoked the error."""
    request = Request(operation="trigger_error", method="POST", url="https://chat.example.com/ops/error")
    return Exchange(id="x-1", person="alice", request=request, status=500, expected=(500,))


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


def test_an_error_arrives() -> None:
    """A report that did not come is wrong, with how long was waited."""
    assert said(tracker.error_arrives, provoked()) == []
    assert said(tracker.error_arrives, unheard()) == [
        "the error (answered with 500) did not reach the tracker within 10 s"
    ]


@pytest.mark.parametrize("check", [tracker.event_names_the_build("build-7"), tracker.event_names_nobody(SECRETS)])
def test_without_a_report_nothing_is_judged(check: Bound[Any]) -> None:
    """A report that did not come is not clean: it is not there."""
    with pytest.raises(NotEvaluable):
        said(check, unheard())


@pytest.mark.parametrize(
    ("raw", "complaints"),
    [
        ({}, []),
        ({"release": None}, ["the report names the build nothing, health names build-7"]),
        ({"release": "build-6"}, ["the report names the build build-6, health names build-7"]),
        ({"environment": ""}, ["the report names no environment"]),
    ],
)
def test_a_report_names_the_build(raw: dict[str, Any], complaints: list[str]) -> None:
    """Both the build and the environment are there, and the build is the one that answers."""
    assert said(tracker.event_names_the_build("build-7"), provoked(**raw)) == complaints


@pytest.mark.parametrize("build", ["", None])
def test_a_build_that_nobody_names_cannot_be_compared(build: str | None) -> None:
    """Without a build there is nothing to compare with."""
    with pytest.raises(NotEvaluable):
        said(tracker.event_names_the_build(build), provoked())


@pytest.mark.parametrize(
    ("raw", "complaints"),
    [
        ({"request": {"method": "POST", "headers": {"Cookie": "[Filtered]", "Accept": "*/*"}, "cookies": {}}}, []),
        ({"extra": "to alice@example.com"}, ["the value of GONOGO_EMAIL stands in the report"]),
        ({"request": {"headers": {"Cookie": "a=b"}}}, ["the report holds cookie"]),
        ({"request": {"headers": [["Accept", "*/*"]], "cookies": {"a": "b"}}}, ["the report holds cookies"]),
        (
            {"contexts": [{"Authorization": "Bearer s3cr3t-cookie"}]},
            ["the value of GONOGO_COOKIE stands in the report", "the report holds authorization"],
        ),
    ],
)
def test_a_report_names_nobody(raw: dict[str, Any], complaints: list[str]) -> None:
    """Secrets are told by name, credentials by their key, at any depth; what was filtered is none."""
    found = [complaint.partition(",")[0] for complaint in said(tracker.event_names_nobody(SECRETS), provoked(**raw))]
    assert found == complaints


def test_a_provoked_error_shows_its_request() -> None:
    """What is kept as evidence is the request that provoked it."""
    assert [exchange.request.operation for exchange in unheard().trail] == ["trigger_error"]
