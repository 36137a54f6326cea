"""The catalogue of checks, one family a file. A family that is not imported here does not exist."""

from checks import (
    auth,
    chat,
    csrf,
    exports,
    exposure,
    features,
    headers,
    health,
    metrics,
    operation,
    payment,
    rate,
    stream,
    tracker,
)

__all__ = [
    "auth",
    "chat",
    "csrf",
    "exports",
    "exposure",
    "features",
    "headers",
    "health",
    "metrics",
    "operation",
    "payment",
    "rate",
    "stream",
    "tracker",
]
