"""Each check of health is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks import health
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Request
from gonogo.trouble import NotEvaluable


def answer(status: int | None = 200, body: object = None, *, operation: str = "health") -> Exchange:
    """What an endpoint answered; 200 is what the profile promises."""
    return Exchange(
        id="x-1",
        person="anybody",
        request=Request(operation=operation, method="GET", url="https://chat.example.com/health"),
        status=status,
        body=json.dumps(body).encode(),
        failure=None if status else "the connection was refused",
        expected=(200,),
    )


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


LISTS = [
    health.says_that_it_is_well,
    health.status_agrees_with_code,
    health.is_open_to_probes,
    health.gives_nothing_away,
]


@pytest.mark.parametrize("check", LISTS)
def test_no_endpoint_is_no_pass(check: Check[Any, []]) -> None:
    """Where no health endpoint was asked, nothing can be said."""
    with pytest.raises(NotEvaluable):
        said(check, [])


@pytest.mark.parametrize("check", LISTS)
def test_a_healthy_service_is_right(check: Check[Any, []]) -> None:
    """A plain pass is nothing to complain of."""
    assert said(check, [answer(200, {"status": "pass", "version": "1.0", "releaseId": "abc"})]) == []


@pytest.mark.parametrize(
    ("shown", "complaints"),
    [
        (answer(200, "alive"), []),
        (answer(200, {"status": "WARN"}), []),
        (answer(200, {"status": "fail"}), ["health (GET, 200) says fail, pass expected"]),
        (answer(200, {"status": "DOWN"}), ["health (GET, 200) says down, pass expected"]),
        (answer(200, {"status": "Healthy"}), []),
        (answer(200, {"status": 200, "ok": True}), []),
        (
            answer(200, {"status": "unhealthy", "healthy": False}),
            ["health (GET, 200) says healthy: false, pass expected"],
        ),
        (answer(200, {"status": "unhealthy"}), ["health (GET, 200) says unhealthy, pass expected"]),
        (answer(200, {"status": "not ready"}), ["health (GET, 200) says not ready, pass expected"]),
        (answer(200, {"ok": False}), ["health (GET, 200) says ok: false, pass expected"]),
        (answer(200, {"status": False}), ["health (GET, 200) says status: false, pass expected"]),
        (answer(503, {"status": "fail"}), ["health answered 503, promised 200"]),
        (answer(None), ["health answered the connection was refused, promised 200"]),
    ],
)
def test_health_says_that_all_is_well(shown: Exchange, complaints: list[str]) -> None:
    """A body without a status is left alone; one that says fail, and another code, are wrong."""
    assert said(health.says_that_it_is_well, [shown]) == complaints


def test_a_status_that_nobody_knows_is_no_pass() -> None:
    """A word that is neither good nor bad news proves nothing; what is plainly wrong elsewhere is still told."""
    strange = answer(200, {"status": "unknown"})
    with pytest.raises(NotEvaluable, match="says 'unknown' of itself"):
        said(health.says_that_it_is_well, [strange])
    assert said(health.says_that_it_is_well, [strange, answer(503)]) == ["health answered 503, promised 200"]
    assert said(health.says_that_it_is_well, [strange, answer(200, {"ok": False})]) == [
        "health (GET, 200) says ok: false, pass expected"
    ]


@pytest.mark.parametrize(
    ("status", "body", "count"),
    [
        (200, "pass", 0),
        (200, "Warn", 0),
        (503, "fail", 0),
        (500, "error", 0),
        (200, "fail", 1),
        (503, "pass", 1),
        (200, "great", 1),
    ],
)
def test_status_and_code_agree(status: int, body: str, count: int) -> None:
    """Both good or both bad is right, in any case of letters; a word that the draft does not know is wrong."""
    assert len(said(health.status_agrees_with_code, [answer(status, {"status": body})])) == count


@pytest.mark.parametrize("body", ["alive", {"ok": True}, {"status": 200}, ["pass"]])
def test_a_body_without_a_status_tells_nothing(body: object) -> None:
    """Where no body has a status there is nothing to agree with."""
    with pytest.raises(NotEvaluable):
        said(health.status_agrees_with_code, [answer(200, body)])


def test_health_is_open() -> None:
    """Each endpoint that refused is named, with how often and how; other failures are not its business."""
    shown = [answer(200), answer(429), answer(429), answer(503), answer(401, operation="health_live")]
    assert said(health.is_open_to_probes, shown) == [
        "health refused 2 of 4 probes, first with 429; none expected",
        "health_live refused 1 of 1 probes, first with 401; none expected",
    ]


def test_health_gives_nothing_away() -> None:
    """What leaks is told by its kind."""
    shown = answer(200, {"status": "pass", "output": "postgresql://chat:s3cr3t@10.0.3.7/chat"})
    assert said(health.gives_nothing_away, [shown]) == [
        "health (GET, 200) shows the address of a backend, nothing of the inside expected",
        "health (GET, 200) shows a machine of its network, nothing of the inside expected",
    ]


@pytest.mark.parametrize(("body", "count"), [({"releaseId": "abc"}, 0), ({"releaseId": " "}, 1), ({}, 1), ("x", 1)])
def test_the_build_is_named(body: object, count: int) -> None:
    """A build that is blank is none."""
    assert len(said(health.names_its_build("json:/releaseId"), answer(200, body))) == count
