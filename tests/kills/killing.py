"""One gate, ended at one moment, and what it left behind."""

from __future__ import annotations

import itertools
import math
import os
import random
import signal
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from tests.gate.gates import Started, gate_in
from tests.gate.targets import listens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.gate.gates import Ran

LAST_S = 1.2
AT_ONCE_S = 0.1  # a signal takes a moment to be obeyed
PATIENCE_S = 300.0
BY_ITSELF_S = 15.0
READABLE = frozenset({10, 11, 20, 130})
USAGE = 2
STAGES = ("no run yet", "plan", "before the suite", "suite at work", "looking after", "judging", "published")
TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    When and how one gate is ended.

    `after_s` counts from its start, or, `at_the_end`, from the moment at which its suite closed its journal:
    what follows is looking after, judging, scanning and publishing. `how` is `kill` (SIGKILL for the gate's
    process group; its suite and its service have others), `kill-all` (for every process of it at once),
    `SIGINT` (for the group) or `SIGTERM` (for the gate alone).
    """

    number: int
    how: str
    after_s: float
    at_the_end: bool = False


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a gate is ended against: the target, how it is asked, and the ports that the gate listens on."""

    options: tuple[str, ...]
    environ: Mapping[str, str]
    listens_on: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What came of it; `wrong` is empty when all is as it must be."""

    plan: Plan
    stage: str
    verdict: str
    too_late: bool
    wrong: tuple[str, ...]


def plans(length_s: float, seed: int) -> Iterator[Plan]:
    """Moments over the whole run, and three in ten of them after its suite has ended."""
    dice = random.Random(seed)  # noqa: S311  no secret is made of it
    return (plan(number, dice, length_s) for number in itertools.count())


def plan(number: int, dice: random.Random, length_s: float) -> Plan:
    """One moment, and one way."""
    how = dice.choices(["kill", "kill-all", "SIGINT", "SIGTERM"], weights=[5, 2, 1.5, 1.5])[0]
    at_the_end = dice.random() < 0.3
    after_s = dice.uniform(0, LAST_S if at_the_end else length_s)
    return Plan(number=number, how=how, after_s=after_s, at_the_end=at_the_end)


def end_one(one: Plan, place: Place, folder: Path) -> Ended:
    """Start a gate, end it as planned, and look at everything that it left."""
    folder.mkdir(parents=True)
    scratch = folder / "scratch"
    scratch.mkdir()
    with gate_in(folder / "runs", {**place.environ, "TMPDIR": str(scratch)}) as gate:
        started = gate.begin(*place.options)
        wait(one, started)
        alive, before = started.process.poll() is None, stage_of(folder)
        if alive:
            strike(one, started)
        struck = time.time()
        ran = started.wait(PATIENCE_S)
        stage = stage_of(folder) if one.how.startswith("kill") else before
        too_late = not alive or stage == "published" or published_by(folder, struck + AT_ONCE_S)
        wrong = [*left_running(started, place.listens_on)]
        name = next((path.name for path in (folder / "runs").glob("2*")), "latest")
        judged, explained = gate.command("judge", name), gate.command("explain", name)
        remembered = any((folder / "runs" / "state").rglob("*.json"))
        cleaned = gate.start("gonogo", "cleanup").wait() if remembered else None
        wrong += unreadable(stage, judged, explained)
        wrong += [f"cleanup exits {cleaned.code}: {said_by(cleaned)}"] if cleaned and cleaned.code != 0 else []
        wrong += [] if too_late or judged.code != 0 else ["judged GO"]
        wrong += untold(one, ran) if alive and not too_late else []
    return Ended(plan=one, stage=stage, verdict=word(stage, judged), too_late=too_late, wrong=tuple(wrong))


def wait(one: Plan, started: Started) -> None:
    """Wait until the planned moment, or the gate's own end."""
    deadline = time.monotonic() + PATIENCE_S
    while one.at_the_end and not suite_ended(started) and started.process.poll() is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the suite did not end within {PATIENCE_S} s")
        time.sleep(0.02)
    with suppress(psutil.TimeoutExpired):
        psutil.Process(started.process.pid).wait(one.after_s)


