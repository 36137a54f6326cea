"""
`python -m tests.bench [smoke | load | battery | decisions] [ROUNDS]`: how fast it is, and whether load tells the truth.

`smoke` is the smoke suite's time beside plain httpx, `load` the load's client beside Locust's own; both meet a server
that knows the truth, and so do the broken streams of `battery`. `decisions` are simulated. Without a name it is all.

Clients take turns, round by round, so that what else the machine does falls on all alike; medians and ratios are
told, and each goal is held against them. Everything stays on loopback.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from gonogo.embedded import ROOT
from tests.bench.battery import battery
from tests.bench.decisions import decisions
from tests.bench.smoke import smoke_bench

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, SECONDS = 3, 6


@dataclass(frozen=True, kw_only=True)
class Case:
    """What all clients do in turns; users who act every so many seconds, or as fast as it goes."""

    clients: tuple[str, ...]
    users: int = 100
    every_s: float = 0.0
    ttft_ms: int = 0
    gap_ms: int = 0


CASES = {
    "paced": Case(clients=("ours", "stock", "fast"), every_s=1.0, ttft_ms=50, gap_ms=20),
    "busy": Case(clients=("ours", "stock", "fast"), every_s=0.25, ttft_ms=0, gap_ms=5),
    "saturated": Case(clients=("ours", "stock", "fast"), users=400, ttft_ms=0, gap_ms=5),
    "json": Case(clients=("ours-json", "stock-json")),
}
COLUMNS = ("streams", "per_s", "cpu_us", "lag_50", "lag_99", "ttft_err_50", "ttft_err_95", "itl_err_50", "itl_err_99")


def run(client: str, port: int, case: Case) -> dict[str, Any]:
    """One go of one client."""
    said = (port, case.users, SECONDS, case.every_s, case.ttft_ms, case.gap_ms)
    words = [sys.executable, "-m", "tests.bench.client", client, *map(str, said)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
    return found


def medians(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The median of each number over the rounds."""
    return {key: float(median(row[key] for row in rows)) for key in COLUMNS}


def main(words: list[str]) -> int:
    """Run what is named, or everything, and tell; 0 when every goal is met."""
    console = Console(highlight=False, width=140)
    rounds = next((int(word) for word in words if word.isdecimal()), ROUNDS)
    chosen = [word for word in words if word in BENCHES] or list(BENCHES)
    return max([BENCHES[name](console, rounds) for name in chosen])


def load_bench(console: Console, rounds: int) -> int:
    """Have the load's clients take turns, and hold each goal against what was measured."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.load.truth"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as truth:
        assert truth.stdout
        port = int(truth.stdout.readline())
        for name, case in CASES.items():
            rows: dict[str, list[dict[str, Any]]] = {client: [] for client in case.clients}
            for _ in range(rounds):
                for client in case.clients:
                    rows[client].append(run(client, port, case))
            found[name] = {client: medians(rows[client]) for client in case.clients}
            console.print(table(f"{name}, {case.users} users", found[name]))
        truth.terminate()
    return tell(found, console)


def table(case: str, rows: dict[str, dict[str, float]]) -> Table:
    """One case as a table; times in microseconds."""
    shown = Table(title=f"{case}, load average {os.getloadavg()[0]:.1f}")
    for column in ("client", *COLUMNS):
        shown.add_column(column, justify="left" if column == "client" else "right")
    for client, row in rows.items():
        shown.add_row(client, *(f"{row[column]:g}" for column in COLUMNS))
    return shown


def tell(found: dict[str, dict[str, dict[str, float]]], console: Console) -> int:
    """Hold each goal against what was measured."""
    paced, busy, full, plain = (found[name] for name in CASES)
    goals = (
        ("CPU of a stream / HttpUser", busy["ours"]["cpu_us"] / busy["stock"]["cpu_us"], 0.50, False),
        ("CPU of a stream / FastHttpUser", busy["ours"]["cpu_us"] / busy["fast"]["cpu_us"], 0.65, False),
        ("streams a second / HttpUser, saturated", full["ours"]["per_s"] / full["stock"]["per_s"], 3.0, True),
        ("streams a second / FastHttpUser, saturated", full["ours"]["per_s"] / full["fast"]["per_s"], 1.5, True),
        ("documents a second / HttpUser", plain["ours-json"]["per_s"] / plain["stock-json"]["per_s"], 8.0, True),
        ("lag p50, us", paced["ours"]["lag_50"], 10.0, False),
        ("lag p99, us", paced["ours"]["lag_99"], 100.0, False),
        ("error of TTFT p95, us", paced["ours"]["ttft_err_95"], 200.0, False),
        ("error of ITL p99, us", paced["ours"]["itl_err_99"], 100.0, False),
    )
    missed = 0
    for name, value, goal, at_least in goals:
        met = value >= goal if at_least else value <= goal
        missed += not met
        console.print(
            f"{'met   ' if met else 'missed'} {name}: {value:.3g}, {'at least' if at_least else 'at most'} {goal:g}"
        )
    return min(missed, 1)


def smoke_only(console: Console, rounds: int) -> int:
    """The smoke suite has no goal to miss here."""
    smoke_bench(console, rounds)
    return 0


BENCHES: dict[str, Callable[[Console, int], int]] = {
    "smoke": smoke_only,
    "load": load_bench,
    "battery": lambda console, _: battery(console),
    "decisions": lambda console, _: decisions(console),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
