"""The verdict on a terminal; plain in a pipe or a CI log."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gonogo.evidence import Evidence
from gonogo.published import Decision, Outcome
from reports.headline import SIGNS, counted, findings, headline, seconds, tally
from reports.plain import one_line
from reports.shell import command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gonogo.published import Finding, Trigger, Verdict
    from reports.headline import Headline

BANDS = {
    Decision.GO: "bold white on #1a7f37",
    Decision.NO_GO: "bold white on #b3261e",
    Decision.INCONCLUSIVE: "bold white on #8a5a00",
}
STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.FLAKY: "bold magenta",
    Outcome.ERROR: "bold yellow",
    Outcome.NOT_RUN: "yellow",
    Outcome.WAIVED: "cyan",
    Outcome.SKIP: "dim",
}
LABELS = 15
ROOM_FOR_TITLES = 120
SHORT = 100


@dataclass(frozen=True, kw_only=True)
class Screen:
    """A console, and how to put text of a target on it: no markup, nothing unseen, only letters that it has."""

    console: Console

    def text(self, words: str, style: str = "") -> Text:
        """Words on one line, harmless."""
        return Text(self.fitting(one_line(words)), style=style)

    def fitting(self, words: str) -> str:
        """The words in the console's encoding; a letter that it lacks is an escape."""
        return words.encode(self.console.encoding, "backslashreplace").decode(self.console.encoding)

    def outcome(self, outcome: Outcome) -> Text:
        """An outcome: its sign where the console has it, and always its word."""
        sign = SIGNS[outcome] if self.fitting(SIGNS[outcome]) == SIGNS[outcome] else ""
        return Text(f"{sign} {outcome}".strip(), style=STYLES[outcome])

    def rows(self, rows: Iterable[tuple[str, Text]], indent: int = 2) -> None:
        """Labels and what they label, wrapped beside them."""
        grid = Table.grid(padding=(0, 2, 0, 0), expand=False)
        grid.add_column(style="dim", width=LABELS, no_wrap=True, overflow="fold")
        grid.add_column(overflow="fold")
        for label, words in rows:
            grid.add_row(Text(label), words)
        self.console.print(Padding(grid, (0, 0, 0, indent), expand=False))

    def command(self, line: str) -> None:
        """Show a command unwrapped, so that it can be copied in one piece."""
        self.console.print(Text(f"    {self.fitting(command(line))}", style="cyan"), soft_wrap=True)

    def heading(self, words: str) -> None:
        """Start a part of the report."""
        self.console.print()
        self.console.print(self.text(words, "bold underline"))


def show(verdict: Verdict, console: Console) -> None:
    """Show the verdict: the first screen, the scenarios, the findings, and where the report is."""
    screen = Screen(console=console)
    top = headline(verdict, Evidence())
    show_verdict(screen, verdict, top)
    show_first_screen(screen, top)
    show_scenarios(screen, verdict)
    for number, found in enumerate(findings(verdict), 1):
        show_finding(screen, found, f"Finding {found.id}, {number} of {len(verdict.findings)}")
    show_rest(screen, verdict)


def render(verdict: Verdict, _evidence: Evidence, width: int = 100) -> str:
    """Render what a pipe of this width would get."""
    file = StringIO()
    show(verdict, Console(file=file, width=width, no_color=True, force_terminal=False, _environ={}))
    return file.getvalue()


def show_verdict(screen: Screen, verdict: Verdict, top: Headline) -> None:
    """The verdict in a word: a coloured band on a terminal, a plain line elsewhere."""
    line = f"{top.verdict}  {top.lead}"
    if not screen.console.is_terminal:
        screen.console.print(Text(line))
        return
    for words in ("", f"  {line}", ""):
        band = Text(words.ljust(screen.console.width), style=BANDS[verdict.verdict])
        screen.console.print(band, overflow="fold")


def show_first_screen(screen: Screen, top: Headline) -> None:
    """The rule, the target, what ran, what to do, and what nobody looked at."""
    rows = [
        ("decided by", screen.text(top.rule)),
        *(("because", screen.text(reason)) for reason in top.because),
        ("target", screen.text(top.target)),
        ("build", screen.text(top.build)),
        ("service", screen.text(top.embedded or "")),
        ("run", screen.text(top.run)),
        ("checks", Text(top.executed, style="bold")),
        ("action", Text(f"{top.action}. {top.advice}", style="bold")),
        *(("not assessed", screen.text(f"{what}: {why}")) for what, why in top.not_assessed or (("nothing", "-"),)),
    ]
    screen.console.print()
    screen.rows(once((label, words) for label, words in rows if words.plain))
    if top.command:
        screen.console.print(Text(f"  {top.command_lead}:", style="dim"))
        screen.command(top.command)


