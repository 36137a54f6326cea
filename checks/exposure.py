"""What strangers can learn: by asking from elsewhere, by provoking errors, by guessing files, by speaking old TLS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from checks.headers import SECURITY_HEADERS, answered
from checks.leaks import leaks
from gonogo.check import Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange

FIRST_GOOD, FIRST_REDIRECT, FIRST_ERROR, LAST_ERROR = 200, 300, 400, 599
VARIABLES = r"(?m)^(export )?[A-Z][A-Z0-9_]+="
TABLES = r"(?i)create table|insert into"
SECRETS = {
    "/.env": VARIABLES,
    "/.env.production": VARIABLES,
    "/.git/HEAD": r"^ref: refs/|^[0-9a-f]{40}\s*$",
    "/.git/config": r"\[core\]",
    "/.svn/entries": r"^\d+\s+dir\b|svn:",
    "/.DS_Store": r"Bud1",
    "/.aws/credentials": r"aws_access_key_id",
    "/.ssh/id_rsa": r"PRIVATE KEY-----",
    "/docker-compose.yml": r"(?m)^services:",
    "/backup.sql": TABLES,
    "/dump.sql": TABLES,
    "/chat.db": r"^SQLite format 3",
    "/phpinfo.php": r"PHP Version",
    "/server-status": r"Server (Status|uptime)",
    "/actuator/env": r"propertySources",
    "/debug/pprof/": r"goroutine",
}
"""Files and pages that are often left behind, and what their content looks like."""


DOCUMENT = r"[\"']?\b(openapi|swagger)[\"']?\s*:\s*[\"']?[1-9]"
PAGES = {
    "/docs": r"(?i)swagger-ui|<title>[^<]*(swagger|api doc)",
    "/redoc": r"(?i)<redoc|redoc\.standalone",
    "/openapi.json": DOCUMENT,
    "/swagger.json": DOCUMENT,
    "/v3/api-docs": DOCUMENT,
    "/swagger-ui/index.html": r"(?i)swagger-ui",
    "/graphiql": r"(?i)graphiql",
    "/admin": r"(?i)<title>[^<]*admin|<form[^>]+(admin|login)",
    "/actuator": r"\"_links\"",
    "/debug": r"(?i)debug(ger| toolbar)|traceback",
}
"""Pages that are made for developers and operators, and what their content looks like."""


@check("headers.no-cors", Severity.CRITICAL, scenarios=SECURITY_HEADERS)
def foreign_pages_cannot_read(exchanges: Sequence[Exchange], own: str) -> Complaints:
    """
    Pages of other origins may not read answers with a visitor's credentials (WHATWG Fetch; ASVS 5.0, 3.4.2).

    An origin that is reflected is every origin: any page then reads a member's conversations.

    Fix: compare with a list of exact origins; never reflect, never allow `null`.
    """
    for exchange in answered(exchanges):
        origin = exchange.request.headers.get("origin")
        allowed = exchange.headers.get("access-control-allow-origin").strip()
        credentials = exchange.headers.get("access-control-allow-credentials").strip().lower() == "true"
        if allowed in {origin, "null"}:
            yield f"{exchange} allows the origin {allowed}, none but {own} expected"
        elif credentials and allowed not in {"", own}:
            yield f"{exchange} allows credentials from {allowed}, none but {own} expected"


def errors_among(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """The answers that are errors. Raises NotEvaluable when there is none."""
    found = [exchange for exchange in exchanges if FIRST_ERROR <= (exchange.status or 0) <= LAST_ERROR]
    if not found:
        raise NotEvaluable("no request was answered with an error")
    return found


@check("headers.errors-clean", Severity.CRITICAL, scenarios=SECURITY_HEADERS)
def errors_tell_nothing(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Errors show no stack trace, no SQL, no path and no address of a backend (OWASP ASVS 5.0, 16.5.1).

    What helps a developer helps whoever looks for a way in.

    Fix: switch debug off, answer what is unexpected with a generic sentence, and log the rest.
    """
    for exchange in errors_among(exchanges):
        for found in leaks(exchange.text):
            yield f"{exchange} shows {found}, nothing of the inside expected"


@check("headers.redirects-stay", Severity.MAJOR, scenarios=SECURITY_HEADERS)
def redirects_stay(exchanges: Sequence[Exchange]) -> Complaints:
    """
    A redirect to the same path, for a slash at its end, stays at the address that was asked (RFC 9110, 15.4.9).

    Behind a proxy a service knows itself by another name: who is sent there meets nobody, or tells the token to whoever
    listens, for the address is often one of plain http.

    Fix: let the service believe the proxy's Forwarded fields, and nobody else's, or redirect by path alone.
    """
    for exchange in answered(exchanges):
        asked = urlsplit(exchange.request.url)
        to = urlsplit(urljoin(exchange.request.url, exchange.headers.get("location")))
        moved = to.hostname != asked.hostname or (asked.scheme, to.scheme) == ("https", "http")
        if FIRST_REDIRECT <= (exchange.status or 0) < FIRST_ERROR and alike(asked.path, to.path) and moved:
            yield f"{asked.path} leads from {asked.scheme}://{asked.netloc} to {to.scheme}://{to.netloc}"


def alike(one: str, other: str) -> bool:
    """Whether two paths are the same but for the slash at their end."""
    return one.rstrip("/") == other.rstrip("/")


