"""What the service counts about itself. Each application has its own registry."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.samples import Sample


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
            registry=registry,
        )
        self.active_streams = Gauge("chat_active_streams", "Answers being streamed now", registry=registry)
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
        )

    def record_provider(self, provider: str, *, ok: bool, seconds: float) -> None:
        """Count one call of a model provider."""
        self.provider_calls.labels(provider=provider, outcome="ok" if ok else "error").inc()
        self.provider_seconds.labels(provider=provider).inc(seconds)
        self.provider_up.labels(provider=provider).set(ok)

    def total(self, name: str, **labels: str) -> int:
        """Add up the samples of a counter or gauge that carry these labels."""
        return int(self._sum(name, labels))

    def amount(self, name: str) -> float:
        """Give a sum that is not counted in whole numbers."""
        return self._sum(name, {})

    def providers(self) -> list[dict[str, Any]]:
        """Say how each provider has done: name, status, requests, errors, latency in milliseconds."""
        names = {sample.labels["provider"] for sample in _samples(self.provider_up)}
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
        return sum(
            sample.value
            for family in self.registry.collect()
            if family.name == name
            for sample in family.samples
            if not sample.name.endswith("_created") and labels.items() <= sample.labels.items()
        )


def _samples(metric: Gauge) -> list[Sample]:
    return [sample for family in metric.collect() for sample in family.samples]


def get_metrics(request: Request) -> Metrics:
    """Return the metrics of the running service."""
    metrics: Metrics = request.app.state.metrics
    return metrics


Measures = Annotated[Metrics, Depends(get_metrics)]
