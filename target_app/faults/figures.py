"""Faults of figures that the operator is shown: of use, of model providers, of the process."""

from typing import Any

from starlette.types import ASGIApp

from target_app.fault import fault
from target_app.faults.changed import ChangedDocument


@fault("metrics.frozen-usage", detected_by={"metrics.usage-grows", "metrics.tokens-grow"})
class FrozenUsage(ChangedDocument):
    """Usage is what it was when it was first asked for."""

    path, key = "/metrics/usage", "messages_total"

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.first: dict[str, Any] = {}

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say it again."""
        self.first = self.first or document
        return self.first


@fault("metrics.frozen-tokens", detected_by={"metrics.tokens-grow"})
class FrozenTokens(ChangedDocument):
    """Messages are counted, and what they cost is not."""

    path, key = "/metrics/usage", "tokens_total"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say that there were none."""
        return {**document, "tokens_total": 0}


@fault("metrics.failures-unseen", detected_by={"metrics.provider-failures-seen"})
class FailuresUnseen(ChangedDocument):
    """A provider whose answer breaks off is recorded as one that answered."""

    path, key = "/metrics/providers", "providers"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say that all is well."""
        return {**document, "providers": [{**one, "status": "pass", "errors": 0} for one in document["providers"]]}


@fault("metrics.provider-missing", detected_by={"metrics.providers-up"})
class ProviderMissing(ChangedDocument):
    """The provider that answers is not in the list."""

    path, key = "/metrics/providers", "providers"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Empty the list."""
        return {**document, "providers": []}


@fault("metrics.provider-down", detected_by={"metrics.providers-up"})
class ProviderDown(ChangedDocument):
    """The provider that answers is said to be down."""

    path, key = "/metrics/providers", "providers"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say that each is down."""
        return {**document, "providers": [{**provider, "status": "fail"} for provider in document["providers"]]}


@fault("metrics.impossible-system", detected_by={"metrics.system-plausible"})
class ImpossibleSystem(ChangedDocument):
    """The process takes no memory, and becomes younger."""

    path, key = "/metrics/system", "uptime_s"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say what cannot be."""
        return {**document, "memory_bytes": 0, "uptime_s": 1000.0 / next(self.count)}


@fault("metrics.dead-system", detected_by={"metrics.system-plausible"})
class DeadSystem(ChangedDocument):
    """The numbers of the process were written down once, and never again."""

    path, key = "/metrics/system", "uptime_s"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say the same as ever."""
        return dict.fromkeys(document, 7.0)
