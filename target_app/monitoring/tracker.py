"""Reports unexpected errors to a tracker that speaks Sentry's protocol."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sentry_sdk

from target_app.monitoring.logs import PACKAGE
from target_app.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

FLUSH_S = 0.4
KEPT_REQUEST_FIELDS = {"method", "url"}


class Tracker:
    """A client of the tracker. Without a DSN it reports nothing."""

    def __init__(self, settings: Settings) -> None:
        # None of the automatic integrations: they would add bodies, cookies and headers.
        self.client = sentry_sdk.Client(
            dsn=settings.sentry_dsn,
            release=settings.build_id,
            environment=settings.environment,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            before_send=_scrub,
            shutdown_timeout=FLUSH_S,
        )

    def report(self, error: BaseException, *, tags: Mapping[str, str]) -> None:
        """Hand an error over. It is sent in the background."""
        with sentry_sdk.new_scope() as scope:
            scope.set_client(self.client)
            for name, value in tags.items():
                scope.set_tag(name, value)
            scope.capture_exception(error)

    def close(self) -> None:
        """Send what waits, for a short while."""
        self.client.close(timeout=FLUSH_S)


def _scrub(event: "Event", _hint: "Hint") -> "Event":
    """Drop what could name or authenticate a person. It is the last thing before an event leaves."""
    event.pop("user", None)
    event.pop("breadcrumbs", None)
    event.pop("server_name", None)
    for error in event.get("exception", {}).get("values", ()):
        # The words of other people's exceptions may quote what a member wrote.
        if (error.get("module") or "").partition(".")[0] != PACKAGE:
            error.pop("value", None)
    if "request" in event:
        event["request"] = {key: value for key, value in event["request"].items() if key in KEPT_REQUEST_FIELDS}
    return event
