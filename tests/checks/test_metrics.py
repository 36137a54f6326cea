"""Each check of the metrics is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks import metrics
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Headers, Refusal, Request
from gonogo.exposition import doubled, selector, total
from gonogo.trouble import NotEvaluable

TOLD = "{} of {} providers said to be up, and {} down, 1 up and 0 down expected"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
SERIES = 'http_requests_total{route="/plans"}'
TEXT = """# HELP http_requests Requests
# TYPE http_requests counter
http_requests_total{method="GET",route="/plans",status="200"} 5.0
http_requests_total{method="GET",route="/plans",status="500"} 2.0
http_requests_total{method="GET",route="/a\\"}b",status="200"} 9.0
"""


def answer(
    body: object, *, at: float = 0.0, status: int = 200, person: str = "anybody", media_type: str = ""
) -> Exchange:
    """What an endpoint answered; 200 is what the profile promises, and what is no text is sent as JSON."""
    return Exchange(
        id="x-1",
        person=person,
        request=Request(operation="metrics", method="GET", url="https://chat.example.com/metrics"),
        status=status,
        headers=Headers((("Content-Type", media_type),)),
        body=(body if isinstance(body, str) else json.dumps(body)).encode(),
        started_at=at,
        expected=(200,),
    )


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


def refusal(status: int, *, twin: int = 200, person: str = "anybody") -> Refusal:
    """What somebody else got, between the operator's own two."""
    return Refusal(refused=answer({}, status=status, person=person), before=answer({}, status=twin), after=answer({}))


def test_metrics_are_protected() -> None:
    """Whoever got in is named; a twin that failed, or nothing at all, tells nothing."""
    assert said(metrics.are_for_the_operator, [refusal(401), refusal(404)]) == []
    assert said(metrics.are_for_the_operator, [refusal(401), refusal(200, person="bob")]) == [
        "metrics, asked for by bob, was answered with 200, 401 or 403 or 404 expected"
    ]
    for shown in ([], [refusal(401, twin=401)]):
        with pytest.raises(NotEvaluable):
            said(metrics.are_for_the_operator, shown)


@pytest.mark.parametrize(
    ("text", "media_type", "count"),
    [
        (TEXT + "# EOF\n", OPENMETRICS, 0),
        (
            TEXT.replace("http_requests R", "http_requests_total R").replace("TYPE http_requests c", "TYPE x c"),
            PROMETHEUS,
            0,
        ),
        (TEXT, OPENMETRICS, 1),
        (TEXT + "# EOF\nmore 1\n", OPENMETRICS, 1),
        (TEXT + "broken{ 1\n# EOF\n", OPENMETRICS, 1),
        ("up 1", PROMETHEUS, 1),
        ("up 1\nup 2\n", PROMETHEUS, 1),
        ("up{x=1} 1\n", PROMETHEUS, 1),
        ("", PROMETHEUS, 2),
        ("<html>", PROMETHEUS, 1),
    ],
)
def test_an_exposition_can_be_read(text: str, media_type: str, count: int) -> None:
    """What is cut, doubled, ill-formed or empty is wrong, each format by its own rules."""
    assert len(said(metrics.can_be_read, answer(text, media_type=media_type))) == count


def test_nobody_is_named() -> None:
    """The secret's name is told, and never the secret."""
    secrets = {"alice@example.com": "GONOGO_EMAIL", "0123-4567": "GONOGO_CONVERSATION_ID"}
    assert said(metrics.name_nobody(secrets), [answer(TEXT)]) == []
    complaints = said(metrics.name_nobody(secrets), [answer(TEXT + 'x{id="0123-4567"} 1\n')])
    assert complaints == ["the value of GONOGO_CONVERSATION_ID stands in the exposition, nothing of anybody's expected"]
    with pytest.raises(NotEvaluable):
        said(metrics.name_nobody({}), [answer(TEXT)])


def scrape(count: int) -> Exchange:
    """A scrape with so many requests of the route, beside others."""
    return answer(f'http_requests_total{{route="/plans",status="200"}} {count}\nhttp_requests_total{{route="/x"}} 3\n')


@pytest.mark.parametrize(
    ("counts", "complaints"),
    [
        ((5, 12, 19), 0),
        ((5, 12, 30), 0),
        ((5, 12, 18), 1),
        ((5, 19, 33), 1),
        ((5, 5, 5), 1),
        ((0, 7), 0),
    ],
)
def test_requests_are_counted(counts: tuple[int, ...], complaints: int) -> None:
    """Too few once is wrong, and too many each time; somebody else may have asked in between."""
    first, *others = [scrape(count) for count in counts]
    shown = [first, *(exchange for other in others for exchange in (answer({}), other))]
    assert len(said(metrics.count_requests(SERIES, 7), shown)) == complaints


