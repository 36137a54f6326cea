"""Each fault of health, metrics and error tracking lies where it says, and nowhere else."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from target_app.fault import REGISTRY, choose, install
from target_app.faults import health, metrics, tracker
from target_app.monitoring import observe

Event = dict[str, Any]


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    monkeypatch.setattr(observe, "route_template", observe.route_template)
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
    modules = {health.__name__, metrics.__name__, tracker.__name__}
    ours = {name for name, fault in REGISTRY.items() if fault.unit.__module__ in modules}
    assert ours == {
        *("health.fails-with-200", "health.leaks", "health.nameless", "health.needs-session"),
        *("metrics.public", "metrics.open-to-members", "metrics.unparsable", "metrics.doubled-series"),
        *("metrics.leaks-email", "metrics.raw-paths", "metrics.miscounts", "metrics.counts-twice"),
        *("metrics.frozen-usage", "metrics.provider-missing", "metrics.provider-down"),
        *("metrics.impossible-system", "metrics.dead-system"),
        *("tracker.silent", "tracker.no-release", "tracker.wrong-release", "tracker.leaks-cookie"),
    }


@with_fault("health.fails-with-200")
async def test_fails_with_200(client: httpx.AsyncClient) -> None:
    """Readiness says fail, with a good code."""
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "fail")
    assert (await client.get("/health")).json()["status"] == "pass"


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
