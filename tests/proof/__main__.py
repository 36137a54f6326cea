"""
`python -m tests.proof [FAULT …]`: every fault once, and clean runs, against the embedded service.

A named check that stays silent is a missed detection; one that fails without being named is a false
alarm; both break the proof. Checks that are not-run because an operation failed are neither. A fault
whose named checks are all in one scenario runs against that scenario alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, STDOUT
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import checks  # noqa: F401  the catalogue
from gonogo.check import CATALOGUE, Severity
from gonogo.conclusion import judge_folder
from gonogo.embedded import ROOT
from gonogo.past_run import find_run, policy_for
from gonogo.plan import scenario_of
from gonogo.published import Decision, Outcome, Verdict

AT_ONCE = 2
CLEAN_RUNS = 3
FAILED = frozenset({Outcome.FAIL, Outcome.FLAKY})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault as the service lists it."""

    name: str
    detected_by: frozenset[str]

    @property
    def scenarios(self) -> frozenset[str]:
        """The scenarios in which the named checks are planned."""
        return frozenset(
            scenario_of(scenario)
            for check in self.detected_by
            if check in CATALOGUE
            for scenario in CATALOGUE[check].scenarios
        )


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What a run said of a fault; `fault` is None for a clean run."""

    fault: Fault | None
    missed: frozenset[str]
    alarms: frozenset[str]
    trouble: str
    verdict: Decision | None
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether exactly the named checks failed, and the verdict follows from their severity."""
        return not (self.missed or self.alarms or self.trouble)


def faults() -> list[Fault]:
    """Every fault that the reference service knows, over its command line."""
    command = [sys.executable, "-m", "target_app", "faults", "--json"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Fault(name=one["name"], detected_by=frozenset(one["detected_by"])) for one in json.loads(listed)]


async def prove(fault: Fault | None, runs: Path, turn: asyncio.Semaphore) -> Proven:
    """Run the gate with a fault, or without one, and compare what failed with what had to."""
    unknown = fault.detected_by - set(CATALOGUE) if fault else frozenset()
    if fault and (unknown or not fault.detected_by):
        return unproven(fault, f"it names checks that do not exist: {', '.join(sorted(unknown)) or 'none at all'}")
    async with turn:
        began = time.monotonic()
        folder = runs / (fault.name if fault else f"clean-{began}")
        code, said = await gate(fault, folder)
        seconds = time.monotonic() - began
    try:
        run = find_run(folder, "latest")
        verdict = judge_folder(run, policy_for(run, None))
    except Exception as error:  # noqa: BLE001  whatever a run left behind, the proof goes on and says so
        return unproven(fault, f"exit {code}: {error} {said}")
    return compare(fault, verdict, seconds)


def unproven(fault: Fault | None, trouble: str) -> Proven:
    """What there is to say where no run came to a verdict."""
    missed = fault.detected_by if fault else frozenset()
    return Proven(fault=fault, missed=missed, alarms=frozenset(), trouble=trouble, verdict=None, seconds=0.0)


async def gate(fault: Fault | None, folder: Path) -> tuple[int, str]:
    """Run the gate in a process; its exit code and the end of what it said."""
    words = ["gate", "--suite", "smoke", "--runs", str(folder)]
    if fault:
        words += ["--fault", fault.name, "-k", " or ".join(sorted(one.replace("-", "_") for one in fault.scenarios))]
    command = [sys.executable, "-m", "gonogo", *words]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=STDOUT)
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode(errors="replace")[-400:]


def compare(fault: Fault | None, verdict: Verdict, seconds: float) -> Proven:
    """Hold what failed against what had to fail, and the verdict against the worst severity."""
    failed = frozenset(row.check for row in verdict.checks if row.outcome in FAILED)
    named = fault.detected_by if fault else frozenset()
    return Proven(
        fault=fault,
        missed=named - failed,
        alarms=failed - named,
        trouble=trouble_with(fault, verdict),
        verdict=verdict.verdict,
        seconds=seconds,
    )


def trouble_with(fault: Fault | None, verdict: Verdict) -> str:
    """What else is wrong: a verdict that does not follow, or a check that could not judge on a clean target."""
    if fault is None:
        good = verdict.exit_code == 0 and not verdict.conditional
        return "" if good else f"{verdict.verdict}: {verdict.decided_by.reasons}"
    decisive = {Severity.BLOCKER, Severity.CRITICAL} & {CATALOGUE[one].severity for one in fault.detected_by}
    if decisive and verdict.verdict is not Decision.NO_GO:
        return f"{verdict.verdict} although a {min(decisive)} check had to fail"
    if not decisive and verdict.verdict is Decision.NO_GO:
        return "NO_GO although no blocker or critical check was named"
    return ""


async def main(words: list[str]) -> int:
    """Prove the faults that were named, or all of them and clean runs; 0 when everything holds."""
    parser = argparse.ArgumentParser("proof", description=__doc__)
    parser.add_argument("fault", nargs="*", help="only these faults")
    parser.add_argument("--clean", type=int, help=f"how many clean runs (default {CLEAN_RUNS}, none with named faults)")
    arguments = parser.parse_args(words)
    known = faults()
    chosen = [one for one in known if not arguments.fault or one.name in arguments.fault]
    clean = (0 if arguments.fault else CLEAN_RUNS) if arguments.clean is None else arguments.clean
    strangers = set(arguments.fault) - {one.name for one in known}
    if strangers:
        sys.stderr.write(f"proof: there is no fault {', '.join(sorted(strangers))}\n")
        return 2
    turn, console = asyncio.Semaphore(AT_ONCE), Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="gonogo-proof-") as runs:
        tasks = [prove(one, Path(runs), turn) for one in [*([None] * clean), *chosen]]
        proven = []
        for task in asyncio.as_completed(tasks):
            proven.append(await task)
            console.print(line(proven[-1]))
    return conclusion(proven, console)


def line(one: Proven) -> str:
    """One line about one run."""
    name = one.fault.name if one.fault else "no fault"
    parts = [f"missed {', '.join(sorted(one.missed))}"] if one.missed else []
    parts += [f"false alarm {', '.join(sorted(one.alarms))}"] if one.alarms else []
    parts += [one.trouble] if one.trouble else []
    detected = f"detected by {', '.join(sorted(one.fault.detected_by))}" if one.fault else "no false alarm"
    return f"{'ok  ' if one.ok else 'FAIL'} {name:32} {one.seconds:5.1f} s  {'; '.join(parts) or detected}"


def conclusion(proven: list[Proven], console: Console) -> int:
    """Count; 0 when everything holds."""
    seeded = [one for one in proven if one.fault]
    good = sum(one.ok for one in seeded)
    alarms = sum(len(one.alarms) for one in proven)
    lacking = sorted(
        one.id
        for one in CATALOGUE.values()
        if one.severity is not Severity.MINOR
        and not one.id.startswith("operation.")
        and not any(one.id in run.fault.detected_by for run in seeded if run.fault)
    )
    clean = [one for one in proven if one.fault is None]
    console.print(f"\n{good} of {len(seeded)} faults detected by exactly the checks they name, {alarms} false alarms")
    console.print(f"{sum(one.ok for one in clean)} of {len(clean)} clean runs without a complaint")
    if lacking and clean:
        console.print(f"{len(lacking)} checks that no fault proves: {', '.join(lacking)}")
    return 0 if all(one.ok for one in proven) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
