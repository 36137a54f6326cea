"""The catalogue of faults, one family a file. A family that is not imported here does not exist."""

from target_app.faults import (
    accounts,
    answers,
    chat,
    compression,
    cookies,
    csrf,
    exposure,
    features,
    headers,
    health,
    limits,
    metrics,
    payments,
    plain,
    signing,
    tracker,
)

__all__ = [
    "accounts",
    "answers",
    "chat",
    "compression",
    "cookies",
    "csrf",
    "exposure",
    "features",
    "headers",
    "health",
    "limits",
    "metrics",
    "payments",
    "plain",
    "signing",
    "tracker",
]