def test_a_series_appears_with_its_first_request() -> None:
    """A counter that is not there yet stands at nought; a single scrape tells nothing."""
    assert said(metrics.count_requests(SERIES, 7), [answer("up 1\n"), answer({}), scrape(7)]) == []
    with pytest.raises(NotEvaluable):
        said(metrics.count_requests(SERIES, 7), [scrape(7)])


def test_a_series_selects_by_its_labels() -> None:
    """Labels that are not named may have any value; quotes and braces in values are kept apart."""
    assert total(TEXT, SERIES) == 7
    assert total(TEXT, "http_requests_total") == 16
    assert total(TEXT, 'http_requests_total{status="500", route="/plans"}') == 2
    assert selector(SERIES) == ("http_requests_total", {"route": "/plans"})
    assert doubled(TEXT) == []
    assert doubled(TEXT + 'http_requests_total{route="/plans",method="GET",status="500"} 2.0\n') == [
        "http_requests_total"
    ]


@pytest.mark.parametrize("series", ["", "{}", 'x{a="b"', "two words", 'x{a="b"} 1'])
def test_what_is_no_series_is_refused(series: str) -> None:
    """A series that cannot be read is a mistake of the profile."""
    with pytest.raises(ValueError, match="is no series"):
        selector(series)


@pytest.mark.parametrize(("after", "count"), [(12, 0), (15, 0), (11, 1), (10, 1)])
def test_usage_grows(after: int, count: int) -> None:
    """Others may use it too; less than what was sent is wrong."""
    shown = [answer({"messages": 10}), answer({}), answer({}), answer({"messages": after})]
    assert len(said(metrics.usage_grows("json:/messages"), shown)) == count


@pytest.mark.parametrize("body", [{}, {"messages": "many"}, {"messages": None}])
def test_usage_without_a_number_tells_nothing(body: object) -> None:
    """Where the figure is not there, nothing can be compared."""
    with pytest.raises(NotEvaluable):
        said(metrics.usage_grows("json:/messages"), [answer(body), answer({"messages": 2})])


@pytest.mark.parametrize(
    ("body", "complaints"),
    [
        ({"providers": [{"name": "one", "status": "pass"}, {"name": "two", "status": "OK"}]}, []),
        ({"one": {"up": True}, "two": {"healthy": 1}}, []),
        ([{"id": "one", "state": "up"}, {"id": "two", "state": "disabled"}, {"id": "three", "state": "unknown"}], []),
        ([{"id": "one", "state": "up"}, {"id": "two", "state": "down", "enabled": False}], []),
        ([{"id": "one", "state": "down"}], [TOLD.format(0, 1, "one down")]),
        ([{"id": "one", "state": "up"}, {"id": "two", "state": "fail"}], [TOLD.format(1, 2, "two fail")]),
        ([{"id": "one", "state": "unknown"}], [TOLD.format(0, 1, "none")]),
        ({"one": {"up": False}}, [TOLD.format(0, 1, "one false")]),
        (
            {"status": "pass", "providers": []},
            ["metrics (GET, 200) names no provider with its state, although one has just answered"],
        ),
    ],
)
def test_providers_are_up(body: object, complaints: list[str]) -> None:
    """States are found in lists and objects, in the usual words."""
    assert said(metrics.providers_are_up, [answer({}), answer(body)]) == complaints


GOOD = {"uptime_s": 10.0, "cpu_percent": 180.0, "memory_bytes": 5, "memory_percent": 1.5, "pid": 7}


@pytest.mark.parametrize(
    ("first", "second", "complaints"),
    [
        ({}, {"uptime_s": 10.7}, 0),
        ({}, {"memory_bytes": 0}, 1),
        ({}, {"uptime_s": 9.9}, 1),
        ({"memory_percent": 101}, {}, 1),
        ({"cpu_percent": -1}, {}, 1),
        ({}, {}, 1),
    ],
)
def test_the_system_is_plausible(first: dict[str, float], second: dict[str, float], complaints: int) -> None:
    """What cannot be, what falls and what never changes is wrong."""
    shown = [answer(GOOD | first), answer(GOOD | second, at=1.0)]
    assert len(said(metrics.system_is_plausible, shown)) == complaints


def test_two_reads_at_once_may_be_the_same() -> None:
    """Within half a second nothing needs to change; a document without numbers is wrong at once."""
    assert said(metrics.system_is_plausible, [answer(GOOD), answer(GOOD, at=0.1)]) == []
    assert len(said(metrics.system_is_plausible, [answer({"ok": True}), answer({"ok": True}, at=1.0)])) == 1
