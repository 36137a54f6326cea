"""
`python -m tests.mutation [MODULE …]`: each mutant of what decides must be killed by the tests of the verdict.

A mutant is a module of `gonogo` with one small change (`tests/mutation/mutants.py`). The tests of `tests/verdict`
run against it in a process that has never seen the real module; those that draw at random are left out. A mutant
that no test kills is a change that nobody would notice, unless `EQUIVALENT` says why it changes no verdict. What
stands there must be there, and must survive: a reason that nothing needs any more breaks this too.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.abc
import importlib.machinery
import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.gate.gates import ROOT
from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.mutants import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

MODULES = ("verdict", "rules", "doubts")
TESTS = ("rules", "doubts", "consequences", "outcomes", "triggers", "slos", "explain", "waivers", "space")
LOADED = ("gonogo.check", "gonogo.evidence", "gonogo.policy", "gonogo.published", "gonogo.journal")
PATIENCE_S = 180


class Replaced(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the mutant where the real module is asked for."""

    def __init__(self, module: str, code: CodeType) -> None:
        self.module = module
        self.code = code

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """The mutant for its name, nothing for others."""
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant's code."""
        exec(self.code, module.__dict__)  # noqa: S102  our own code, changed by us


def survives(module: str, mutant: Mutant | None) -> bool:
    """Whether every test passes although a module was replaced; None replaces nothing."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    try:
        os._exit(run_tests(module, mutant))
    finally:
        os._exit(9)


def run_tests(module: str, mutant: Mutant | None) -> int:
    """Run the tests of the verdict in this process; pytest's exit code."""
    signal.alarm(PATIENCE_S)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    if mutant:
        sys.meta_path.insert(0, Replaced(module, compile(mutant.tree, f"{module}.py", "exec")))
    files = [str(ROOT / "tests" / "verdict" / f"test_{name}.py") for name in TESTS]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--confcutdir={ROOT / 'tests' / 'verdict'}"]
    return int(pytest.main([*options, *files]))


def main(words: list[str]) -> int:
    """Try every mutant; 0 when all are killed but those with a reason."""
    parser = argparse.ArgumentParser("mutation", description="Change what decides, and see whether a test notices.")
    parser.add_argument("module", nargs="*", help=f"modules of gonogo (default: {' '.join(MODULES)})")
    parser.add_argument("--sample", type=int, help="only so many mutants, drawn at random")
    parser.add_argument("--named", help="only mutants with this in their name")
    arguments = parser.parse_args(words)
    for name in LOADED:
        importlib.import_module(name)
    chosen = arguments.module or MODULES
    every = [(f"gonogo.{name}", one) for name in chosen for one in mutants(ROOT / "gonogo" / f"{name}.py")]
    tried = [one for one in every if arguments.named is None or arguments.named in one[1].name]
    if arguments.sample:
        tried = random.sample(tried, min(arguments.sample, len(tried)))
    if not survives("", None):
        sys.stdout.write("mutation: the tests fail without any mutant; run pytest tests/verdict\n")
        return 1
    began = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        fates = zip(tried, pool.map(lambda one: survives(*one), tried), strict=True)
        survivors = [(module, told(module, one)) for (module, one), alive in fates if alive]
    stale = stale_reasons(chosen, [one.name for _, one in every], {one.name for _, one in tried}, survivors)
    return conclusion(len(tried), survivors, stale, time.monotonic() - began)


def told(module: str, mutant: Mutant) -> Mutant:
    """A mutant that survived, told at once."""
    word = "equivalent" if mutant.name in EQUIVALENT else "SURVIVED"
    sys.stdout.write(f"{word}  {module.replace('.', '/')}.py:{mutant.line}  {mutant.name}\n")
    sys.stdout.flush()
    return mutant


def stale_reasons(
    chosen: Sequence[str], there: Sequence[str], tried: set[str], survivors: Sequence[tuple[str, Mutant]]
) -> list[str]:
    """The reasons for mutants that are not there any more, or that a test kills."""
    alive = {one.name for _, one in survivors}
    ours = [name for name in EQUIVALENT if name.split(".")[0] in chosen]
    return [name for name in ours if name not in there or (name in tried and name not in alive)]


def conclusion(count: int, survivors: Sequence[tuple[str, Mutant]], stale: Sequence[str], seconds: float) -> int:
    """Print who survived; 0 when each has a reason, and each reason its survivor."""
    unknown = [one for _, one in survivors if one.name not in EQUIVALENT]
    for name in stale:
        sys.stdout.write(f"STALE    the reason for this mutant is not needed any more: {name}\n")
    sys.stdout.write(
        f"{count} mutants, {count - len(survivors)} killed, {len(survivors) - len(unknown)} equivalent with a reason, "
        f"{len(unknown)} survived, {len(stale)} stale reasons; {seconds:.0f} s\n"
    )
    return 1 if unknown or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