def once(rows: Iterable[tuple[str, Text]]) -> Iterable[tuple[str, Text]]:
    """The rows with each label only where it is new."""
    last = ""
    for label, words in rows:
        yield ("" if label == last else label), words
        last = label


def show_scenarios(screen: Screen, verdict: Verdict) -> None:
    """A line for each scenario: how it ended, its checks by outcome, how long it took."""
    roomy = screen.console.width >= ROOM_FOR_TITLES
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), safe_box=True)
    table.add_column("outcome", no_wrap=True, overflow="fold")
    table.add_column("scenario", overflow="fold")
    table.add_column("checks", overflow="fold")
    table.add_column("time", justify="right", no_wrap=True, overflow="fold")
    if roomy:
        table.add_column("what it does", overflow="fold", style="dim")
    for one in verdict.scenarios:
        title = [screen.text(one.title)] if roomy else []
        table.add_row(
            screen.outcome(one.outcome), screen.text(one.id), tally(one.checks), seconds(one.duration_s), *title
        )
    if verdict.scenarios:
        screen.console.print(table)


def show_finding(screen: Screen, found: Finding, title: str) -> None:
    """One finding: what was wrong, what was expected, how to mend it, how to see it."""
    trial = ", on trial: decides nothing" if found.shadow else ""
    screen.heading(title)
    name = Text("  ").append_text(screen.outcome(found.outcome))
    name.append_text(screen.text(f"  {found.check} in {found.scenario} ({found.severity}{trial})", "bold"))
    screen.console.print(name, overflow="fold")
    rows = {
        "": found.message,
        "expected": found.expected,
        "observed": found.observed,
        "remedy": found.remedy,
        "waiver": found.waiver or "",
        "evidence": ", ".join(found.evidence),
    }
    screen.rows((label, screen.text(words)) for label, words in rows.items() if words)
    if found.reproduce:
        screen.command(found.reproduce)


def show_rest(screen: Screen, verdict: Verdict) -> None:
    """Conditions, objectives, triggers, and where the report is."""
    armed = [one.id for one in verdict.triggers if one.state == "armed"]
    others = [one for one in verdict.triggers if one.state != "armed"]
    rows = [
        *(("conditions", screen.text(condition, "bold")) for condition in verdict.conditions),
        *(("would change if", screen.text(fact)) for fact in verdict.would_change_if),
        *(("objectives", objective(screen, verdict, at)) for at in range(len(verdict.slos))),
        *(("triggers", screen.text(trigger(one))) for one in others),
        *([("triggers", screen.text(f"{counted(len(armed), 'trigger')} armed: {', '.join(armed)}"))] if armed else []),
        ("report", screen.text(f"runs/{verdict.run_id}/report.html")),
        ("exit code", Text(str(verdict.exit_code))),
    ]
    screen.heading("In short")
    screen.rows(once(rows))


def trigger(one: Trigger) -> str:
    """One trigger; why it fired is told whole, why it says nothing only in short."""
    because = one.because if one.state == "fired" else one.because[:SHORT] + ("…" if len(one.because) > SHORT else "")
    action = f" ({one.action})" if one.state == "fired" else ""
    return f"{one.id} {one.state}{action}: {because}"


def objective(screen: Screen, verdict: Verdict, at: int) -> Text:
    """One objective: its outcome, what was measured, and what was promised."""
    slo = verdict.slos[at]
    if not slo.n:
        return screen.text(f"- {slo.name} not evaluated: no suite measured it")
    value = "not evaluated" if slo.value is None else f"{slo.value:g}"
    words = screen.text(f" {slo.name} {value}, limit {slo.limit:g}, {counted(slo.n, 'sample')}")
    return screen.outcome(slo.outcome).append_text(words)


def picture(verdict: Verdict) -> str:
    """Draw the terminal as an SVG that asks no server for a font."""
    console = Console(
        file=StringIO(), record=True, width=100, force_terminal=True, color_system="truecolor", _environ={}
    )
    show(verdict, console)
    return console.export_svg(title="python -m gonogo gate", code_format=SVG, unique_id="gonogo")


SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<style>
.{unique_id}-matrix {{
  font: {char_height}px/{line_height}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
}}
.{unique_id}-title {{ font: bold 16px system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
