"""What an answer gives away of the inside: recognised by its shape, and never repeated. Pure."""

from __future__ import annotations

import re

PATH = "a path of its machine"
SHAPES: dict[str, re.Pattern[str]] = {
    "a stack trace": re.compile(
        r"Traceback \(most recent call last\)"
        r"|File \\?\"[^\"\n]+\", line \d+"
        r"|\bat [\w$.<>]+ ?\([\w./\\:-]+:\d+(:\d+)?\)"
        r"|goroutine \d+ \[|Stack trace:|panicked at "
    ),
    "a statement or an error of the database": re.compile(
        r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s.+\sSET|DELETE\s+FROM)\b"
        r"|\bsqlalchemy\.|\bpsycopg|\basyncpg\.|SQLSTATE|\bORA-\d{5}|no such (table|column):|syntax error at or near"
    ),
    "the address of a backend": re.compile(
        r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'<>]+:[^\s/@\"'<>]+@"
        r"|\b(postgres(ql)?|mysql|mariadb|rediss?|mongodb|amqps?|sqlite)(\+\w+)?://"
    ),
    "a key of somebody's API": re.compile(
        r"\bsk-(proj-|ant-)?[\w*-]{8,}|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bgh[pousr]_\w{30,}|\bxox[abp]-[\w-]{10,}"
    ),
    PATH: re.compile(
        r"(site|dist)-packages|node_modules/"
        r"|(?<![\w.:/])/(usr|home|root|opt|srv|var|etc|app|code)/[\w./-]*\.(py|js|ts|rb|java|go|php|so|conf|ini|ya?ml|env|db)\b"
        r"|\b[A-Z]:\\\\?[\w.-]+\\"
    ),
}
HOSTS = re.compile(
    r"(?<![\d.])(10(\.\d{1,3}){3}|192\.168(\.\d{1,3}){2}|172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2})(?![\d.])"
    r"|\b[\w-]+\.(internal|cluster\.local|localdomain)\b"
)
LINKS = re.compile(r"(?i)\b(src|href)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
"""Where a page names what a browser is to fetch: a path of the site, and none of the machine."""
VERSIONS = re.compile(r"(?i)\b\w*(version|build|release)\w*[\"']?\s*[:=]?\s*[\"']?v?\d+(\.\d+)+")
"""A version of four numbers looks like an address."""


def leaks(text: str) -> list[str]:
    """What kinds of inside a text shows, in words."""
    unlinked = LINKS.sub("", text)
    return [kind for kind, shape in SHAPES.items() if shape.search(unlinked if kind == PATH else text)]


def leaks_of_health(text: str) -> list[str]:
    """The same, and names and addresses of machines, which errors may hold but a probe has no use for."""
    return [*leaks(text), *(["a machine of its network"] if HOSTS.search(VERSIONS.sub("", text)) else [])]
