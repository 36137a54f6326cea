"""
The report as one HTML file: no script, readable on a phone, in the dark and on paper.

Nothing is fetched but the pictures that a browser's suite put beside it, where there are any.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gonogo.check import Severity
from gonogo.evidence import Exchanged
from gonogo.published import Outcome
from gonogo.visible import visible
from reports import charts as draw
from reports.attempts import attempts
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
from reports.matrix import matrix
from reports.measured import charts, distributions
from reports.pictures import kept as kept_beside
from reports.pictures import shows
from reports.plain import cut
from reports.shell import command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Template

    from gonogo.evidence import Evidence
    from gonogo.published import Finding, Verdict

EXCERPTS = 5
LONGEST = 8000
DRAWN = 12
"""So many findings have their last exchange drawn; fifty drawings would be most of the page."""
ON_PAPER = 12
FEWEST_EVENTS = 3
PHASES = {"connected": "connected", "secured": "TLS", "headers": "first byte", "total": "last byte"}
CONTRACTS = "contracts:"
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


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """An exchange as it is shown: what was sent, what came, when which part of it came, and how a stream flowed."""

    id: str
    request: str
    response: str
    timeline: str
    spans: Markup | None = None
    strip: Markup | None = None
    stream: str = ""


def render(verdict: Verdict, evidence: Evidence) -> str:
    """Render `report.html`."""
    kept = {exchange.id: exchange for exchange in evidence.of(Exchanged)}
    tries = attempts(evidence)
    found = findings(verdict)
    beside = kept_beside(evidence)
    return template().render(
        v=verdict,
        top=headline(verdict, evidence),
        reasons=verdict.decided_by.reasons or verdict.decided_by.checks,
        matrix=matrix(verdict),
        beside=beside,
        findings=[
            (
                one,
                excerpts(one, kept, drawn=at < DRAWN),
                tries.get((one.suite, one.scenario, one.check), ()),
                shows(one, beside),
            )
            for at, one in enumerate(found)
        ],
        on_paper=ON_PAPER,
        anchors={finding.check: at for at, finding in reversed(list(enumerate(found, 1)))},
        groups=grouped(verdict.checks),
        distributions=distributions(evidence),
        charts=[(draw.lines(one.series, one.unit), one.words) for one in charts(evidence)],
        contract={name: said for name, said in verdict.facts.items() if name.startswith(CONTRACTS)},
        ledger=[one for one in verdict.findings if one.waiver or one.outcome in {Outcome.FLAKY, Outcome.WAIVED}],
        journals=[one for one in evidence.journals if one.sha256 or one.trouble],
        outcomes=OUTCOMES,
        severities=SEVERITIES,
    )


def excerpts(found: Finding, kept: Mapping[str, Exchanged], *, drawn: bool) -> list[Excerpt]:
    """The exchanges that show a finding, as they are kept; the last of them is drawn."""
    ids = [one for one in found.evidence if one in kept][-EXCERPTS:]
    return [excerpt(kept[one], drawn=drawn and one == ids[-1]) for one in ids]


def excerpt(exchange: Exchanged, *, drawn: bool) -> Excerpt:
    """One exchange."""
    phases = [
        (name, exchange.timing[key])
        for key, name in PHASES.items()
        if math.isfinite(exchange.timing.get(key, math.nan))
    ]
    arrivals = [at for at in exchange.arrivals if math.isfinite(at)]
    flows = len(arrivals) >= FEWEST_EVENTS
    if flows:
        phases.insert(-1, ("first event", arrivals[0]))
    return Excerpt(
        id=exchange.id,
        request=request(exchange),
        response=response(exchange),
        timeline=", then ".join(f"{name} after {1000 * at:,.0f} ms" for name, at in phases),
        spans=draw.spans(lengths([at for _, at in phases])) if drawn and len(phases) > 1 else None,
        strip=draw.strip(arrivals) if drawn and flows else None,
        stream=stream(arrivals) if flows else "",
    )


def lengths(moments: Sequence[float]) -> list[float]:
    """How long each part took, of the moments at which they ended."""
    return [max(end - begin, 0.0) for begin, end in zip((0.0, *moments), moments, strict=False)]


def stream(arrivals: Sequence[float]) -> str:
    """A stream in words."""
    longest = max(lengths(arrivals)[1:])
    return (
        f"The first {len(arrivals)} events: the first after {1000 * arrivals[0]:,.0f} ms, the last after "
        f"{1000 * arrivals[-1]:,.0f} ms, and {1000 * longest:,.0f} ms at most between two."
    )


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
