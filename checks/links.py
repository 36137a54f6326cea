"""Links: what a mere GET can do with the cookies of whoever follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.csrf import CHANGE, CSRF, HOSTILE, NEEDS
from gonogo.check import Severity, check
from gonogo.links import changed
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange
    from gonogo.links import Followed

ERRORS = range(400, 500)


@check(
    "csrf.safe-methods-safe",
    Severity.CRITICAL,
    scenarios=CSRF,
    effects=HOSTILE,
    needs={*NEEDS, "signout", "session"},
)
def safe_methods_are_safe(exchanges: Sequence[Exchange]) -> Complaints:
    """
    A mere link changes nothing: GET on the way out is refused, and the session lives on (RFC 9110, 9.2.1).

    Links and images are followed by everybody, crawlers and mail scanners too, and no token goes along.

    Fix: give what changes something no GET route, not even a redirecting one.
    """
    before, linked, after, signed_out = exchanges
    if not before.ok or (after.ok and not signed_out.ok):
        raise NotEvaluable(f"the twins that must succeed did not: {before}, {signed_out}")
    if linked.status not in ERRORS:
        yield f"GET on the path of {linked.request.operation} was answered with {linked.status}, 404 or 405 expected"
    if not after.ok:
        promised = " or ".join(str(status) for status in after.expected)
        yield f"after that GET the session was answered with {after.status}, {promised} expected"


@check(
    "csrf.links-change-nothing",
    Severity.CRITICAL,
    scenarios=CSRF,
    effects=HOSTILE,
    needs={*CHANGE, "session"},
)
def links_change_nothing(followed: Followed) -> Complaints:
    """
    No change is made by a link: what a member has is the same after a GET on the path of each change (ASVS 3.5.3).

    That holds for a link that asks for another method (`?_method=DELETE`, `X-HTTP-Method-Override`), and for paths
    that usually sign out, too. No token goes along with a link.

    Fix: give what changes something no GET route, and take no method from anywhere but the request's first line.
    """
    if not all(one.ok for one in followed.before) or not followed.links:
        raise NotEvaluable("the member could not see what there is to lose")
    for before, again, after in zip(followed.before, followed.again, followed.after, strict=True):
        name = after.request.operation
        if not after.ok:
            yield f"after {len(followed.links)} links were followed {name} was answered with {after.status}"
        elif changed(before, again, after):
            if followed.restless:
                raise NotEvaluable(f"{name} changes whether links are followed or not: others use the account too")
            yield f"{name} shows something else after {len(followed.links)} links were followed"
