"""What answers tell of the software behind them, and what they rely on in vain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checks.headers import SECURITY_HEADERS, answered
from gonogo.check import Severity, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange


TALKATIVE = (
    *("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "x-runtime", "x-version"),
    *("x-server", "x-backend-server", "x-php-version", "x-envoy-decorator-operation", "liferay-portal", "x-backend"),
    *("x-application-context", "x-powered-cms", "x-varnish-backend", "x-varnish-server", "x-turbo-charged-by"),
    *("x-mod-pagespeed", "x-page-speed", "x-litespeed-tag", "x-jitsi-release", "x-owa-version", "x-feserver"),
    *("x-beserver", "x-calculatedbetarget", "x-diaginfo", "x-woodpecker-version", "x-cocoon-version"),
    *("x-content-encoded-by", "x-cf-powered-by", "x-atmosphere-first-request", "x-redirect-by", "powered-by"),
    *("x-kubernetes-pf-flowschema-uid", "x-kubernetes-pf-prioritylevel-uid", "x-sourcemap", "sourcemap"),
    *("x-xss-debug", "hostheader", "host-header", "product", "pega-host", "x-nextjs-matched-path"),
)
"""The names that the OWASP Secure Headers Project asks to remove, as far as services of this kind send them."""


DEAD = {"x-xss-protection": r"\s*1", "expect-ct": ".", "public-key-pins": ".", "public-key-pins-report-only": "."}
"""Fields that browsers gave up because they did harm, or nothing; X-XSS-Protection: 0 only switches off."""


@check("headers.banner", Severity.MINOR, scenarios=SECURITY_HEADERS)
def tells_no_versions(exchanges: Sequence[Exchange], *, hidden: bool) -> Complaints:
    """
    No header tells which software answers, and in which version (OWASP ASVS 5.0, 13.4.6).

    A version is a list of known holes for whoever looks it up.

    Fix: switch off the banner (uvicorn: --no-server-header), and strip it in the proxy.
    """
    for exchange in answered(exchanges):
        for name in TALKATIVE:
            value = exchange.headers.get(name)
            if value and (hidden or re.search(r"\d", value)):
                yield f"{exchange} tells {name}: {value}, nothing expected"


@check("headers.dead", Severity.MINOR, scenarios=SECURITY_HEADERS)
def has_nothing_dead(exchanges: Sequence[Exchange]) -> Complaints:
    """
    No answer relies on fields that browsers gave up (OWASP Secure Headers Project).

    They protect nobody, some opened holes of their own, and they hide that something newer is missing.

    Fix: drop X-XSS-Protection, Expect-CT and Public-Key-Pins; a Content-Security-Policy does what they promised.
    """
    for exchange in answered(exchanges):
        for name, harmful in DEAD.items():
            value = exchange.headers.get(name)
            if re.match(harmful, value):
                yield f"{exchange} has {name}: {value}, nothing expected"
