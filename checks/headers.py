"""What every answer carries beside its content: security headers, and what HTTP asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checks.csp import effective, loose
from gonogo.check import Effects, Severity, check
from gonogo.promises import PLAIN
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.burst import Burst
    from gonogo.check import Complaints
    from gonogo.exchange import Exchange
    from gonogo.promises import HeaderPromises

SECURITY_HEADERS = {"security-headers"}
CSP = "content-security-policy"
UNAUTHORIZED, NOT_ALLOWED = 401, 405
DIRECTIVE = re.compile(r"\s*[!#$%&'*+.^_`|~0-9A-Za-z-]+(\s*=\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+|\"[^\"]*\"))?\s*")
REFERRER_POLICIES = (
    *("no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin"),
    *("origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"),
)
PRIVATE = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
SECURITY = {
    *("strict-transport-security", CSP, "x-content-type-options", "x-frame-options", "referrer-policy"),
    *("permissions-policy", "cross-origin-opener-policy", "cross-origin-resource-policy"),
    "x-request-id",
}


def answered(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """The answers among the exchanges. Raises NotEvaluable when there is none to look at."""
    found = [exchange for exchange in exchanges if exchange.status is not None]
    if not found:
        raise NotEvaluable("no request was answered, so that there are no headers to look at")
    return found


@check(
    "headers.hsts",
    Severity.CRITICAL,
    scenarios=SECURITY_HEADERS,
    needs={"https", "promises.headers.hsts_min_age_s"},
)
def insists_on_tls(exchanges: Sequence[Exchange], promised_s: int | None) -> Complaints:
    """
    Every answer tells browsers to insist on TLS, long enough and for subdomains too (RFC 6797, 6.1).

    Without it the first plain request of a visitor can be taken over by whoever runs the network.

    Fix: send `Strict-Transport-Security: max-age=31536000; includeSubDomains`, once, on every answer.
    """
    for exchange in answered(exchanges):
        fields = exchange.headers.all("strict-transport-security")
        if len(fields) != 1:
            yield f"{exchange} has {len(fields)} Strict-Transport-Security headers, 1 expected"
            continue
        if not all(DIRECTIVE.fullmatch(part) for part in fields[0].split(";") if part.strip()):
            yield f"{exchange} has a Strict-Transport-Security that browsers ignore: {fields[0]!r}"
            continue
        age = re.search(r"(?i)(?:^|;)\s*max-age\s*=\s*\"?(\d+)", fields[0])
        if age is None or int(age[1]) < (promised_s or 0):
            yield f"{exchange} has max-age {age[1] if age else 'missing'}, promised {promised_s} at least"
        if not re.search(r"(?i)(?:^|;)\s*includeSubDomains\s*(?:;|$)", fields[0]):
            yield f"{exchange} leaves subdomains out of its Strict-Transport-Security"


@check("headers.csp", Severity.CRITICAL, scenarios=SECURITY_HEADERS, needs={"promises.headers.csp"})
def has_a_policy(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Every answer has a Content-Security-Policy that is enforced (OWASP ASVS 5.0, 3.4.3).

    It is what keeps injected content from becoming a script; one that only reports stops nothing.

    Fix: add the header where all answers pass, errors and streams too.
    """
    for exchange in answered(exchanges):
        if not exchange.headers.get(CSP).strip():
            only = "content-security-policy-report-only" in exchange.headers
            yield f"{exchange} has {'only a reporting' if only else 'no'} Content-Security-Policy"


@check("headers.csp-tight", Severity.MAJOR, scenarios=SECURITY_HEADERS, needs={"promises.headers.csp"})
def policy_is_tight(exchanges: Sequence[Exchange]) -> Complaints:
    """
    The policy lets no foreign or inline script in, and closes what has no fallback (W3C CSP 3; ASVS 3.4.3).

    A policy with `unsafe-inline` or a wildcard is there, and keeps nobody out.

    Fix: allow scripts by nonce or hash only; set object-src, base-uri, form-action and frame-ancestors.
    """
    policies = [exchange for exchange in answered(exchanges) if exchange.headers.get(CSP).strip()]
    if not policies:
        yield "no answer has a policy, so that nothing keeps scripts out"
    for exchange in policies:
        for hole in loose(exchange.headers.all(CSP)):
            yield f"{exchange} has a policy {hole}"


