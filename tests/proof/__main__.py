"""
`python -m tests.proof [FAULT …]`: every fault once, or a suite's, and clean runs, against the embedded service.

A named check that stays silent is a missed detection; one that fails without being named is a false
alarm; both break the proof. Checks that are not-run because an operation failed are neither. A fault
whose named checks are all in one scenario runs against that scenario alone, unless --all-scenarios is given.
Processes are forked from one that has imported what they need, and write no report but the verdict, unless --cold is
given.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, STDOUT
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from gonogo.check import CATALOGUE, Severity
from gonogo.conclusion import judge_folder
from gonogo.embedded import ROOT
from gonogo.past_run import find_run, policy_for
from gonogo.policy import Slos
from gonogo.published import Decision, Outcome, Verdict
from tests.proof.catalogue import Fault, faults
from tests.proof.kept import Proven, keep, kept, state_of_the_code
from tests.proof.nursery import nursery

if TYPE_CHECKING:
    from collections.abc import Sequence

AT_ONCE = 8
"""On two cores: a run that waits for the target, or for a limit, leaves its turn to the others."""
CLEAN_RUNS = 3
SLOW = ("rate-limiting", "chat")
"""The scenarios that wait: for a limit's window, or for a stream."""
OBJECTIVES = frozenset(f"slo.{name}" for name in Slos.model_fields)
FAILED = frozenset({Outcome.FAIL, Outcome.FLAKY})


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How the runs are made: where they are kept, in which scenarios, and how many at once."""

    runs: Path
    python: Path = Path(sys.executable)
    all_scenarios: bool = False
    seed: int | None = None
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def prove(self, fault: Fault | None) -> Proven:
        """Run the gate with a fault, or without one, and compare what failed with what had to."""
        unknown = fault.detected_by - set(CATALOGUE) - OBJECTIVES if fault else frozenset()
        if fault and (unknown or not fault.detected_by):
            return unproven(fault, f"it names checks that do not exist: {', '.join(sorted(unknown)) or 'none at all'}")
        async with self.turn:
            began = time.monotonic()
            folder = self.runs / (fault.name if fault else f"clean-{began}")
            code, said = await self.gate(fault, folder)
            seconds = time.monotonic() - began
        try:
            run = find_run(folder, "latest")
            verdict = judge_folder(run, policy_for(run, None))
        except Exception as error:  # noqa: BLE001  whatever a run left behind, the proof goes on and says so
            return unproven(fault, f"exit {code}: {error} {said}")
        return compare(fault, verdict, seconds)

    async def gate(self, fault: Fault | None, folder: Path) -> tuple[int, str]:
        """Run the gate in a process; its exit code and the end of what it said."""
        suite = fault.suite if fault else "smoke"
        words = ["gate", "--suite", suite, "--runs", str(folder)]
        if fault:
            words += ["--fault", fault.name]
        if fault and suite == "load" and not any(one in OBJECTIVES for one in fault.detected_by):
            words += ["--profile", str(unhurried(folder))]  # noise on our machine is no false alarm
        if fault and suite in {"smoke", "e2e"} and not self.all_scenarios:
            words += sorted(f"{suite}/test_{one.replace('-', '_')}.py" for one in fault.scenarios)
        if suite == "contracts" and self.seed is not None:
            words += ["--seed", str(self.seed)]
        command = [str(self.python), "-m", "gonogo", *words]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=STDOUT)
        out, _ = await process.communicate()
        return process.returncode or 0, out.decode(errors="replace")[-400:]


def unhurried(folder: Path) -> Path:
    """The reference profile without promises of speed."""
    lines = (ROOT / "profiles" / "reference.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "unhurried.yaml"
    path.write_text("".join(line for line in lines if not line.startswith("  slo:")), encoding="utf-8")
    return path


def unproven(fault: Fault | None, trouble: str) -> Proven:
    """What there is to say where no run came to a verdict."""
    named = tuple(sorted(fault.detected_by)) if fault else ()
    return Proven(fault=fault.name if fault else None, detected_by=named, missed=named, trouble=trouble)


def compare(fault: Fault | None, verdict: Verdict, seconds: float) -> Proven:
    """Hold what failed against what had to fail, and the verdict against the worst severity."""
    failed = frozenset(row.check for row in verdict.checks if row.outcome in FAILED)
    named = fault.detected_by if fault else frozenset()
    return Proven(
        fault=fault.name if fault else None,
        detected_by=tuple(sorted(named)),
        missed=tuple(sorted(named - failed)),
        alarms=tuple(sorted(failed - named)),
        trouble=trouble_with(fault, verdict),
        verdict=verdict.verdict,
        seconds=round(seconds, 1),
    )


def trouble_with(fault: Fault | None, verdict: Verdict) -> str:
    """What else is wrong: a verdict that does not follow, or a check that could not judge on a clean target."""
    if fault is None:
        good = verdict.exit_code == 0 and not verdict.conditional
        return "" if good else f"{verdict.verdict}: {verdict.decided_by.reasons}"
    decisive = {Severity.BLOCKER, Severity.CRITICAL} & {
        CATALOGUE[one].severity if one in CATALOGUE else Severity.CRITICAL for one in fault.detected_by
    }
    if decisive and verdict.verdict is not Decision.NO_GO:
        return f"{verdict.verdict} although a {min(decisive)} check had to fail"
    if not decisive and verdict.verdict is Decision.NO_GO:
        return "NO_GO although no blocker or critical check was named"
    return ""


def understood(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line. Exits with 2 and a sentence where it makes no sense."""
    parser = argparse.ArgumentParser("proof", description=__doc__, allow_abbrev=False)
    parser.add_argument("fault", nargs="*", help="only these faults")
    parser.add_argument("--suite", action="append", help="only the faults that this suite detects; may be repeated")
    parser.add_argument("--clean", type=int, help=f"how many clean runs (default {CLEAN_RUNS}, none with named faults)")
    parser.add_argument("--all-scenarios", action="store_true", help="run every scenario with each fault")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"how many runs at once (default {AT_ONCE})")
    parser.add_argument("--cold", action="store_true", help="start every process from nothing, not by a fork")
    parser.add_argument("--seed", type=int, metavar="N", help="of the contract suite (default: another each time)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep what is proven, and go on from there")
    arguments = parser.parse_args(words)
    strangers = set(arguments.fault) - {one.name for one in faults()}
    if strangers:
        parser.exit(2, f"proof: there is no fault {', '.join(sorted(strangers))}\n")
    if arguments.clean is None:
        arguments.clean = 0 if arguments.fault else CLEAN_RUNS
    return arguments


