"""Each fault of health, metrics and error tracking lies where it says, and nowhere else."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from target_app.fault import REGISTRY, choose, install
from target_app.faults import figures, health, metrics, tracker
from target_app.monitoring import observe
from target_app.protection import limits

Event = dict[str, Any]


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    monkeypatch.setattr(observe, "route_template", observe.route_template)
    monkeypatch.setattr(limits, "is_limited", limits.is_limited)
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


@pytest.fixture
def events(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What the service would have sent to its tracker."""
    kept: list[Event] = []
    client = app.state.tracker.client
    scrub = client.options["before_send"]

    def capture(event: Event, **_: Any) -> None:  # noqa: ANN401  whatever the client gives
        kept.append(scrub({"release": client.options["release"], **event}, None))

    monkeypatch.setattr(client, "capture_event", capture)
    return kept


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


def test_every_fault_of_these_families_is_tested_here() -> None:
    """No fault of these families lacks a test in this file."""
    modules = {one.__name__ for one in (figures, health, metrics, tracker)}
    ours = {name for name, fault in REGISTRY.items() if fault.unit.__module__ in modules}
    assert ours == {
        *("health.fails-with-200", "health.leaks", "health.nameless", "health.needs-session"),
        *("health.ready-lies", "health.two-builds", "health.limited", "health.page", "health.no-head"),
        *("metrics.public", "metrics.open-to-members", "metrics.unparsable", "metrics.doubled-series"),
        *("metrics.leaks-email", "metrics.raw-paths", "metrics.miscounts", "metrics.counts-twice"),
        *("metrics.frozen-usage", "metrics.provider-missing", "metrics.provider-down"),
        *("metrics.frozen-tokens", "metrics.failures-unseen"),
        *("metrics.impossible-system", "metrics.dead-system"),
        *("metrics.per-worker", "metrics.errors-as-good", "metrics.refusals-unseen"),
        *("metrics.streams-unseen", "metrics.streams-leak"),
        *("tracker.silent", "tracker.no-release", "tracker.wrong-release", "tracker.leaks-cookie"),
    }


@with_fault("health.fails-with-200")
async def test_fails_with_200(client: httpx.AsyncClient) -> None:
    """Readiness says fail, with a good code."""
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "fail")
    assert (await client.get("/health")).json()["status"] == "pass"


@with_fault("health.no-head")
async def test_no_head(client: httpx.AsyncClient) -> None:
    """Health refuses HEAD, and nothing else does."""
    assert ((await client.head("/health")).status_code, (await client.get("/health")).status_code) == (405, 200)
    assert (await client.head("/billing/plans")).status_code == 200


@with_fault("metrics.frozen-tokens")
async def test_frozen_tokens(operator: httpx.AsyncClient, app: FastAPI) -> None:
    """Messages are counted, tokens are not."""
    app.state.metrics.messages.inc()
    app.state.metrics.tokens.labels(kind="prompt").inc(7)
    told = (await operator.get("/metrics/usage")).json()
    assert (told["messages_total"], told["tokens_total"]) == (1, 0)


@with_fault("metrics.failures-unseen")
async def test_failures_unseen(operator: httpx.AsyncClient, app: FastAPI) -> None:
    """A provider that failed is said to be well."""
    app.state.metrics.record_provider("scripted", ok=False, seconds=0.1)
    (told,) = (await operator.get("/metrics/providers")).json()["providers"]
    assert (told["status"], told["requests"], told["errors"]) == ("pass", 1, 0)


@with_fault("health.leaks")
async def test_health_leaks(client: httpx.AsyncClient) -> None:
    """Readiness names the database with its password."""
    assert "postgresql://chat:s3cr3t@" in (await client.get("/health/ready")).json()["output"]


@with_fault("health.nameless")
async def test_nameless(client: httpx.AsyncClient) -> None:
    """No build is named; the rest is there."""
    assert (await client.get("/health")).json().keys() == {"status", "version"}


