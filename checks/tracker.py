"""Error tracking: an error of the service reaches somebody, names its build, and gives nobody away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gonogo.check import Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.check import Complaints
    from gonogo.tracker import Provoked

MONITORING = {"monitoring"}
NEEDS = {"trigger_error", "tracker"}
CREDENTIALS = {"cookie", "cookies", "set-cookie", "authorization", "x-csrf-token", "x-api-key"}
HIDDEN = ("filtered", "redacted", "***")


@check("tracker.receives", Severity.CRITICAL, scenarios=MONITORING, needs=NEEDS)
def error_arrives(provoked: Provoked) -> Complaints:
    """
    An error that nobody expected reaches the tracker.

    Otherwise the first to report it is a customer.

    Fix: look at the tracker's DSN, at what may leave the network, and at who swallows exceptions.
    """
    if provoked.event is None:
        got = provoked.sent.status or provoked.sent.failure
        yield f"the error (answered with {got}) did not reach the tracker within {provoked.waited_s:.0f} s"


@check("tracker.release", Severity.MAJOR, scenarios=MONITORING, needs={*NEEDS, "build"})
def event_names_the_build(provoked: Provoked, build: str | None) -> Complaints:
    """
    A report names the build that answers, and the environment.

    Without them nobody can tell whether the new build brought the error.

    Fix: give the tracker's client the same build id that health shows, and the environment's name.
    """
    event = provoked.arrived
    if not build:
        raise NotEvaluable("the target names no build to compare with")
    if event.release != build:
        yield f"the report names the build {event.release or 'nothing'}, health names {build}"
    if not event.environment:
        yield "the report names no environment"


@check("tracker.clean", Severity.CRITICAL, scenarios=MONITORING, needs=NEEDS)
def event_names_nobody(provoked: Provoked, secrets: Mapping[str, str]) -> Complaints:
    """
    A report holds no cookie, no token, no address and nothing that a member wrote (OWASP ASVS 5.0, 16.2.5).

    It goes to another company, and is read by many.

    Fix: scrub requests before they are sent: no headers, no bodies, no query, no user.
    """
    event = provoked.arrived
    for name in sorted({name for value, name in secrets.items() if value in event.text}):
        yield f"the value of {name} stands in the report, nothing of anybody's expected"
    for key in sorted(set(credentials_in(event.raw))):
        yield f"the report holds {key}, none expected"


def credentials_in(node: Any) -> Iterator[str]:  # noqa: ANN401  JSON has no narrower type
    """The name of every member that holds a credential, at any depth; what is empty or filtered is none."""
    for key, value in node.items() if isinstance(node, dict) else ():
        shown = json.dumps(value).lower()
        if str(key).lower() in CREDENTIALS and value and not any(mark in shown for mark in HIDDEN):
            yield str(key).lower()
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from credentials_in(value)