@check("headers.nosniff", Severity.MAJOR, scenarios=SECURITY_HEADERS, needs={"promises.headers.nosniff"})
def types_are_not_guessed(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Browsers must not guess another type than the answer's own (OWASP ASVS 5.0, 3.4.4).

    An upload or an error that echoes its input would be run as a page.

    Fix: send `X-Content-Type-Options: nosniff`, exactly once, on every answer.
    """
    for exchange in answered(exchanges):
        fields = exchange.headers.all("x-content-type-options")
        if [field.strip().lower() for field in fields] != ["nosniff"]:
            yield f"{exchange} has X-Content-Type-Options: {' and '.join(fields) or 'nothing'}, nosniff once expected"


@check("headers.frames", Severity.MAJOR, scenarios=SECURITY_HEADERS, needs={"promises.headers.frame_ancestors"})
def cannot_be_framed(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Other sites cannot show an answer in a frame (OWASP ASVS 5.0, 3.4.6).

    An invisible frame over a harmless page makes visitors click what they do not see.

    Fix: send `frame-ancestors 'none'` or `'self'` in the policy, and X-Frame-Options for old browsers.
    """
    for exchange in answered(exchanges):
        sources = effective(exchange.headers.all(CSP), "frame-ancestors")
        old = exchange.headers.get("x-frame-options").strip().upper()
        if sources is None and old not in {"DENY", "SAMEORIGIN"}:
            yield f"{exchange} has neither frame-ancestors nor X-Frame-Options: DENY"
        elif sources and {"*", "https:", "http:"} & set(sources):
            yield f"{exchange} may be framed by {' '.join(sources)}, 'none' or 'self' expected"


@check("headers.referrer", Severity.MINOR, scenarios=SECURITY_HEADERS, needs={"promises.headers.referrer_policy"})
def paths_stay_private(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Other sites are not told which page a visitor comes from (OWASP ASVS 5.0, 3.4.5).

    Addresses hold ids of conversations and tokens of links.

    Fix: send `Referrer-Policy: no-referrer`.
    """
    for exchange in answered(exchanges):
        sent = ",".join(exchange.headers.all("referrer-policy")).lower().split(",")
        known = [policy.strip() for policy in sent if policy.strip() in REFERRER_POLICIES]
        if not known or known[-1] not in PRIVATE:
            yield f"{exchange} has Referrer-Policy: {known[-1] if known else 'nothing'}, no-referrer expected"


@check("headers.promised", Severity.MAJOR, scenarios=SECURITY_HEADERS, needs={"promised-headers"})
def keeps_its_other_promises(exchanges: Sequence[Exchange], promised: HeaderPromises) -> Complaints:
    """
    Every answer has the other headers that the target promises: policies, no-store, a request id.

    What holds for most answers fails on the one that somebody looks for.

    Fix: add them where all answers pass, errors and streams too; or promise less in the profile.
    """
    for exchange in answered(exchanges):
        for name, word in (PLAIN[promise] for promise in PLAIN if getattr(promised, promise)):
            value = ", ".join(exchange.headers.all(name)).strip().lower()
            if not value or word not in value:
                yield f"{exchange} has {name}: {value or 'nothing'}, {word or 'a value'} promised"


@check("headers.allow-on-405", Severity.MAJOR, scenarios=SECURITY_HEADERS)
def tells_allowed_methods(exchange: Exchange, known: Collection[str]) -> Complaints:
    """
    A method that a path does not know gets 405 with all that it does know (RFC 9110, 15.5.6).

    A client that is told can do the right thing; one that gets 500 or 200 cannot.

    Fix: answer 405 with an Allow header that lists every method of the path.
    """
    if exchange.status != NOT_ALLOWED:
        yield f"{exchange.request.method} where the path does not know it was answered {exchange.status}, 405 expected"
        return
    allowed = {method.strip().upper() for method in ",".join(exchange.headers.all("allow")).split(",")}
    missing = sorted(set(known) - allowed)
    if missing:
        yield f"405 with Allow: {exchange.headers.get('allow') or 'nothing'}, {', '.join(missing)} missing"


@check("headers.www-authenticate", Severity.MINOR, scenarios=SECURITY_HEADERS, needs={"challenge"})
def says_how_to_sign_in(exchanges: Sequence[Exchange]) -> Complaints:
    """
    A 401 says in WWW-Authenticate how to sign in (RFC 9110, 11.6.1).

    Generic clients know from it alone what to do.

    Fix: send the header with every 401.
    """
    refused = [exchange for exchange in exchanges if exchange.status == UNAUTHORIZED]
    if not refused:
        raise NotEvaluable("no request was answered with 401")
    for exchange in refused:
        if not exchange.headers.get("www-authenticate").strip():
            yield f"{exchange} has no WWW-Authenticate"


@check(
    "headers.on-refusals",
    Severity.MAJOR,
    scenarios=SECURITY_HEADERS,
    effects=Effects.BURST,
    needs={"promises.limits", "sign-in-limit"},
)
def refusals_have_them_too(burst: Burst) -> Complaints:
    """
    What a limit refuses has the same security headers as what it lets through.

    Limits often stand before the code that adds them, in a proxy that knows nothing of them.

    Fix: add the headers where all answers pass, outside of the limit.
    """
    if not burst.refused or not burst.accepted:
        raise NotEvaluable("the limit refused nothing, or everything, so that there is nothing to compare")
    let_through, refused = burst.accepted[0], burst.refused[0]
    for name in sorted(SECURITY):
        if name in let_through.headers and name not in refused.headers:
            yield f"{refused} has no {name}, and {let_through} has"
