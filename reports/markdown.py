"""
Markdown for a pull request or a job summary.

Nothing of the target may become a link, an image, HTML or a mention: a word that holds anything but
letters, digits and harmless punctuation is shown as code, where GitHub and others render nothing.
"""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from reports.headline import SIGNS, counts, findings, grouped, headline, seconds, tally
from reports.measured import distributions
from reports.plain import one_line
from reports.shedding import Section, fitting
from reports.shell import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.evidence import Evidence
    from gonogo.published import CheckResult, Finding, Verdict
    from reports.headline import Headline

HARMLESS = re.compile(r"""[("']*[^\W_]+(?:[-'/,%+=][^\W_]+|\.\d+)*%?[.,;:!?)"']*|[/\u2013—…]""")
LINK = re.compile(r"www\.|[0-9a-f]{7,}|[A-Za-z]+-[0-9]+", re.IGNORECASE)
NUMBERED = re.compile(r"\d+[.)]")
MARK = "`"
ROOM = 40


def render(verdict: Verdict, evidence: Evidence) -> str:
    """Render `report.md`."""
    top = headline(verdict, evidence)
    sections = [
        Section(title="Conditions", blocks=[f"- {prose(condition)}" for condition in verdict.conditions]),
        Section(title="Findings", blocks=["\n\n".join(finding(found)) for found in findings(verdict)], glue="\n\n"),
        Section(title="Would change if", blocks=[f"- {prose(fact)}" for fact in verdict.would_change_if]),
        Section(title="Scenarios", blocks=list(scenarios(verdict))),
        Section(title="Objectives", blocks=list(slos(verdict))),
        Section(title="Measured", blocks=list(measured(evidence))),
        Section(title="Rollback triggers", blocks=list(triggers(verdict))),
        Section(title="All planned checks", blocks=list(checks(verdict)), glue="\n\n"),
        Section(title="Facts", blocks=list(facts(verdict))),
    ]
    return fitting("\n\n".join(first_screen(top)), sections)


def first_screen(top: Headline) -> Iterator[str]:
    """The verdict, the rule, the target, what ran, what to do, and what nobody looked at."""
    yield f"# {top.verdict}"
    yield f"**{top.lead}** {prose(top.rule)}"
    if top.because:
        yield f"Because: {', '.join(prose(because) for because in top.because)}"
    if top.embedded:
        yield f"> {prose(top.embedded)}"
    lines = [
        f"- Target: {prose(top.target)}",
        f"- Build: {prose(top.build)}",
        f"- Run: {prose(top.run)}",
        f"- **{top.executed}**",
        f"- Action: **{top.action}**. {top.advice}",
    ]
    yield "\n".join(lines)
    if top.command:
        yield f"{top.command_lead}:\n\n{fence(command(top.command))}"
    gaps = [f"- {prose(what)}: {prose(why)}" for what, why in top.not_assessed] or ["- nothing"]
    yield "**Not assessed**\n\n" + "\n".join(first(gaps))
    if top.broken:
        yield "**Evidence in trouble**\n\n" + "\n".join(first([f"- {prose(trouble)}" for trouble in top.broken]))


def first(lines: list[str]) -> list[str]:
    """As many lines as the first screen has room for, and how many more there are."""
    return lines if len(lines) <= ROOM else [*lines[:ROOM], f"- and {len(lines) - ROOM} more"]


def finding(found: Finding) -> Iterator[str]:
    """One finding: what was wrong, what was expected, how to mend it, how to see it."""
    trial = ", on trial: decides nothing" if found.shadow else ""
    yield f"### {SIGNS[found.outcome]} {code(found.check)} in {code(found.scenario)}"
    yield f"**{found.severity}, {found.outcome}{trial}.** {prose(found.message)}"
    said = {
        "Expected": found.expected,
        "Observed": found.observed,
        "Why it matters": found.why,
        "Remedy": found.remedy,
        "Waiver": found.waiver or "",
        "Evidence": ", ".join(found.evidence),
        "Id": found.id,
    }
    yield "\n".join(f"- {name}: {prose(text)}" for name, text in said.items() if text)
    if found.reproduce:
        yield fence(command(found.reproduce))


