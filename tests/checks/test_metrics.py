"""Each check of the metrics is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks import figures, metrics
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Headers, Refusal, Request, StreamedExchange, StreamEvent
from gonogo.exposition import counted_as, counters, doubled, selector, series_by_name, started, total
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


def test_somebody_else_asks_for_the_same() -> None:
    """Rises that are all too high, and each by another amount, are not the counter's fault; a low one always is."""
    shown = [scrape(5), answer({}), scrape(14), answer({}), scrape(28)]
    with pytest.raises(NotEvaluable, match="rose by 9, 14 for 7 requests each time: somebody else asks"):
        said(metrics.count_requests(SERIES, 7), shown)
    assert len(said(metrics.count_requests(SERIES, 7), [*shown, answer({}), scrape(33)])) == 1


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
    assert len(said(figures.usage_grows("json:/messages"), shown)) == count


@pytest.mark.parametrize(("after", "count"), [(14, 0), (12, 0), (11, 1), (10, 1)])
def test_tokens_grow(after: int, count: int) -> None:
    """Each answer costs a token at least."""
    shown = [answer({"tokens": 10}), answer({}), answer({}), answer({"tokens": after})]
    assert len(said(figures.tokens_grow("json:/tokens"), shown)) == count


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ({"errors": 1, "status": "pass"}, {"errors": 2, "status": "pass"}, 0),
        ({"errors": 1, "status": "pass"}, {"errors": 1, "status": "fail"}, 0),
        ({"errors": 1, "status": "pass"}, {"errors": 1, "status": "pass"}, 1),
        ({"failed_calls": 0, "status": "pass"}, {"failed_calls": 1, "status": "pass"}, 0),
        ({"status": "pass"}, {"status": "pass"}, 1),
    ],
)
def test_failures_of_providers(before: dict[str, object], after: dict[str, object], count: int) -> None:
    """After an answer that failed, one provider is down or has an error more."""
    shown = [answer([{"name": "one", **before}]), answer({}), answer([{"name": "one", **after}])]
    assert len(said(figures.provider_failures_are_seen, shown)) == count


def test_failures_that_nobody_can_see() -> None:
    """Where no provider is told of, or the answer did not fail after all, nobody can say."""
    good = StreamedExchange(**answer({}).__dict__, events=(StreamEvent(type="end", data="", terminal=True),))
    told = answer([{"name": "one", "status": "pass"}])
    for shown in ([told, answer({}), answer([])], [told, good, told]):
        with pytest.raises(NotEvaluable):
            said(figures.provider_failures_are_seen, shown)


@pytest.mark.parametrize("body", [{}, {"messages": "many"}, {"messages": None}])
def test_usage_without_a_number_tells_nothing(body: object) -> None:
    """Where the figure is not there, nothing can be compared."""
    with pytest.raises(NotEvaluable):
        said(figures.usage_grows("json:/messages"), [answer(body), answer({"messages": 2})])


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
    assert said(figures.providers_are_up, [answer({}), answer(body)]) == complaints


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
    assert len(said(figures.system_is_plausible, shown)) == complaints


def test_two_reads_at_once_may_be_the_same() -> None:
    """Within half a second nothing needs to change; a document without numbers is wrong at once."""
    assert said(figures.system_is_plausible, [answer(GOOD), answer(GOOD, at=0.1)]) == []
    assert len(said(figures.system_is_plausible, [answer({"ok": True}), answer({"ok": True}, at=1.0)])) == 1


TYPED = """# TYPE http_requests counter
http_requests_total{status="200"} 5
# TYPE old_total counter
old_total 3
# TYPE seconds histogram
seconds_bucket{le="1"} 2
seconds_count 2
seconds_sum 1.5
# TYPE open gauge
open 4
process_start_time_seconds 100
"""


def test_what_never_falls_is_known_by_its_type() -> None:
    """Counters and the counts of histograms may only grow; sums and gauges may fall."""
    assert {name for name, _ in counters(TYPED)} == {
        *("http_requests_total", "old_total", "seconds_bucket", "seconds_count"),
    }
    assert (started(TYPED), started("up 1\n")) == (100.0, None)


def test_bounds_make_no_series() -> None:
    """The buckets of a histogram are one series; labels of other names make more."""
    text = 'a_bucket{le="1",r="x"} 1\na_bucket{le="2",r="x"} 1\na_bucket{le="1",r="y"} 1\n'
    assert {name: len(found) for name, found in series_by_name(text).items()} == {"a_bucket": 2}


def test_a_status_is_counted_by_itself_or_by_its_class() -> None:
    """Both ways to write a status count, and no other name or status does."""
    text = 'n{code="404"} 1\nn{code="4xx"} 2\nn{code="4XX"} 4\nn{code="400"} 8\nm{code="404"} 16\n'
    assert counted_as(text, "n", "code", 404) == 7


FELL = "n_total fell, or was gone, {} times in {} scrapes over connections of their own"


