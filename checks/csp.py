"""Reads a Content-Security-Policy as a browser does (W3C CSP, level 3). Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Policy: TypeAlias = dict[str, tuple[str, ...]]

NONCE_OR_HASH = re.compile(r"'(nonce-|sha(256|384|512)-)")
WIDE = ("*", "https:", "http:", "data:", "blob:")


def policies_of(fields: Sequence[str]) -> list[Policy]:
    """Every policy that some fields hold; of a directive that comes twice the first counts."""
    return [policy for field in fields for text in field.split(",") if (policy := parsed(text))]


def parsed(text: str) -> Policy:
    """One policy: each directive with its sources, in lower case. So a nonce is spoilt, but still seen to be one."""
    policy: Policy = {}
    for directive in text.split(";"):
        words = directive.split()
        if words:
            policy.setdefault(words[0].lower(), tuple(word.lower() for word in words[1:]))
    return policy


def effective(fields: Sequence[str], directive: str) -> tuple[str, ...] | None:
    """What some fields allow for a directive without fallback; of several policies the narrowest. None if none says."""
    said = [policy[directive] for policy in policies_of(fields) if directive in policy]
    return min(said, key=len, default=None)


def loose(fields: Sequence[str]) -> list[str]:
    """What some policies leave open, in words. All of them are enforced: a hole is one only where each has it."""
    found = [holes(policy) for policy in policies_of(fields)]
    return [hole for hole in found[0] if all(hole in others for others in found)] if found else []


def holes(policy: Policy) -> list[str]:
    """What one policy leaves open."""
    closed = {name: policy.get(name) for name in ("base-uri", "form-action", "frame-ancestors")}
    closed["object-src"] = policy.get("object-src", policy.get("default-src"))
    return [*script_holes(policy), *(f"without {name}" for name, sources in closed.items() if not shut(sources))]


def script_holes(policy: Policy) -> list[str]:
    """Through what scripts get in."""
    sources = policy.get("script-src", policy.get("default-src"))
    if sources is None:
        return ["without script-src and default-src"]
    named = any(NONCE_OR_HASH.match(source) for source in sources)
    open_to = [] if "'strict-dynamic'" in sources and named else [source for source in sources if source in WIDE]
    if "'unsafe-inline'" in sources and not named:
        open_to.append("'unsafe-inline'")
    if "'unsafe-eval'" in sources:
        open_to.append("'unsafe-eval'")
    return [f"that lets scripts in from {source}" for source in open_to]


def shut(sources: tuple[str, ...] | None) -> bool:
    """Whether a directive is there, and has no wildcard."""
    return sources is not None and not set(sources) & set(WIDE)
