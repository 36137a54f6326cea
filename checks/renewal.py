"""A limit that is spent stays spent, whatever session asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.rate import API, LIMITING
from checks.spent import first_refusal, undisturbed
from gonogo.burst import TOO_MANY
from gonogo.check import Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.burst import Burst, Exhaustion
    from gonogo.check import Complaints


@check(
    "rate.not-renewed", Severity.CRITICAL, scenarios=LIMITING, effects=Effects.BURST, needs={*API, "signin", "refresh"}
)
def a_new_token_is_no_new_limit(exhaustion: Exhaustion) -> Complaints:
    """
    A client cannot get a fresh limit by renewing its session (OWASP API4:2023).

    A limiter keyed on the token counts a member anew with each refresh: the limit is then that of the refresh.

    Fix: key the limiter on the member whose token it is, and not on the token.
    """
    burst, renewed = exhaustion.burst, exhaustion.renewed
    first_refusal(burst)
    if renewed is None:
        raise NotEvaluable("the session could not be renewed while the limit was spent")
    passed = [exchange for exchange in renewed.exchanges if exchange.ok]
    others = [exchange for exchange in renewed.exchanges if not exchange.ok and exchange.status != TOO_MANY]
    if others:
        raise NotEvaluable(f"{others[0]} with a renewed session, which is neither served nor 429")
    if passed and (not renewed.held or len(passed) < len(renewed.exchanges) or fills_up_fast(burst)):
        raise NotEvaluable("the limit may have been over, or had filled up a little, before the session was renewed")
    if passed:
        undisturbed(burst)
        yield f"{passed[0].status} with a renewed session although the limit was spent, 429 expected"


def fills_up_fast(burst: Burst) -> bool:
    """Whether a limit that is not promised as sliding may give back a request each second, or more."""
    return not burst.limit.sliding and burst.limit.requests >= burst.limit.window_s