def at(count: int, *, start: int | None = None) -> Exchange:
    """A scrape with a counter at so much."""
    told = "" if start is None else f"process_start_time_seconds {start}\n"
    return answer(f"# TYPE n counter\nn_total {count}\n{told}")


@pytest.mark.parametrize(
    ("scrapes", "complaints"),
    [
        ([at(1), at(1), at(4)], []),
        (
            [at(5), at(2), at(6), at(3)],
            [FELL.format(2, 4)],
        ),
        ([at(5), answer("up 1\n")], [FELL.format(1, 2)]),
        ([at(5, start=1), at(2, start=2)], []),
        (
            [at(5, start=1), at(2, start=1)],
            [FELL.format(1, 2)],
        ),
    ],
)
def test_counters_never_fall(scrapes: list[Exchange], complaints: list[str]) -> None:
    """A counter that falls is told with how often; a process that began anew may start from nought."""
    assert said(metrics.counters_never_fall, scrapes) == complaints


def test_without_a_counter_nothing_falls() -> None:
    """An exposition without types tells nothing."""
    with pytest.raises(NotEvaluable):
        said(metrics.counters_never_fall, [answer("up 1\n"), answer("up 0\n")])


def statuses(**counts: int) -> Exchange:
    """A scrape with requests counted by status, such as s404=3."""
    return answer("".join(f'http_requests_total{{status="{name[1:]}"}} {count}\n' for name, count in counts.items()))


@pytest.mark.parametrize(
    ("after", "complaints"),
    [
        (statuses(s404=3, s500=1), []),
        (statuses(s404=9, s500=2), []),
        (
            statuses(s404=1, s200=3),
            [
                "http_requests_total with status 404 rose by 0 for 2 answers of that status, 2 expected",
                "http_requests_total with status 500 rose by 0 for 1 answers of that status, 1 expected",
            ],
        ),
    ],
)
def test_errors_are_counted(after: Exchange, complaints: list[str]) -> None:
    """Each status rises at least as often as it was answered; somebody else may have met errors too."""
    provoked = [answer({}, status=404), answer({}, status=404), answer({}, status=500), answer({}, status=200)]
    check = metrics.count_errors(SERIES, "status")
    assert said(check, [statuses(s404=1), *provoked, after]) == complaints
    with pytest.raises(NotEvaluable):
        said(check, [statuses(s404=1), answer({}), after])


def test_refusals_are_counted() -> None:
    """Only what a limit refused is compared, and there must be some."""
    check = metrics.count_refusals(SERIES, "status")
    burst = [answer({}, status=401), answer({}, status=429), answer({}, status=429)]
    assert said(check, [statuses(), *burst, statuses(s429=2)]) == []
    assert len(said(check, [statuses(), *burst, statuses(s429=1)])) == 1
    with pytest.raises(NotEvaluable):
        said(check, [statuses(), answer({}, status=401), statuses()])


@pytest.mark.parametrize(
    ("during", "after", "count"),
    [
        ([0, 1, 1, 0], [0], 0),
        ([3, 4], [4, 3], 0),
        ([0, 0], [0], 1),
        ([1, 1], [1, 1], 1),
        ([1, 1], [2], 1),
    ],
)
def test_streams_are_seen(during: list[int], after: list[int], count: int) -> None:
    """A gauge that stays at nought, or does not come down, is wrong."""
    shown = [answer(f"open {value}\n") for value in [*during, *after]]
    assert len(said(metrics.streams_are_seen("open", len(after)), shown)) == count


def test_a_stream_needs_scrapes_on_both_sides() -> None:
    """Without a scrape during the stream, or after it, nothing is compared."""
    for after in (0, 1):
        with pytest.raises(NotEvaluable):
            said(metrics.streams_are_seen("open", after), [answer("open 1\n")])


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [([0, 1], [3, 2, 0], 0), ([1, 0], [3, 1], 0), ([0, 0], [3, 2], 1), ([4, 2], [5, 4], 1)],
)
def test_left_streams_end(before: list[int], after: list[int], count: int) -> None:
    """A gauge that never comes near what it was before is wrong; one more may be somebody else's."""
    shown = [answer(f"open {value}\n") for value in [*before, *after]]
    assert len(said(figures.left_streams_end("open", len(before)), shown)) == count


def test_left_streams_need_a_look_afterwards() -> None:
    """Without a scrape after it, nothing is compared."""
    with pytest.raises(NotEvaluable):
        said(figures.left_streams_end("open", 1), [answer("open 1\n")])


def test_series_are_bounded() -> None:
    """A few new series are somebody else's; one for each path is wrong."""
    few = "".join(f'n{{route="/{number}"}} 1\n' for number in range(6))
    many = "".join(f'n{{route="/{number}"}} 1\n' for number in range(20))
    first = answer('n{route="/0"} 1\n')
    assert said(metrics.series_are_bounded, [first, answer({}), answer(few)]) == []
    assert said(metrics.series_are_bounded, [first, *[answer({})] * 3, answer(many)]) == [
        "n has 19 new series after 3 paths that do not exist, 5 at most expected"
    ]