def scenarios(verdict: Verdict) -> Iterator[str]:
    """The scenarios as a table."""
    if verdict.scenarios:
        yield "| scenario | outcome | checks | time |\n| --- | --- | --- | ---: |"
    for one in verdict.scenarios:
        name = f"{cell(code(f'{one.suite}.{one.id}'))}<br>{cell(prose(one.title))}"
        yield f"| {name} | {SIGNS[one.outcome]} {one.outcome} | {tally(one.checks)} | {seconds(one.duration_s)} |"


def slos(verdict: Verdict) -> Iterator[str]:
    """The objectives as a table."""
    if verdict.slos:
        yield "| objective | measured | limit | samples | outcome |\n| --- | ---: | ---: | ---: | --- |"
    for slo in verdict.slos:
        value = "not evaluated" if slo.value is None else f"{slo.value:g}"
        outcome = f"{SIGNS[slo.outcome]} {slo.outcome}" if slo.n else "no suite measured it"
        yield f"| {cell(code(slo.name))} | {value} | {slo.limit:g} | {slo.n} | {outcome} |"


def measured(evidence: Evidence) -> Iterator[str]:
    """The distributions as a table, in milliseconds."""
    found = distributions(evidence)
    if found:
        yield "| measure, ms | samples | p50 | p95 | p99 | largest |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    for one in found:
        numbers = " | ".join(f"{value:.1f}" for value in (one.p50, one.p95, one.p99, one.largest))
        yield f"| {cell(code(one.name))} | {one.n} | {numbers} |"


def triggers(verdict: Verdict) -> Iterator[str]:
    """The triggers as a list."""
    for one in verdict.triggers:
        because = f": {prose(one.because)}" if one.because else ""
        yield f"- {code(one.id)} **{one.state}** (→ {one.action}){because}"


def checks(verdict: Verdict) -> Iterator[str]:
    """Every planned check, folded away by scenario."""
    for (suite, scenario), group in grouped(verdict.checks).items():
        lines = "\n".join(check_line(check) for check in group)
        name = escape(one_line(f"{suite}.{scenario}"))
        yield f"<details><summary><code>{name}</code>: {tally(counts(group))}</summary>\n\n{lines}\n\n</details>"


def check_line(check: CheckResult) -> str:
    """One planned check and how it ended."""
    reason = f": {prose(check.reason)}" if check.reason else ""
    trial = ", on trial" if check.shadow else ""
    return f"- {SIGNS[check.outcome]} {check.outcome} {code(check.check)} ({check.severity}{trial}){reason}"


def facts(verdict: Verdict) -> Iterator[str]:
    """What was found out about the run itself, and the policy it was judged under."""
    yield from (f"- {prose(name)}: {prose(detail)}" for name, detail in verdict.facts.items())
    yield f"- policy: {code(verdict.policy.digest)}, at most {verdict.policy.major_budget} major failures"
    yield f"- exit code: {verdict.exit_code}"


def prose(text: str) -> str:
    """A sentence on one line; words that a renderer might act on are code."""
    words = one_line(text).split()
    plain = [harmless(word) and not (at == 0 and NUMBERED.match(word)) for at, word in enumerate(words)]
    runs = groupby(zip(plain, words, strict=True), key=itemgetter(0))
    pieces = ((calm, " ".join(word for _, word in run)) for calm, run in runs)
    return " ".join(piece if calm else odd(piece) for calm, piece in pieces)


def odd(words: str) -> str:
    """Words as code, and the comma or full stop behind them as it is."""
    inside = words.rstrip(",.;") or words
    return code(inside) + words[len(inside) :]


def harmless(word: str) -> bool:
    """Whether no renderer makes anything of a word: no markup, link, mention, reference or emoji."""
    return bool(HARMLESS.fullmatch(word)) and not LINK.search(word)


def code(text: str) -> str:
    """A code span, its fence longer than any run of backticks inside."""
    inside = one_line(text) or " "
    marks = fence_for(inside, 1)
    pad = " " if inside.startswith(MARK) or inside.endswith(MARK) else ""
    return f"{marks}{pad}{inside}{pad}{marks}"


def cell(text: str) -> str:
    """A text in a table, where a bar would end the cell even inside code, and its escape differs by renderer."""
    return text.replace("|", r"\x7c")


def fence(line: str) -> str:
    """A block of code for a shell."""
    marks = fence_for(line, 3)
    return f"{marks}sh\n{line}\n{marks}"


def fence_for(text: str, least: int) -> str:
    """Backticks, one more than the longest run of them in a text."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    return MARK * max(least, longest + 1)