async def main(words: Sequence[str]) -> int:
    """Prove the faults that were named, or all of them and clean runs; 0 when everything holds."""
    arguments, console = understood(words), Console(highlight=False, soft_wrap=True)
    state = state_of_the_code()
    proven = list(kept(arguments.keep, state))
    done = {one.fault for one in proven}
    clean = max(arguments.clean - sum(one.fault is None for one in proven), 0)
    chosen = [one for one in faults() if is_chosen(one, arguments) and one.name not in done]
    if proven:
        console.print(f"{len(proven)} runs stand in {arguments.keep} already")
    with ExitStack() as stack:
        runs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gonogo-proof-")))
        python = Path(sys.executable) if arguments.cold else stack.enter_context(nursery(runs))
        turn = asyncio.Semaphore(arguments.at_once)
        proof = Proof(runs=runs, python=python, all_scenarios=arguments.all_scenarios, seed=arguments.seed, turn=turn)
        tasks = [asyncio.create_task(proof.prove(one)) for one in [*([None] * clean), *sorted(chosen, key=haste)]]
        for task in asyncio.as_completed(tasks):
            one = await task
            keep(arguments.keep, state, one)
            proven.append(one)
            console.print(line(one))
    return conclusion(proven, console, proves_all=not arguments.suite and not arguments.fault)


def is_chosen(fault: Fault, arguments: argparse.Namespace) -> bool:
    """Whether a fault was named, or its suite, or neither."""
    return (not arguments.fault or fault.name in arguments.fault) and fault.suite in (arguments.suite or [fault.suite])


def haste(fault: Fault) -> int:
    """What takes long comes first, so that at the end nothing is waited for alone: limits, then streams."""
    return next((place for place, one in enumerate(SLOW) if one in fault.scenarios), len(SLOW))


def line(one: Proven) -> str:
    """One line about one run."""
    parts = [f"missed {', '.join(one.missed)}"] if one.missed else []
    parts += [f"false alarm {', '.join(one.alarms)}"] if one.alarms else []
    parts += [one.trouble] if one.trouble else []
    detected = f"detected by {', '.join(one.detected_by)}" if one.fault else "no false alarm"
    name = one.fault or "no fault"
    return f"{'ok  ' if one.ok else 'FAIL'} {name:32} {one.seconds:5.1f} s  {'; '.join(parts) or detected}"


def conclusion(proven: Sequence[Proven], console: Console, *, proves_all: bool) -> int:
    """Count; 0 when everything holds."""
    seeded = [one for one in proven if one.fault]
    clean = [one for one in proven if one.fault is None]
    alarms = sum(len(one.alarms) for one in proven)
    good = sum(one.ok for one in seeded)
    console.print(f"\n{good} of {len(seeded)} faults detected by exactly the checks they name, {alarms} false alarms")
    console.print(f"{sum(one.ok for one in clean)} of {len(clean)} clean runs without a complaint")
    lacking = sorted(unproven_checks(frozenset(check for one in seeded for check in one.detected_by)))
    if lacking and clean and proves_all:
        console.print(f"{len(lacking)} checks that no fault proves: {', '.join(lacking)}")
    return 0 if all(one.ok for one in proven) else 1


def unproven_checks(proven: frozenset[str]) -> frozenset[str]:
    """The checks above minor that no fault names; a step's own check is proven by whatever breaks the step."""
    wanted = {one.id for one in CATALOGUE.values() if one.severity is not Severity.MINOR}
    return frozenset(check for check in wanted - proven if not check.startswith("operation."))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
