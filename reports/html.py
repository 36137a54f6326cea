"""The report as one HTML file: no script, nothing fetched, readable on a phone, in the dark and on paper."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gonogo.check import Severity
from gonogo.evidence import Exchanged
from gonogo.published import Outcome
from gonogo.visible import visible
from reports.headline import (
    SIGNS,
    counted,
    counts,
    findings,
    grouped,
    headline,
    moment,
    seconds,
    tally,
)
from reports.measured import charts, distributions
from reports.plain import cut
from reports.shell import command

if TYPE_CHECKING:
    from jinja2 import Template

    from gonogo.evidence import Evidence
    from gonogo.published import Finding, Verdict

EXCERPTS = 5
LONGEST = 8000
OUTCOMES = {
    Outcome.PASS: "It looked at one subject at least, and all was right.",
    Outcome.FAIL: "The target answered wrongly, too slowly or not at all.",
    Outcome.FLAKY: "Attempts disagree; never shown as a pass.",
    Outcome.ERROR: "We could not judge; the target is not blamed for it.",
    Outcome.SKIP: "The profile declares, with a reason, that this is not offered or not allowed here.",
    Outcome.NOT_RUN: "Planned, but not reached.",
    Outcome.WAIVED: "It failed, and a valid waiver covers exactly this failure.",
}
SEVERITIES = {
    Severity.BLOCKER: "NO_GO; can never be waived.",
    Severity.CRITICAL: "NO_GO unless waived.",
    Severity.MAJOR: "Counts against a budget; within it, GO with conditions.",
    Severity.MINOR: "Reported; decides nothing.",
}


def render(verdict: Verdict, evidence: Evidence) -> str:
    """Render `report.html`."""
    kept = {exchange.id: exchange for exchange in evidence.of(Exchanged)}
    found = findings(verdict)
    return template().render(
        v=verdict,
        top=headline(verdict, evidence),
        findings=[(finding, excerpts(finding, kept)) for finding in found],
        anchors={finding.check: at for at, finding in reversed(list(enumerate(found, 1)))},
        groups=grouped(verdict.checks),
        distributions=distributions(evidence),
        charts=charts(evidence),
        outcomes=OUTCOMES,
        severities=SEVERITIES,
    )


def excerpts(found: Finding, kept: dict[str, Exchanged]) -> list[tuple[str, str, str]]:
    """The exchanges that show a finding, as they are kept: id, request, response."""
    ids = [one for one in found.evidence if one in kept][-EXCERPTS:]
    return [(one, request(kept[one]), response(kept[one])) for one in ids]


def request(exchange: Exchanged) -> str:
    """A request as it went over the wire."""
    return message(f"{exchange.method} {exchange.url}", exchange.request_headers, exchange.request_body)


def response(exchange: Exchanged) -> str:
    """An answer as it came, or what the network said instead."""
    took = f" after {exchange.timing['total']:.3f} s" if "total" in exchange.timing else ""
    events = f", {counted(exchange.events, 'event')}" if exchange.events is not None else ""
    start = f"{exchange.status or exchange.failure or 'no answer'}{took}, {exchange.body_bytes:,} bytes{events}"
    return message(start, exchange.headers, exchange.body)


def message(start: str, headers: tuple[tuple[str, str], ...], body: str) -> str:
    """A message of HTTP as text, its start line first."""
    fields = [f"{name}: {value}" for name, value in headers]
    return "\n".join([start, *fields, *(["", body] if body else [])])


@cache
def template() -> Template:
    """Load the page; whatever it shows is made harmless first, and escaped after."""
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    page.filters |= {
        "command": command,
        "counted": counted,
        "counts": counts,
        "moment": moment,
        "seconds": seconds,
        "sign": lambda outcome: SIGNS[outcome],
        "tally": tally,
    }
    return page.get_template("report.html.jinja")


def harmless(value: object) -> object:
    """What the page shows instead of a value: text with nothing unseen in it, and not without end."""
    if value is None:
        return ""
    return visible(cut(value, LONGEST)) if isinstance(value, str) and not isinstance(value, Markup) else value
