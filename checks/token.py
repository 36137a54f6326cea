"""The token that says who somebody is: nobody else can make one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checks.refusal import refused_with
from gonogo.check import Effects, Severity, check
from gonogo.tampering import jwts_in, read_jwt
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal, Request

AUTHENTICATION = {"authentication"}
SIGNED = {"session", "jwt-session"}
SKEW_S = 5.0
"""By so much the clocks may differ, and the answer take."""


@check("auth.tampered-refused", Severity.BLOCKER, scenarios=AUTHENTICATION, effects=Effects.HOSTILE, needs={"session"})
def tampered_session_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A session whose content was changed is refused (OWASP ASVS 5.0, 9.1.1).

    If the signature is not verified, anyone can be anyone.

    Fix: verify the signature of the token, with the algorithm fixed by the server.
    """
    yield from refused_with(refusal, statuses, "a session token that was tampered with")


@check("auth.unsigned-refused", Severity.BLOCKER, scenarios=AUTHENTICATION, effects=Effects.HOSTILE, needs=SIGNED)
def unsigned_is_refused(refusals: Sequence[Refusal], statuses: Collection[int]) -> Complaints:
    """
    A token that is not signed by the server is refused, whatever its header says (OWASP ASVS 5.0, 9.1.2; RFC 8725).

    `alg: none` in any spelling, a missing signature, or a key that comes along: with each anyone can be anyone.

    Fix: name the one algorithm and the one key when the token is verified; read neither from the token.
    """
    for refusal in refusals:
        yield from refused_with(refusal, statuses, f"a session token that is {how(refusal)}")


@check("auth.known-secret-refused", Severity.BLOCKER, scenarios=AUTHENTICATION, effects=Effects.HOSTILE, needs=SIGNED)
def known_secret_is_refused(refusals: Sequence[Refusal], statuses: Collection[int]) -> Complaints:
    """
    A token that is signed with an empty, a default or a sample's secret is refused (OWASP ASVS 5.0, 13.2.3).

    Whoever reads the sample configuration can sign in as anybody.

    Fix: sign with a random secret of 256 bits from the environment, and refuse to start without one.
    """
    for number, refusal in enumerate(refusals, 1):
        yield from refused_with(refusal, statuses, f"a session token signed with well-known secret {number}")


@check(
    "auth.token-lifetime",
    Severity.MAJOR,
    scenarios=AUTHENTICATION,
    needs={*SIGNED, "signin", "promises.session_lifetime_s"},
)
def token_lifetime_is_kept(signed_in: Exchange, request: Request, promised_s: float | None) -> Complaints:
    """
    The session's token itself ends no later than the profile promises (RFC 8725, 3.9; OWASP ASVS 5.0, 9.2.1).

    A cookie's end binds the browser alone: whoever has copied the token goes on until its `exp`.

    Fix: set `exp` when the token is signed, to the same moment at which the cookie ends.
    """
    tokens = [claims for _, text in request.headers for claims in jwts_in(text)]
    if promised_s is None or not tokens:
        raise NotEvaluable("a member's request carries no JSON Web Token whose lifetime could be told")
    for claims in tokens:
        end = claims.get("exp")
        if isinstance(end, bool) or not isinstance(end, int | float):
            yield f"the session's token has no end (exp), promised within {promised_s:.0f} s"
        elif end - signed_in.started_at > promised_s + SKEW_S:
            lasts = end - signed_in.started_at
            yield f"the session's token lasts {lasts:.0f} s, promised within {promised_s:.0f} s"


def how(refusal: Refusal) -> str:
    """How a token was forged: the header that the forger gave it, or that it came without one of its own."""
    sent = " ".join(value for name, value in refusal.refused.request.headers if name.lower() != "user-agent")
    headers = [signed[0] for text in re.split(r"[ ;=]+", sent) if (signed := read_jwt(text))]
    header = next(iter(headers), {})
    return "signed with a key of its own" if "jwk" in header else f"not signed (alg: {header.get('alg', 'unknown')})"
