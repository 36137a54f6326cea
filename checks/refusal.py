"""What it means that something is refused; shared by every check that expects a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection

    from gonogo.check import Complaints
    from gonogo.exchange import Refusal

UNAUTHENTICATED = (401, 403)
FORBIDDEN = (403, 404)
INVALID = (400, 413, 415, 422)


def refused_with(refusal: Refusal, statuses: Collection[int], what: str) -> Complaints:
    """
    Complain unless the request was refused with one of these statuses, and its twins were not.

    A refusal counts only beside its twin: raises NotEvaluable when a twin that had to succeed did not,
    since then a dead session, a firewall or a broken route would look like protection.
    """
    if refusal.before is None and refusal.after is None:
        raise NotEvaluable("a refusal was shown without its twin")
    for moment, twin in (("before", refusal.before), ("after", refusal.after)):
        if twin is not None and not twin.ok:
            raise NotEvaluable(f"the twin that must succeed {moment} it did not: {twin}")
    if refusal.refused.status not in statuses:
        promised = " or ".join(str(status) for status in statuses)
        got = refusal.refused.status or refusal.refused.failure
        yield f"{what} was answered with {got}, {promised} expected"