@check("headers.problem-details", Severity.MAJOR, scenarios=SECURITY_HEADERS, needs={"promises.errors"})
def errors_are_problems(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Errors are problem documents, and speak of the status that the answer has (RFC 9457, 3).

    A client that reads errors by their format shows nothing at all when one is a page.

    Fix: let one handler answer every error, the router's and the server's too.
    """
    for exchange in errors_among(exchanges):
        if exchange.content_type != "application/problem+json":
            yield f"{exchange} is {exchange.content_type or 'of no type'}, application/problem+json expected"
            continue
        yield from (f"{exchange} {wrong}" for wrong in flaws(exchange))


def flaws(exchange: Exchange) -> list[str]:
    """What is wrong with a problem document, in words."""
    try:
        problem = exchange.json()
    except NotEvaluable:
        return ["has a body that is no JSON"]
    if not isinstance(problem, dict):
        return [f"is a JSON {type(problem).__name__}, an object expected"]
    members = ("type", "title", "detail", "instance")
    found = [f"has a {name} that is no text" for name in members if not isinstance(problem.get(name, ""), str)]
    if not {"type", "title"} & set(problem):
        found.append("has neither type nor title")
    if problem.get("status", exchange.status) != exchange.status:
        found.append(f"says status {problem['status']}, the answer has {exchange.status}")
    return found


@check("exposure.secrets", Severity.CRITICAL, scenarios=SECURITY_HEADERS, effects=Effects.HOSTILE)
def serves_no_secrets(exchanges: Sequence[Exchange], nowhere: Exchange) -> Complaints:
    """
    Files that belong to the deployment are not served (OWASP ASVS 5.0, 13.4.1).

    They are looked for on every address of the internet, many times a day.

    Fix: serve one folder of built files and nothing beside it; deny names that begin with a dot.
    """
    if nowhere.status is None:
        raise NotEvaluable(f"the control request was not answered: {nowhere.failure}")
    for exchange in answered(exchanges):
        path = urlsplit(exchange.request.url).path
        shape = next((shape for known, shape in SECRETS.items() if path.endswith(known)), "(?!)")
        if re.search(shape, exchange.text):
            yield f"{path} was answered with {exchange.status} and what looks like its content, 404 expected"
        elif is_good(exchange) and not is_good(nowhere):
            yield f"{path} was answered with {exchange.status}, 404 expected"


def is_good(exchange: Exchange) -> bool:
    """Whether something was served."""
    return FIRST_GOOD <= (exchange.status or 0) < FIRST_REDIRECT


@check("exposure.docs", Severity.MAJOR, scenarios=SECURITY_HEADERS, effects=Effects.READ)
def shows_no_workshop(exchanges: Sequence[Exchange], nowhere: Exchange) -> Complaints:
    """
    What is made for developers and operators is shown to strangers only where the profile says so (ASVS 13.4.5).

    Documentation is a map of the service, and a page for administrators the door that everybody tries first.

    Fix: switch them off in production, or list the operation in the profile as one that is for anybody.
    """
    if nowhere.status is None:
        raise NotEvaluable(f"the control request was not answered: {nowhere.failure}")
    for exchange in answered(exchanges):
        path = urlsplit(exchange.request.url).path
        shape = next((shape for known, shape in PAGES.items() if path.endswith(known)), "(?!)")
        if is_good(exchange) and (re.search(shape, exchange.text) or not is_good(nowhere)):
            yield f"{path} was answered with {exchange.status}, 404 expected unless the profile describes it"


@check("headers.no-trace", Severity.MAJOR, scenarios=SECURITY_HEADERS, effects=Effects.READ)
def trace_is_off(exchange: Exchange, marker: str) -> Complaints:
    """
    TRACE is not answered with what was sent (RFC 9110, 9.3.8; OWASP ASVS 5.0, 13.4.4).

    An answer that repeats the request shows scripts the cookies that they must not see.

    Fix: let the server and every proxy before it refuse TRACE with 405 or 501.
    """
    if exchange.status is None:
        raise NotEvaluable(f"TRACE was not answered: {exchange.failure}")
    if marker in exchange.text:
        yield f"TRACE was answered with {exchange.status} and repeats what was sent, 405 or 501 expected"
    elif is_good(exchange):
        yield f"TRACE was answered with {exchange.status}, 405 or 501 expected"


TELLING = re.compile(r"(PASSWORD|TOKEN|CANARY|EMAIL|COOKIE\w*|SESSION_\d+)$")
"""Names of what no error needs: an id stands in the problem's instance, and a CSRF token in each form."""


@check("headers.errors-repeat-nothing", Severity.CRITICAL, scenarios=SECURITY_HEADERS, needs={"signin"})
def errors_repeat_nothing(exchanges: Sequence[Exchange], secrets: Mapping[str, str]) -> Complaints:
    """
    No error repeats a password, a token or an address that was sent (OWASP ASVS 5.0, 16.2.5).

    Errors are kept in logs and trackers, and shown on screens that others see.

    Fix: say which field is wrong and why, never what stood in it.
    """
    for exchange in errors_among(exchanges):
        found = {name for value, name in secrets.items() if TELLING.search(name) and value in exchange.text}
        if exchange.content_type == "text/html":  # a form that is shown again keeps what was typed but the password
            found = {name for name in found if not name.endswith("EMAIL")}
        for name in sorted(found):
            yield f"{exchange} repeats the value of {name}, nothing of anybody's expected"
