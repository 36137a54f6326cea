"""Each check of health is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks import health
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Headers, Request
from gonogo.trouble import NotEvaluable


def answer(
    status: int | None = 200,
    body: object = None,
    *,
    operation: str = "health",
    fields: tuple[tuple[str, str], ...] = (),
    media_type: str = "application/health+json",
) -> Exchange:
    """What an endpoint answered; 200 is what the profile promises. A text of a plain type is sent as it is."""
    plain = media_type == "text/plain"
    return Exchange(
        id="x-1",
        person="anybody",
        request=Request(operation=operation, method="GET", url="https://chat.example.com/health"),
        status=status,
        headers=Headers((*fields, ("Content-Type", media_type))),
        body=(str(body) if plain else json.dumps(body)).encode(),
        failure=None if status else "the connection was refused",
        expected=(200,),
    )


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


DRAFT = "health+json"
LISTS = [
    health.says_that_it_is_well,
    health.status_agrees_with_code(DRAFT),
    health.has_its_shape(DRAFT),
    health.is_open_to_probes,
    health.gives_nothing_away,
]


@pytest.mark.parametrize("check", LISTS)
def test_no_endpoint_is_no_pass(check: Check[Any, []] | Bound[Any]) -> None:
    """Where no health endpoint was asked, nothing can be said."""
    with pytest.raises(NotEvaluable):
        said(check, [])


@pytest.mark.parametrize("check", LISTS)
def test_a_healthy_service_is_right(check: Check[Any, []] | Bound[Any]) -> None:
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


@pytest.mark.parametrize("word", ["unknown", "starting", "UNKNOWN", "something else"])
def test_a_word_that_nobody_knows_is_left_to_the_code(word: str) -> None:
    """Where no format is promised the promised status counts; a word that is plainly bad contradicts it."""
    strange = answer(200, {"status": word})
    assert said(health.says_that_it_is_well, [strange]) == []
    assert said(health.says_that_it_is_well, [strange, answer(503)]) == ["health answered 503, promised 200"]
    assert said(health.says_that_it_is_well, [strange, answer(200, {"ok": False})]) == [
        "health (GET, 200) says ok: false, pass expected"
    ]


@pytest.mark.parametrize(
    ("text", "flaw"),
    [("OK", ""), ("Healthy\n", ""), ("all systems go", ""), ("DOWN", "down"), ("not ready", "not ready")],
)
def test_a_plain_text_is_read_as_a_word(text: str, flaw: str) -> None:
    """A text that is one word of bad news is as bad as a document that says so."""
    complaints = [f"health (GET, 200) says {flaw}, pass expected"] if flaw else []
    assert said(health.says_that_it_is_well, [answer(200, text, media_type="text/plain")]) == complaints


@pytest.mark.parametrize(
    ("promised", "status", "body", "count"),
    [
        (DRAFT, 200, "pass", 0),
        (DRAFT, 200, "Warn", 0),
        (DRAFT, 503, "fail", 0),
        (DRAFT, 500, "error", 0),
        (DRAFT, 200, "fail", 1),
        (DRAFT, 503, "pass", 1),
        (DRAFT, 200, "great", 1),
        (DRAFT, 200, "unknown", 1),
        ("spring", 200, "UP", 0),
        ("spring", 200, "UNKNOWN", 0),
        ("spring", 503, "DOWN", 0),
        ("spring", 503, "OUT_OF_SERVICE", 0),
        ("spring", 200, "OUT_OF_SERVICE", 1),
        ("spring", 503, "UP", 1),
        ("spring", 200, "pass", 1),
        ("plain", 200, "anything", 0),
        ("plain", 200, "down", 1),
        ("plain", 503, "fine", 1),
        ("plain", 503, "unavailable", 0),
    ],
)
def test_status_and_code_agree(promised: str, status: int, body: str, count: int) -> None:
    """Both good or both bad is right, in any case of letters; a word that the promised format lacks is wrong."""
    assert len(said(health.status_agrees_with_code(promised), [answer(status, {"status": body})])) == count


@pytest.mark.parametrize(
    ("status", "body", "count"),
    [
        (200, {"status": "ok"}, 0),
        (200, {"status": "Wonderful"}, 0),
        (200, {"healthy": True, "version": "7"}, 0),
        (503, {"ok": False}, 0),
        (503, {"status": "not ready"}, 0),
        (200, {"healthy": False}, 1),
        (200, {"status": "unhealthy"}, 1),
        (503, {"ok": True}, 1),
        (200, {"version": "7"}, 1),
        (200, ["ok"], 1),
    ],
)
def test_any_document_says_how_it_is(status: int, body: object, count: int) -> None:
    """A document in words of its own must say how the service is, as a word or as yes or no, and its code the same."""
    assert len(said(health.status_agrees_with_code("json"), [answer(status, body)])) == count


@pytest.mark.parametrize("body", [{"ok": True}, {"status": 200}, ["pass"]])
def test_a_promised_status_is_missed(body: object) -> None:
    """Where no body has a status, a promise is broken: nothing is left open."""
    assert said(health.status_agrees_with_code(DRAFT), [answer(200, body)]) == [
        "no health endpoint has a status in its body, health+json promised"
    ]


@pytest.mark.parametrize(
    ("promised", "media_type", "body", "count"),
    [
        (DRAFT, "application/json", {"status": "pass"}, 0),
        (DRAFT, "application/health+json", {"status": "pass"}, 0),
        (DRAFT, "text/html", {"status": "pass"}, 1),
        (DRAFT, "", {"status": "pass"}, 1),
        (DRAFT, "application/json", {"ok": True}, 1),
        ("spring", "application/vnd.spring-boot.actuator.v3+json", {"status": "UP"}, 0),
        ("spring", "text/plain", "UP", 1),
        ("json", "application/json", {"status": "ok"}, 0),
        ("json", "application/json", {"alive": True}, 0),
        ("json", "application/json", {"uptime": 7}, 1),
        ("json", "text/plain", {"status": "ok"}, 1),
        ("plain", "text/plain", "OK", 0),
        ("plain", "text/plain", "", 0),
        ("plain", "text/html", "OK", 1),
    ],
)
def test_health_has_its_shape(promised: str, media_type: str, body: object, count: int) -> None:
    """Each format has its media types; those with a status miss it where it is not."""
    shown = answer(200, body, media_type=media_type)
    assert len(said(health.has_its_shape(promised), [shown])) == count


FINE = {"status": "pass"}


@pytest.mark.parametrize(
    ("used", "ready", "count"),
    [
        ([answer(200), answer(200)], answer(200, FINE), 0),
        ([answer(500)], answer(200, FINE), 1),
        ([answer(None)], answer(200, FINE), 1),
        ([answer(200), answer(404)], answer(200, FINE), 1),
        ([answer(500)], answer(503, {"status": "fail"}), 0),
        ([answer(500)], answer(200, {"status": "fail"}), 0),
    ],
)
def test_ready_means_ready(used: list[Exchange], ready: Exchange, count: int) -> None:
    """Readiness that is green beside a write or a read that fails is wrong; one that is red beside it is honest."""
    assert len(said(health.ready_means_ready, [*used, ready])) == count


@pytest.mark.parametrize("used", [[], [answer(429)], [answer(200), answer(403)]])
def test_what_could_not_be_tried_says_nothing_of_readiness(used: list[Exchange]) -> None:
    """A spent limit or a dead session is no broken store."""
    with pytest.raises(NotEvaluable):
        said(health.ready_means_ready, [*used, answer(200, FINE)])


def test_health_is_open() -> None:
    """Each endpoint that refused is named, with how often and how; other failures are not its business."""
    shown = [answer(200), answer(429), answer(429), answer(503), answer(401, operation="health_live")]
    assert said(health.is_open_to_probes, shown) == [
        "health refused 2 of 4 probes, first with 429; none expected",
        "health_live refused 1 of 1 probes, first with 401; none expected",
    ]


def left(count: int) -> Exchange:
    """A probe after which so many requests are left."""
    return answer(200, fields=(("X-RateLimit-Remaining", str(count)),))


def test_health_spends_no_limit() -> None:
    """What is left must not fall with each probe; a limit that says always the same is not spent."""
    assert said(health.is_open_to_probes, [left(9), left(8), left(7)]) == [
        "3 probes of health spent a limit, from 9 to 7 left; none expected"
    ]
    assert said(health.is_open_to_probes, [left(9), left(9), left(9)]) == []
    assert said(health.is_open_to_probes, [left(9)]) == []
    assert said(health.is_open_to_probes, [left(9), answer(200)]) == []


def test_one_build_answers() -> None:
    """Two builds are one too many, each told with how often it answered; none at all tells nothing."""
    check = health.one_build_answers("json:/releaseId")
    new, old = answer(200, {"releaseId": "b2"}), answer(200, {"releaseId": "b1"})
    assert said(check, [new] * 10) == []
    assert said(check, [new, new, old]) == [
        "3 answers over connections of their own came from 2 builds: 2 from b2, 1 from b1"
    ]
    with pytest.raises(NotEvaluable):
        said(check, [answer(503), answer(200, {"releaseId": " "})])


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


def test_head_is_answered_alike() -> None:
    """HEAD has the status and the type that GET has, and no body."""
    asked = answer(200, {"status": "pass"})
    bare = {"body": b""}

    def head(status: int = 200, media_type: str = "application/health+json") -> Exchange:
        return Exchange(**{**answer(status, media_type=media_type).__dict__, **bare})

    assert said(health.head_is_answered_alike, [(asked, head())]) == []
    for wrong in (head(405), head(media_type="text/html"), asked):
        assert len(said(health.head_is_answered_alike, [(asked, wrong)])) == 1
    with pytest.raises(NotEvaluable):
        said(health.head_is_answered_alike, [])
