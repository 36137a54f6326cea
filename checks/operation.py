"""
A step of a scenario gets the answer that the profile promises.

There is one check for each operation, `operation.NAME`; a step that fails it stops its scenario, and
the checks behind it are not-run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Effects, Severity, check

if TYPE_CHECKING:
    from gonogo.check import Complaints
    from gonogo.exchange import Exchange

PLANNED: dict[str, tuple[Severity, set[str]]] = {
    "signup": (Severity.BLOCKER, {"authentication"}),
    "verify_email": (Severity.BLOCKER, {"authentication"}),
    "signin": (Severity.BLOCKER, {"authentication"}),
    "refresh": (Severity.CRITICAL, {"authentication"}),
    "signout": (Severity.CRITICAL, {"authentication"}),
    "session": (Severity.BLOCKER, {"authentication"}),
    "csrf_token": (Severity.CRITICAL, {"authentication"}),
    "create_conversation": (Severity.BLOCKER, {"chat"}),
    "send_message": (Severity.BLOCKER, {"chat"}),
    "history": (Severity.BLOCKER, {"chat"}),
    "list_conversations": (Severity.CRITICAL, {"features"}),
    "plan": (Severity.CRITICAL, {"payment"}),
    "create_order": (Severity.BLOCKER, {"payment"}),
    "get_order": (Severity.CRITICAL, {"payment"}),
    "payment_webhook": (Severity.BLOCKER, {"payment"}),
    "create_project": (Severity.CRITICAL, {"features"}),
    "settings": (Severity.CRITICAL, {"features"}),
    "update_settings": (Severity.CRITICAL, {"features"}),
    "upload": (Severity.CRITICAL, {"features"}),
    "preview": (Severity.MAJOR, {"features"}),
    "export": (Severity.CRITICAL, {"features"}),
    "health": (Severity.CRITICAL, {"monitoring"}),
    "health_live": (Severity.CRITICAL, {"monitoring"}),
    "health_ready": (Severity.CRITICAL, {"monitoring"}),
    "metrics": (Severity.MAJOR, {"monitoring"}),
    "metrics_providers": (Severity.MAJOR, {"monitoring"}),
    "metrics_usage": (Severity.MAJOR, {"monitoring"}),
    "metrics_system": (Severity.MAJOR, {"monitoring"}),
}
"""How bad it is when an operation does not answer, and in which scenarios it is a planned step."""

EFFECTS = {
    "payment_webhook": Effects.MONEY,
    "create_order": Effects.MONEY,
    "get_order": Effects.MONEY,
    "plan": Effects.MONEY,
    "health": Effects.READ,
    "health_live": Effects.READ,
    "health_ready": Effects.READ,
    "metrics": Effects.READ,
    "metrics_providers": Effects.READ,
    "metrics_usage": Effects.READ,
    "metrics_system": Effects.READ,
}


def answers(exchange: Exchange) -> Complaints:
    """
    A step gets the answer that the profile promises for its operation, with what the next steps need of it.

    A person who takes this step gets no further, and neither does the scenario.

    Fix: send the request again with the curl line, and look for its request id in the target's logs.
    """
    if exchange.failure:
        got = f"{exchange.status} and then: " if exchange.status else ""
        yield f"{exchange.request.operation}: {got}{exchange.failure}"
    elif exchange.status not in exchange.expected:
        promised = " or ".join(str(status) for status in exchange.expected)
        yield f"{exchange.request.operation} answered {exchange.status}, promised {promised}{exchange.aside}"
    elif not exchange.has_expected_type:
        got = exchange.content_type or "no Content-Type"
        yield f"{exchange.request.operation} answered {exchange.status} with {got}, promised {exchange.expected_type}"
    else:
        yield from (f"{exchange.request.operation} answered {exchange.status} without {one}" for one in exchange.lacks)


ALSO = {"history": {"create_conversation", "send_message"}}
"""What the step needs beside the operation itself."""

for operation, (severity, scenarios) in PLANNED.items():
    check(
        f"operation.{operation}",
        severity,
        scenarios=scenarios,
        effects=EFFECTS.get(operation, Effects.OWN_DATA),
        needs={operation, *ALSO.get(operation, ())},
    )(answers)

check("operation.other", Severity.CRITICAL, scenarios=set(), effects=Effects.OWN_DATA)(answers)
