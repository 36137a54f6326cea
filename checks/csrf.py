"""Forged requests: what another site makes a member's browser send has no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.chat import strings
from checks.guess import all_refused
from checks.refusal import refused_with
from gonogo.check import Effects, Severity, check
from gonogo.exchange import Refusal
from gonogo.forgery import bits_of
from gonogo.operation import read_source
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange

CSRF = {"csrf"}
NEEDS = {"csrf"}
CHANGE = {"csrf", "harmless-change"}
HOSTILE = Effects.HOSTILE
FEWEST_BITS = 128


def each_refused(refusals: Sequence[Refusal], statuses: Collection[int], what: str) -> Complaints:
    """Complain of each request that was let through. Raises NotEvaluable when there is none to look at."""
    if not refusals:
        raise NotEvaluable("the profile describes no harmless operation that changes something")
    for refusal in refusals:
        yield from refused_with(refusal, statuses, f"{refusal.refused.request.operation} {what}")


@check("csrf.needs-token", Severity.BLOCKER, scenarios=CSRF, effects=HOSTILE, needs=CHANGE)
def needs_token(tries: Sequence[Refusal | Exchange], statuses: Collection[int]) -> Complaints:
    """
    Whatever changes something is refused without a CSRF token (OWASP ASVS 5.0, 3.5.1).

    That is each operation of the profile, and each that the target's OpenAPI document names. Otherwise any
    page that a member visits can act in the member's name.

    Fix: require the token on every unsafe method, in one place that no route can forget.
    """
    if not any(isinstance(one, Refusal) for one in tries):
        raise NotEvaluable("nothing shows that the session could change anything with its token")
    yield from all_refused(tries, statuses, "without a CSRF token")


@check(
    "csrf.refused-without-effect",
    Severity.CRITICAL,
    scenarios=CSRF,
    effects=HOSTILE,
    needs={*NEEDS, "create_conversation", "list_conversations"},
)
def refusal_has_no_effect(exchanges: Sequence[Exchange], accepted: str, refused: str) -> Complaints:
    """
    What is refused for want of a token is not done.

    A guard that looks after the work refuses the answer, and leaves the deed.

    Fix: check the token before anything else reads the request.
    """
    listed = exchanges[-1]
    titles = set(strings(listed.json()))
    if accepted not in titles:
        raise NotEvaluable(f"{listed} does not show what was created with a token, so that nothing can be told")
    if refused in titles:
        yield "what was refused without a CSRF token was created all the same, nothing expected"


@check("csrf.wrong-token-refused", Severity.BLOCKER, scenarios=CSRF, effects=HOSTILE, needs=CHANGE)
def wrong_token_is_refused(refusals: Sequence[Refusal], statuses: Collection[int]) -> Complaints:
    """
    A token that was never issued is refused, also when only one character is wrong (OWASP, CSRF Prevention).

    A guard that asks whether there is a token, and not which, keeps nobody out.

    Fix: compare the whole token with the session's own, in constant time.
    """
    yield from each_refused(refusals, statuses, "with a wrong CSRF token")


@check("csrf.foreign-token-refused", Severity.BLOCKER, scenarios=CSRF, effects=HOSTILE, needs=CHANGE)
def foreign_token_is_refused(refusals: Sequence[Refusal], statuses: Collection[int]) -> Complaints:
    """
    A token that was issued to somebody else is refused (OWASP, CSRF Prevention: signed double submit).

    An attacker has an account too, and so a valid token to plant.

    Fix: bind the token to the session, by an HMAC over the session's id.
    """
    yield from each_refused(refusals, statuses, "with somebody else's CSRF token")


@check("csrf.self-made-pair-refused", Severity.BLOCKER, scenarios=CSRF, effects=HOSTILE, needs=CHANGE)
def self_made_pair_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A token that nobody issued is refused, also where a cookie repeats it (OWASP, CSRF Prevention: naive double submit).

    Whoever can plant a cookie, from a subdomain or over plain http, plants one that fits a token of his own.

    Fix: sign the token with a key of the server, over the session's id; compare it with nothing that was sent along.
    """
    yield from refused_with(refusal, statuses, f"{refusal.refused.request.operation} with a self-made pair")


