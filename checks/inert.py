"""Whether a browser that is sent to an answer would run a script in it, as a page of the target's. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.csp import policies_of

if TYPE_CHECKING:
    from checks.csp import Policy
    from gonogo.exchange import Exchange

PAGES = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"})
GUESSED = frozenset({"", "unknown/unknown", "application/unknown", "*/*"})
"""What a browser takes as a page when it looks like one, unless it is told not to guess (WHATWG MIME Sniffing, 7)."""


def runs_script(exchange: Exchange, script: bytes) -> bool:
    """Whether an answer is opened as a page, holds the script as it was, and no policy keeps it from running."""
    return exchange.ok and script in exchange.body and opens_as_page(exchange) and not policed(exchange)


def opens_as_page(exchange: Exchange) -> bool:
    """Whether a browser shows an answer as a page: by its type, or by its guess; what is attached is only kept."""
    disposition = exchange.headers.get("content-disposition").partition(";")[0].strip().lower()
    if disposition not in {"", "inline"}:
        return False
    kind = exchange.content_type
    nosniff = exchange.headers.get("x-content-type-options").strip().lower() == "nosniff"
    return kind in PAGES or kind.endswith("+xml") or (kind in GUESSED and not nosniff)


def policed(exchange: Exchange) -> bool:
    """Whether an enforced policy forbids scripts that stand in a page."""
    return any(forbids_inline(policy) for policy in policies_of(exchange.headers.all("content-security-policy")))


def forbids_inline(policy: Policy) -> bool:
    """Whether a policy puts the page into a sandbox without scripts, or allows no script in the page itself."""
    if "sandbox" in policy and "allow-scripts" not in policy["sandbox"]:
        return True
    sources = policy.get("script-src-elem", policy.get("script-src", policy.get("default-src")))
    return sources is not None and "'unsafe-inline'" not in sources