def suite_ended(started: Started) -> bool:
    """Whether each lane of the suite has closed its journal."""
    journals = list(started.runs.glob("2*/evidence/smoke*.jsonl"))
    return bool(journals) and all(b'"kind": "end"' in tail(path) for path in journals)


def tail(path: Path) -> bytes:
    """The end of a file."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 300))
        return file.read()


def strike(one: Plan, started: Started) -> None:
    """End the gate in the planned way."""
    with suppress(ProcessLookupError, psutil.NoSuchProcess):
        if one.how == "SIGTERM":
            started.process.terminate()
        elif one.how == "SIGINT":
            os.killpg(started.process.pid, signal.SIGINT)
        else:
            os.killpg(started.process.pid, signal.SIGKILL)
    if one.how == "kill-all":
        for process in started.family():
            with suppress(psutil.NoSuchProcess):
                process.kill()


def published_by(folder: Path, moment: float) -> bool:
    """Whether a verdict was published by then."""
    return any(path.stat().st_mtime <= moment for path in (folder / "runs").glob("2*/verdict.json"))


def stage_of(folder: Path) -> str:
    """How far the run had come."""
    runs = list((folder / "runs").glob("2*/evidence"))
    if not runs:
        return "no run yet"
    journals = {path.stem: path for path in runs[0].glob("*.jsonl")}
    if b'"kind": "end"' not in (tail(journals["plan"]) if "plan" in journals else b""):
        return "plan"
    if "smoke" not in journals:
        return "before the suite"
    if b'"kind": "end"' not in tail(journals["smoke"]):
        return "suite at work"
    if published_by(folder, math.inf):
        return "published"
    return "judging" if b'"control-probe"' in journals["gate"].read_bytes() else "looking after"


def left_running(started: Started, ports: tuple[int, ...]) -> list[str]:
    """Processes and listeners that are still there after a while."""
    deadline = time.monotonic() + BY_ITSELF_S
    while started.family() and time.monotonic() < deadline:
        time.sleep(0.1)
    processes = [" ".join(process.cmdline()[:5]) for process in started.family()]
    return [f"still running: {one}" for one in processes] + [f"still listening on {n}" for n in ports if listens(n)]


def unreadable(stage: str, judged: Ran, explained: Ran) -> list[str]:
    """What is wrong with reading the run again; where no run was begun, both commands must say so."""
    if stage == "no run yet":
        told = judged.code == explained.code == USAGE and "there is no run" in judged.err
        return [] if told else [f"no run, and yet judge exits {judged.code}: {said_by(judged)}"]
    wrong = [f"judge exits {judged.code}: {said_by(judged)}"] if judged.code not in READABLE | {0} else []
    if explained.code != 0 or "Rule " not in explained.out:
        wrong.append(f"explain exits {explained.code}: {said_by(explained)}")
    return wrong + ["a traceback" for one in (judged, explained) if TRACEBACK in one.err]


def said_by(ran: Ran) -> str:
    """The end of what a command said, on one line."""
    return " | ".join(f"{ran.out}\n{ran.err}".split("\n"))[-600:]


def untold(one: Plan, ran: Ran) -> list[str]:
    """What is wrong with how the gate itself ended: an interrupted one exits as such, or as the signal does."""
    allowed = {"SIGINT": {130, -signal.SIGINT}, "SIGTERM": {130, -signal.SIGTERM}}.get(one.how, {-signal.SIGKILL})
    return [] if ran.code in allowed else [f"ended with {ran.code}: {said_by(ran)}"]


def word(stage: str, judged: Ran) -> str:
    """What the run is judged to be."""
    if stage == "no run yet":
        return "no run"
    return {0: "GO", 10: "NO_GO", 11: "NO_GO", 20: "INCONCLUSIVE", 130: "interrupted"}.get(judged.code, "unreadable")


def accounts_in(database: Path) -> int:
    """How many accounts the target still has."""
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM users").fetchone()
    return int(count)
