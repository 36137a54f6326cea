"""
What people feel while a load goes on, a few seconds at a time: for the page beside Locust's own, and for the terminal.

Times are in seconds; each point is of what came since the one before. No I/O.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from rich.table import Table

from load.histogram import Histogram

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST = 720
WIDTH, HEIGHT = 640, 120
MS = 1000.0
EVERY_S = 5


@dataclass(frozen=True, kw_only=True)
class Point:
    """A few seconds of a load; not a number where nothing was measured."""

    at: float
    users: int
    chats_s: float
    calls_s: float
    ttft_p50: float
    ttft_p95: float
    itl_p95: float
    http_p95: float
    complete: float


class Board:
    """The points of a load, as long as they can be drawn."""

    def __init__(self) -> None:
        self.points: deque[Point] = deque(maxlen=MOST)
        self.began = self.last = 0.0
        self.known: dict[str, Histogram] = {}
        self.counted: Counter[str] = Counter()

    def begin(self, now: float) -> None:
        """The load begins, or another one after it."""
        self.points.clear()
        self.began = self.last = now

    def add(self, now: float, users: int, histograms: Mapping[str, Histogram], counts: Counter[str]) -> None:
        """Take over what was measured up to now."""
        new = Counter(counts)
        new.subtract(self.counted)
        seconds = max(now - self.last, 1e-3)

        def tells(name: str, share: float) -> float:
            known = self.known.get(name, Histogram())
            return histograms[name].since(known).percentile(share) if name in histograms else math.nan

        broken = sum(count for name, count in new.items() if name.startswith("broken:"))
        chats = new["chats"]
        self.points.append(
            Point(
                at=now - self.began,
                users=users,
                chats_s=chats / seconds,
                calls_s=new["calls"] / seconds,
                ttft_p50=tells("ttft", 0.5),
                ttft_p95=tells("ttft", 0.95),
                itl_p95=tells("itl", 0.95),
                http_p95=tells("http", 0.95),
                complete=1 - broken / chats if chats else math.nan,
            )
        )
        self.known = {name: one.copy() for name, one in histograms.items()}
        self.counted, self.last = Counter(counts), now


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One thing that is drawn: its name, what it is of a point, and how it is told."""

    name: str
    value: Callable[[Point], float]
    told: Callable[[float], str]


def ms(value: float) -> str:
    """Seconds as milliseconds."""
    return "none yet" if math.isnan(value) else f"{value * MS:,.0f} ms"


def percent(value: float) -> str:
    """A share in percent, never rounded up to all of it."""
    return "none yet" if math.isnan(value) else f"{math.floor(value * 100_000) / 1000:.3f} %"


def rate(value: float) -> str:
    """So many a second."""
    return f"{value:,.1f} a second"


FIGURES = (
    Figure(name="Time to the first token, p95", value=lambda one: one.ttft_p95, told=ms),
    Figure(name="Time to the first token, p50", value=lambda one: one.ttft_p50, told=ms),
    Figure(name="Time between two tokens, p95", value=lambda one: one.itl_p95, told=ms),
    Figure(name="Answers that came whole", value=lambda one: one.complete, told=percent),
    Figure(name="Plain requests, p95", value=lambda one: one.http_p95, told=ms),
    Figure(name="Answers", value=lambda one: one.chats_s, told=rate),
    Figure(name="People", value=lambda one: float(one.users), told=lambda value: f"{value:.0f}"),
)
STYLE = """
:root{color-scheme:light dark;--ink:#1c2330;--quiet:#5a6475;--line:#2456c8;--paper:#fff;--card:#f5f7fa}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf3;--quiet:#a3aebf;--line:#8fb2ff;--paper:#12161d;--card:#1b212b}}
body{margin:0 auto;max-width:90rem;padding:1.5rem;font:16px/1.5 system-ui,sans-serif;
color:var(--ink);background:var(--paper)}
main{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr))}
figure{margin:0;padding:1rem;border-radius:.5rem;background:var(--card)}
figcaption{color:var(--quiet)}strong{display:block;font-size:1.5rem;color:var(--ink)}
svg{display:block;width:100%;height:auto}polyline{fill:none;stroke:var(--line);stroke-width:2}a{color:var(--line)}
"""


def page(board: Board, title: str) -> str:
    """The page of charts, which fetches itself again; it holds no script, and needs no other file."""
    drawn = "".join(figure(one, board) for one in FIGURES)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="refresh" content="{EVERY_S}"><title>Streams: {escape(title)}</title><style>{STYLE}</style>'
        f'<h1>{escape(title)}</h1><p>Of the last {EVERY_S} seconds, and over time. <a href="/">Locust</a></p>'
        f"<main>{drawn}</main></html>"
    )


def figure(one: Figure, board: Board) -> str:
    """One chart with its last value in words; zero is at the bottom."""
    seen = [(point.at, one.value(point)) for point in board.points if math.isfinite(one.value(point))]
    top = max((value for _, value in seen), default=0.0)
    last = one.told(seen[-1][1]) if seen else "none yet"
    took = max(seen[-1][0] - seen[0][0], 1e-9) if seen else 1.0
    points = " ".join(
        f"{(at - seen[0][0]) / took * WIDTH:.1f},{HEIGHT - value / max(top, 1e-9) * (HEIGHT - 4) - 2:.1f}"
        for at, value in seen
    )
    words = f"{one.name}: {last}" + (f", {one.told(top)} at most" if seen else "")
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}"'
    svg = f'<svg {box}><polyline points="{points}"/></svg>'
    return f"<figure><figcaption>{escape(one.name)}<strong>{escape(last)}</strong></figcaption>{svg}</figure>"


def table(board: Board) -> Table:
    """The last few seconds for a terminal."""
    shown = Table(title="The load, a few seconds ago", title_justify="left")
    shown.add_column("What")
    shown.add_column("Now", justify="right")
    shown.add_column("At most", justify="right")
    for one in FIGURES:
        seen = [one.value(point) for point in board.points if math.isfinite(one.value(point))]
        shown.add_row(one.name, one.told(seen[-1]) if seen else "none yet", one.told(max(seen)) if seen else "")
    return shown


def add_page(web_ui: Any, board: Board, title: str) -> None:  # noqa: ANN401  Flask's application has no type here
    """Draw the board beside Locust's own pages."""
    web_ui.app.add_url_rule("/streams", "streams", lambda: page(board, title))
