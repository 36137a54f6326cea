"""The token that says who somebody is: nobody else can make one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.refusal import refused_with
from gonogo.check import Effects, Severity, check

if TYPE_CHECKING:
    from collections.abc import Collection

    from gonogo.check import Complaints
    from gonogo.exchange import Refusal

AUTHENTICATION = {"authentication"}


@check("auth.tampered-refused", Severity.BLOCKER, scenarios=AUTHENTICATION, effects=Effects.HOSTILE, needs={"session"})
def tampered_session_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A session whose content was changed is refused (OWASP ASVS 5.0, 9.1.1).

    If the signature is not verified, anyone can be anyone.

    Fix: verify the signature of the token, with the algorithm fixed by the server.
    """
    yield from refused_with(refusal, statuses, "a session token that was tampered with")
