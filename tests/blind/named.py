"""Which checks name a defect, so that whoever reads their sentence knows what is broken."""

_HEADERS = {"headers.csp", "headers.frames", "headers.nosniff", "headers.promised", "headers.referrer"}
NAMED: dict[str, frozenset[str]] = {
    name: frozenset(checks)
    for name, checks in {
        "password-keeps-sessions": {"auth.change-ends-sessions"},
        "failure-looks-whole": {"stream.reports-failure"},
        "four-byte-letters-lost": {"chat.saved-once", "features.text-unchanged"},
        "underpaid-grants-plan": {"payment.covers-order"},
        "hook-fails-on-unknown-order": {"payment.unknown-order-harmless"},
        "settings-of-all": {"features.settings-own"},
        "retry-after-in-milliseconds": {"rate.retry-after", "rate.recovers"},
        "bare-errors": _HEADERS,
        "sign-out-keeps-refresh": {"auth.signed-out-refresh-refused"},
        "refresh-token-as-access": {"auth.refresh-token-opens-nothing"},
        "next-page-of-everybody": {"chat.pages-own"},
        "same-name-overwrites": {"features.uploads-apart"},
        "deleted-is-still-found": {"chat.deleted-unfound"},
        "sixteen-tokens-at-most": {"chat.whole-answer"},
        "usage-is-zero": {"stream.usage-told"},
        "refund-keeps-plan": {"payment.refund-ends-plan"},
        "limit-by-token": {"rate.not-renewed"},
        "gauge-never-falls": {"metrics.left-streams-end"},
        "history-forgotten": {"chat.remembers"},
        "errors-echo-the-body": {"headers.errors-repeat-nothing"},
        "split-letters": {"stream.text-intact"},
        "gzip-holds-streams": {"stream.incremental-compressed"},
        "same-second-lost": {"chat.pages-whole"},
        "half-deployed": {"health.one-build"},
        "counters-of-two-workers": {"metrics.counters-hold"},
        "error-in-200": {"chat.blank-refused"},
        "limit-by-forwarded": {"rate.sign-in-not-spoofed"},
        "retry-begins-again": {"chat.whole-answer"},
        "usage-in-letters": {"stream.usage-told"},
        "failure-spends-quota": {"quota.none-lost"},
        "failure-tells-key": {"stream.failure-clean"},
        "event-ids-cut": {"payment.applied-once"},
        "hook-reads-reencoded": {"payment.any-spacing"},
        "search-syntax-fails": {"chat.search-survives"},
        "export-from-cache": {"features.export-current"},
        "etag-never-changes": {"chat.list-current"},
        "redirect-leads-inside": {"headers.redirects-stay"},
        "local-time": {"chat.made-now"},
    }.items()
}
"""What is not here is not caught by name: the page says so, and nobody pretends otherwise."""
