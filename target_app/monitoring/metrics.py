"""
What the service counts about itself. Each application has its own registry.

Several workers count into files of a shared folder, one set a worker, and each can add all of them up. Counts of
a worker that died stay in, so that no sum falls. A gauge either adds up the workers that live, or is what was
set last.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import psutil
from fastapi import Depends, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.samples import Sample

# prometheus_client reads it when it is imported, so it is set before a worker starts.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Each is a line for each route, in each scrape. A stream takes seconds, all else a small part of one.
BUCKETS_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

# Workers that share their counts do not say when each count began; so nobody does.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types here


class Metrics:
    """Every number that is counted, by name."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "http_requests",
            "Answered requests",
            ("method", "route", "status"),
            registry=registry,
        )
        self.duration = Histogram(
            "http_request_duration_seconds",
            "Time from the request to the end of its answer",
            ("method", "route"),
            buckets=BUCKETS_S,
            registry=registry,
        )
        self.active_streams = Gauge(
            "chat_active_streams", "Answers being streamed now", registry=registry, multiprocess_mode="livesum"
        )
        self.messages = Counter("chat_messages", "Messages sent by members", registry=registry)
        self.tokens = Counter("chat_tokens", "Tokens read and written by models", ("kind",), registry=registry)
        self.provider_calls = Counter(
            "chat_provider_calls",
            "Calls of a model provider, by how they ended",
            ("provider", "outcome"),
            registry=registry,
        )
        self.provider_seconds = Counter(
            "chat_provider_busy_seconds",
            "Time spent in calls of a model provider",
            ("provider",),
            registry=registry,
        )
        self.cache_lookups = Counter(
            "chat_cache_lookups",
            "Questions looked up in the cache: exact and semantic hits, and misses",
            ("result",),
            registry=registry,
        )
        self.cost = Counter("chat_cost_usd", "What the models' tokens cost, in dollars", registry=registry)
        self.cost_saved = Counter("chat_cost_saved_usd", "What answers from the cache saved", registry=registry)
        self.mails_failed = Counter("mails_failed", "Mails that could not be sent", registry=registry)
        self.errors = Counter("unexpected_errors", "Errors that no code expected", registry=registry)

        self.provider_up = Gauge(
            "chat_provider_up",
            "1 if the last call of a model provider went well, else 0",
            ("provider",),
            registry=registry,
            multiprocess_mode="mostrecent",
        )

    def whole(self) -> CollectorRegistry:
        """Return the counts of all workers."""
        folder = os.environ.get(SHARED_FOLDER)
        if folder is None:
            return self.registry
        for pid in {int(path.stem.rpartition("_")[2]) for path in Path(folder).glob("*.db")}:
            if not psutil.pid_exists(pid):
                forget_worker(pid)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]  # the library has no types here
        return registry

    def record_provider(self, provider: str, *, ok: bool, seconds: float) -> None:
        """Count one call of a model provider."""
        self.provider_calls.labels(provider=provider, outcome="ok" if ok else "error").inc()
        self.provider_seconds.labels(provider=provider).inc(seconds)
        self.provider_up.labels(provider=provider).set(ok)

    def figures(self) -> "Figures":
        """Return what all workers counted so far, to be read from."""
        return Figures(self.whole())


class Figures:
    """What was counted up to a moment; collected once, however much is read of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._families = {family.name: family for family in registry.collect()}

    def total(self, name: str, **labels: str) -> int:
        """Add up the samples of a counter or gauge that carry these labels."""
        return int(self._sum(name, labels))

    def amount(self, name: str) -> float:
        """Give a sum that is not counted in whole numbers."""
        return self._sum(name, {})

    def providers(self) -> list[dict[str, Any]]:
        """Say how each provider has done: name, status, requests, errors, latency in milliseconds."""
        names = {sample.labels["provider"] for sample in self._samples("chat_provider_up")}
        return [self._provider(name) for name in sorted(names)]

    def _provider(self, name: str) -> dict[str, Any]:
        requests = self.total("chat_provider_calls", provider=name)
        return {
            "name": name,
            "status": "pass" if self.total("chat_provider_up", provider=name) else "fail",
            "requests": requests,
            "errors": self.total("chat_provider_calls", provider=name, outcome="error"),
            "latency_ms": round(self._sum("chat_provider_busy_seconds", {"provider": name}) / requests * 1000, 1),
        }

    def _sum(self, name: str, labels: Mapping[str, str]) -> float:
        return sum(sample.value for sample in self._samples(name) if labels.items() <= sample.labels.items())

    def _samples(self, name: str) -> list[Sample]:
        return self._families[name].samples if name in self._families else []


def forget_worker(pid: int) -> None:
    """Leave a worker that died out of what is true now; what it counted stays."""
    if SHARED_FOLDER in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library has no types here


async def get_metrics(request: Request) -> Metrics:
    """Return the metrics of the running service."""
    metrics: Metrics = request.app.state.metrics
    return metrics


Measures = Annotated[Metrics, Depends(get_metrics)]
