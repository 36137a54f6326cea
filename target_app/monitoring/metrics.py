"""What the service counts about itself. Each application has its own registry."""

from typing import Annotated

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


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
        self.mails_failed = Counter("mails_failed", "Mails that could not be sent", registry=registry)
        self.errors = Counter("unexpected_errors", "Errors that no code expected", registry=registry)

    def record_provider(self, provider: str, *, ok: bool, seconds: float) -> None:
        """Count one call of a model provider."""
        self.provider_calls.labels(provider=provider, outcome="ok" if ok else "error").inc()
        self.provider_seconds.labels(provider=provider).inc(seconds)


def get_metrics(request: Request) -> Metrics:
    """Return the metrics of the running service."""
    metrics: Metrics = request.app.state.metrics
    return metrics


Measures = Annotated[Metrics, Depends(get_metrics)]