@check("csrf.foreign-origin-refused", Severity.CRITICAL, scenarios=CSRF, effects=HOSTILE, needs=CHANGE)
def foreign_origin_is_refused(refusals: Sequence[Refusal], statuses: Collection[int]) -> Complaints:
    """
    A request that says it comes from another origin, or from none, is refused (OWASP, CSRF Prevention).

    It is the second lock: it holds when a token has leaked.

    Fix: compare Origin with the public origin on every unsafe method, and refuse `null`.
    """
    for refusal in refusals:
        origin = refusal.refused.request.headers.get("origin")
        yield from refused_with(refusal, statuses, f"a request with Origin: {origin}")


@check("csrf.cross-site-refused", Severity.MAJOR, scenarios=CSRF, effects=HOSTILE, needs=CHANGE)
def cross_site_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    A request that the browser calls cross-site is refused (W3C Fetch Metadata; OWASP, CSRF Prevention).

    No page can forge this header: it is the cheapest way to tell whose request it is.

    Fix: refuse `Sec-Fetch-Site: cross-site` on every unsafe method.
    """
    yield from refused_with(refusal, statuses, "a request with Sec-Fetch-Site: cross-site")


@check("csrf.own-origin-accepted", Severity.MAJOR, scenarios=CSRF, effects=HOSTILE, needs=CHANGE)
def own_origin_is_accepted(exchange: Exchange) -> Complaints:
    """
    The service's own pages can do what they are for.

    A service that does not know its own origin behind a proxy refuses every browser, and no other client.

    Fix: set the public origin, or trust the proxy's word for it.
    """
    if not exchange.ok:
        origin = exchange.request.headers.get("origin")
        promised = " or ".join(str(status) for status in exchange.expected)
        yield f"a request from the own origin {origin} was answered with {exchange.status}, {promised} expected"


@check("csrf.signin-cross-site", Severity.MAJOR, scenarios=CSRF, effects=HOSTILE, needs={*NEEDS, "signin"})
def sign_in_from_elsewhere_is_refused(refusals: Sequence[Refusal], statuses: Collection[int]) -> Complaints:
    """
    Another site cannot sign its visitor in (OWASP, CSRF Prevention: login CSRF).

    Who is signed in to the attacker's account writes down his secrets there.

    Fix: check where the request comes from on sign-in too, though there is no session yet.
    """
    for refusal in refusals:
        fields = [f"{name}: {value}" for name, value in refusal.refused.request.headers if is_about_the_page(name)]
        yield from refused_with(refusal, statuses, f"sign-in with {', '.join(fields)}")


def is_about_the_page(name: str) -> bool:
    """Whether a header field tells where a request comes from."""
    return name.lower() in {"origin", "sec-fetch-site"}


@check("csrf.token-per-session", Severity.MAJOR, scenarios=CSRF, effects=HOSTILE, needs={*NEEDS, "signin"})
def tokens_belong_to_sessions(handed_out: Sequence[Exchange], source: str) -> Complaints:
    """
    Each session has a CSRF token of its own, of 128 bits at least (OWASP ASVS 5.0, 7.2.3).

    A token that stays the same, or that can be guessed, protects only until the first one finds it.

    Fix: derive the token from the session with an HMAC, and keep all of it.
    """
    tokens = [token for exchange in handed_out if (token := read_source(source, exchange))]
    if len(tokens) < len(handed_out) or not tokens:
        raise NotEvaluable(f"{len(tokens)} of {len(handed_out)} sessions have a token to look at")
    if len(set(tokens)) < len(tokens):
        yield f"{len(tokens)} sessions have {len(set(tokens))} different tokens, {len(tokens)} expected"
    for bits in {int(bits_of(token)) for token in tokens}:
        if bits < FEWEST_BITS:
            yield f"a token holds {bits} bits at most, {FEWEST_BITS} expected"


@check("csrf.old-token-refused", Severity.MAJOR, scenarios=CSRF, effects=HOSTILE, needs={*CHANGE, "signin", "signout"})
def old_token_is_refused(refusal: Refusal, statuses: Collection[int]) -> Complaints:
    """
    The token of a session that is over is refused in the member's next one (OWASP ASVS 5.0, 7.2.4).

    A token that outlives its session is one that a former user of the computer, or a log, still has.

    Fix: bind the token to the session and not to the member, and forget it at sign-out.
    """
    yield from refused_with(
        refusal, statuses, f"{refusal.refused.request.operation} with the last session's CSRF token"
    )