@with_fault("health.needs-session")
async def test_needs_session(client: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """Only who is signed in may ask whether the service lives."""
    answers = [await client.get("/health/live"), await alice.get("/health/live"), await client.get("/health")]
    assert [answer.status_code for answer in answers] == [401, 200, 200]


@with_fault("health.ready-lies")
async def test_ready_lies(client: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """No conversation can be written, everything else goes on, and readiness is green."""
    assert (await alice.post("/conversations", json={"title": "a"})).status_code == 500
    assert (await alice.post("/projects", json={"name": "a"})).status_code == 201
    assert (await client.get("/health/ready")).json()["status"] == "pass"


@with_fault("health.two-builds")
async def test_two_builds(client: httpx.AsyncClient) -> None:
    """The build that is asked for once is the right one; whoever asks often meets two."""
    builds = [(await client.get("/health")).json()["releaseId"] for _ in range(10)]
    assert builds[:2] == ["build-1", "build-1"]
    assert set(builds) == {"build-1", "the-one-before"}


@with_fault("health.limited")
async def test_limited(client: httpx.AsyncClient) -> None:
    """Each probe takes one from what is left."""
    left = [int((await client.get("/health")).headers["x-ratelimit-remaining"]) for _ in range(3)]
    assert left == [left[0], left[0] - 1, left[0] - 2]


@with_fault("health.page")
async def test_page(client: httpx.AsyncClient) -> None:
    """Liveness is a page by its type, readiness is not."""
    answers = [await client.get("/health/live"), await client.get("/health/ready")]
    assert [answer.headers["content-type"] for answer in answers] == ["text/html", "application/health+json"]


@pytest.mark.parametrize(
    ("app", "statuses"),
    [(None, (401, 401)), ("metrics.public", (200, 200)), ("metrics.open-to-members", (401, 200))],
    indirect=["app"],
)
async def test_who_reads_the_metrics(
    client: httpx.AsyncClient, alice: httpx.AsyncClient, statuses: tuple[int, int]
) -> None:
    """Strangers, or only members, get what is for the operator."""
    answers = await client.get("/metrics/usage"), await alice.get("/metrics/usage")
    assert tuple(answer.status_code for answer in answers) == statuses


@with_fault("metrics.unparsable")
async def test_unparsable(operator: httpx.AsyncClient) -> None:
    """The end mark is missing."""
    assert not (await operator.get("/metrics")).text.endswith("# EOF\n")


@with_fault("metrics.doubled-series")
async def test_doubled_series(operator: httpx.AsyncClient) -> None:
    """One line comes twice."""
    lines = (await operator.get("/metrics")).text.splitlines()
    assert len([line for line in lines if line.startswith("chat_messages_total ")]) == 2


@with_fault("metrics.leaks-email")
@pytest.mark.usefixtures("alice")
async def test_leaks_email(operator: httpx.AsyncClient) -> None:
    """A member's address is in the exposition."""
    text = (await operator.get("/metrics")).text
    assert 'email="alice@example.org"' in text
    assert text.endswith("# EOF\n")


@with_fault("metrics.raw-paths")
async def test_raw_paths(operator: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """A conversation's id is in the exposition."""
    made = (await alice.post("/conversations", json={"title": "a"})).json()["id"]
    await alice.get(f"/conversations/{made}")
    assert made in (await operator.get("/metrics")).text


async def counted(operator: httpx.AsyncClient, path: str, times: int) -> float:
    """Ask for a path so many times; how many of them are counted."""
    for _ in range(times):
        await operator.get(path)
    lines = (await operator.get("/metrics")).text.splitlines()
    series = f'http_requests_total{{method="GET",route="{path}",status="200"}} '
    return sum(float(line.removeprefix(series)) for line in lines if line.startswith(series))


@pytest.mark.parametrize(
    ("app", "count"), [(None, 6), ("metrics.miscounts", 4), ("metrics.counts-twice", 12)], indirect=["app"]
)
async def test_miscounts(operator: httpx.AsyncClient, count: int) -> None:
    """Six requests are counted as fewer, or as more."""
    assert await counted(operator, "/billing/plans", 6) == count


@with_fault("metrics.frozen-usage")
async def test_frozen_usage(operator: httpx.AsyncClient, app: FastAPI) -> None:
    """What is counted is not told."""
    before = (await operator.get("/metrics/usage")).json()
    app.state.metrics.messages.inc()
    assert (await operator.get("/metrics/usage")).json() == before


@pytest.mark.parametrize(
    ("app", "statuses"),
    [(None, ["pass"]), ("metrics.provider-missing", []), ("metrics.provider-down", ["fail"])],
    indirect=["app"],
)
async def test_providers(operator: httpx.AsyncClient, app: FastAPI, statuses: list[str]) -> None:
    """The provider that works is missing, or said to be down."""
    app.state.metrics.record_provider("scripted", ok=True, seconds=0.1)
    told = (await operator.get("/metrics/providers")).json()["providers"]
    assert [provider["status"] for provider in told] == statuses


@with_fault("metrics.impossible-system")
async def test_impossible_system(operator: httpx.AsyncClient) -> None:
    """The process has no memory and becomes younger."""
    first, second = [(await operator.get("/metrics/system")).json() for _ in range(2)]
    assert first["memory_bytes"] == 0
    assert second["uptime_s"] < first["uptime_s"]


@with_fault("metrics.dead-system")
async def test_dead_system(operator: httpx.AsyncClient) -> None:
    """Every number stays what it was."""
    first, second = [(await operator.get("/metrics/system")).json() for _ in range(2)]
    assert first == second


@with_fault("metrics.per-worker")
async def test_per_worker(operator: httpx.AsyncClient) -> None:
    """Every other scrape knows nothing of what was measured before; the counts stay."""
    await operator.get("/billing/plans")
    first, second = [(await operator.get("/metrics")).text for _ in range(2)]
    measured = 'http_request_duration_seconds_count{method="GET",route="/billing/plans"} '
    assert [text.split(measured)[1].split()[0] for text in (first, second)] == ["1.0", "0.0"]
    assert "http_requests_total{" in second


async def seen(operator: httpx.AsyncClient, route: str) -> set[str]:
    """The statuses under which a route's requests are counted."""
    lines = (await operator.get("/metrics")).text.splitlines()
    return {line.split('status="')[1][:3].rstrip('"') for line in lines if line.startswith(route)}


@pytest.mark.parametrize(("app", "status"), [(None, "500"), ("metrics.errors-as-good", "200")], indirect=["app"])
async def test_errors_as_good(operator: httpx.AsyncClient, status: str) -> None:
    """A crash is counted as 200."""
    await operator.post("/ops/error")
    assert await seen(operator, 'http_requests_total{method="POST",route="/ops/error"') == {status}


@pytest.mark.parametrize(("app", "status"), [(None, "429"), ("metrics.refusals-unseen", "0")], indirect=["app"])
async def test_refusals_unseen(operator: httpx.AsyncClient, app: FastAPI, status: str) -> None:
    """What the limit refuses is counted without its status."""
    app.state.windows["api"].limit = 0
    assert (await operator.get("/billing/plans")).status_code == 429
    lines = (await operator.get("/metrics")).text
    assert f'status="{status}"' in lines


@pytest.mark.parametrize(
    ("app", "shown"),
    [(None, ["1.0", "0.0"]), ("metrics.streams-unseen", ["0.0", "0.0"]), ("metrics.streams-leak", ["1.0", "1.0"])],
    indirect=["app"],
)
async def test_streams(operator: httpx.AsyncClient, app: FastAPI, shown: list[str]) -> None:
    """The gauge stays at nought, or where it was highest."""
    app.state.metrics.active_streams.inc()
    during = (await operator.get("/metrics")).text
    app.state.metrics.active_streams.dec()
    after = (await operator.get("/metrics")).text
    assert [text.split("\nchat_active_streams ")[1].split()[0] for text in (during, after)] == shown


@with_fault("tracker.silent")
async def test_silent(operator: httpx.AsyncClient, events: list[Event]) -> None:
    """An error is answered, and not reported."""
    assert (await operator.post("/ops/error")).status_code == 500
    assert events == []


@pytest.mark.parametrize(
    ("app", "release"),
    [(None, "build-1"), ("tracker.no-release", None), ("tracker.wrong-release", "the-one-before")],
    indirect=["app"],
)
async def test_release(operator: httpx.AsyncClient, events: list[Event], release: str | None) -> None:
    """A report names no build, or the wrong one."""
    await operator.post("/ops/error")
    assert [event.get("release") for event in events] == [release]


@with_fault("tracker.leaks-cookie")
async def test_leaks_cookie(operator: httpx.AsyncClient, events: list[Event]) -> None:
    """A report holds the cookies of the request."""
    await operator.post("/ops/error", headers={"Cookie": "session=s3cr3t"})
    assert [event["request"]["headers"]["cookie"] for event in events] == ["session=s3cr3t"]
