"""Health and metrics: what they say, to whom, and whether it is true."""

import os
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from target_app import __version__
from target_app.accounts.mail import Mailer
from target_app.database import Database
from target_app.monitoring.metrics import Metrics

OPERATIONS = ["/metrics", "/metrics/providers", "/metrics/usage", "/metrics/system"]


class DeadModels:
    """Providers none of which works."""

    async def probe(self) -> None:
        """Fail at once."""
        raise ConnectionError


async def samples(operator: httpx.AsyncClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Read the metrics as a scraper does."""
    text = (await operator.get("/metrics")).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


async def test_live(client: httpx.AsyncClient) -> None:
    """The process says that it is alive, in the media type of health checks."""
    answer = await client.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "pass"})
    assert answer.headers["content-type"] == "application/health+json"


async def test_health_names_the_build(client: httpx.AsyncClient) -> None:
    """The build is the one of the settings."""
    answer = await client.get("/health")

    assert answer.json() == {"status": "pass", "version": __version__, "releaseId": "build-1"}


async def test_ready(client: httpx.AsyncClient) -> None:
    """A service whose parts work is ready, and says which it asked."""
    answer = await client.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (200, "pass")
    assert {name: check["status"] for name, check in answer.json()["checks"].items()} == {
        "database": "pass",
        "store": "pass",
        "model": "pass",
    }


async def test_not_ready_without_the_store(
    client: httpx.AsyncClient, app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the store does not answer the service is not ready, yet alive."""
    monkeypatch.setattr(app.state, "database", Database(f"sqlite+aiosqlite:///{tmp_path}/missing/chat.db"))
    answer = await client.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (503, "fail")
    assert answer.json()["checks"]["database"]["status"] == "fail"
    assert answer.json()["checks"]["model"]["status"] == "pass"
    assert (await client.get("/health/live")).status_code == 200


async def test_not_ready_without_the_model(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If no model answers the service is not ready."""
    with monkeypatch.context() as patched:
        patched.setattr(app.state, "providers", DeadModels())
        answer = await client.get("/health/ready")

    assert (answer.status_code, answer.json()["checks"]["model"]["status"]) == (503, "fail")
    assert answer.headers["content-type"] == "application/health+json"


@pytest.mark.parametrize("path", OPERATIONS)
@pytest.mark.parametrize("token", [None, "Bearer wrong", "Basic operator-token", "Bearer ", "Bearer ö"])
async def test_metrics_are_for_the_operator(
    client: httpx.AsyncClient, operator: httpx.AsyncClient, path: str, token: str | None
) -> None:
    """Without the operator's token there is nothing to see; with it there is."""
    headers = {} if token is None else {b"Authorization": token.encode()}
    refused = await client.get(path, headers=headers)

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer ")
    assert (await operator.get(path)).status_code == 200


async def test_a_member_is_not_the_operator(alice: httpx.AsyncClient) -> None:
    """A session does not open the metrics."""
    assert (await alice.get("/metrics")).status_code == 401


async def test_requests_are_counted_by_route(operator: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """Each answer counts under its method, route template and status; unknown paths share one name."""
    conversation = (await alice.post("/conversations", json={"title": "x"})).json()["id"]
    await alice.get(f"/conversations/{conversation}/messages")
    await alice.get(f"/conversations/{conversation}")
    await alice.get("/nowhere/1")
    await alice.get("/nowhere/2")
    await alice.request("BREW", "/nowhere/3")
    found = await samples(operator)

    def count(method: str, route: str, status: str) -> float:
        labels = {"method": method, "route": route, "status": status}
        return found["http_requests_total", frozenset(labels.items())]

    assert count("GET", "/conversations/{conversation_id}", "200") == 1
    assert count("GET", "/conversations/{conversation_id}/messages", "200") == 1
    assert count("GET", "unmatched", "404") == 2
    assert count("OTHER", "unmatched", "404") == 1
    assert found["http_request_duration_seconds_count", frozenset({("method", "GET"), ("route", "unmatched")})] == 2


async def test_metrics_are_openmetrics(operator: httpx.AsyncClient) -> None:
    """The text is OpenMetrics and says so."""
    answer = await operator.get("/metrics")

    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")


async def test_usage_counts_what_members_do(operator: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """A message moves the counters of messages and tokens."""
    before = (await operator.get("/metrics/usage")).json()
    conversation = (await alice.post("/conversations", json={"title": "x"})).json()["id"]
    await alice.post(f"/conversations/{conversation}/messages", json={"content": "Count to 5"})
    after = (await operator.get("/metrics/usage")).json()

    assert before["users_total"] == after["users_total"] == 1
    assert after["messages_total"] - before["messages_total"] == 1
    assert after["tokens_total"] - before["tokens_total"] >= 5
    assert after["active_streams"] == 0


async def test_providers_tell_calls_and_errors(operator: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """A provider that answered and then failed shows both."""
    conversation = (await alice.post("/conversations", json={"title": "x"})).json()["id"]
    for content in ("Count to 2", "/fail-midway"):
        await alice.post(f"/conversations/{conversation}/messages", json={"content": content})
    (provider,) = (await operator.get("/metrics/providers")).json()["providers"]

    assert (provider["name"], provider["requests"], provider["errors"]) == ("scripted", 2, 1)
    assert provider["status"] == "fail"


def test_the_latency_of_a_provider_is_its_mean() -> None:
    """Two calls of 100 and 300 ms took 200 ms in the mean, and the last decides the status."""
    metrics = Metrics()
    metrics.record_provider("one", ok=False, seconds=0.1)
    metrics.record_provider("one", ok=True, seconds=0.3)
    metrics.record_provider("other", ok=True, seconds=1)

    assert metrics.figures().providers() == [
        {"name": "one", "status": "pass", "requests": 2, "errors": 1, "latency_ms": 200.0},
        {"name": "other", "status": "pass", "requests": 1, "errors": 0, "latency_ms": 1000.0},
    ]


async def test_system_is_this_process(operator: httpx.AsyncClient) -> None:
    """The numbers are those of the process that answers."""
    found = (await operator.get("/metrics/system")).json()

    assert found["pid"] == os.getpid()
    assert found["uptime_s"] > 0
    assert found["memory_bytes"] > 1_000_000
    assert 0 < found["memory_percent"] < 100


async def test_a_mail_that_fails_is_counted(
    client: httpx.AsyncClient, operator: httpx.AsyncClient, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    """With the mail server away a sign-up is accepted; the failure is counted, and logged without the address."""
    nowhere = app.state.settings.model_copy(update={"smtp_port": 1})
    app.state.mailer = Mailer(nowhere, app.state.metrics)
    answer = await client.post("/auth/signup", json={"email": "carol@example.org", "password": "x" * 12})
    await app.state.mailer.drain(5)

    assert answer.status_code == 202
    assert (await operator.get("/metrics/usage")).json()["mails_failed_total"] == 1
    assert "could not be sent" in caplog.text
    assert "carol" not in caplog.text
