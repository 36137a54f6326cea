"""
Lets a suite work in a process of its own, or in several: what it says is passed on, and it is always ended.

A suite is in a session of its own, so that an interrupt from the keyboard reaches the parent alone, which
hands it on once. It runs under the keeper, which ends it when the parent is gone.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from typing import IO, TYPE_CHECKING

from gonogo.browsed import E2E
from gonogo.check import Effects
from gonogo.contracted import CONTRACTS
from gonogo.embedded import ROOT
from gonogo.hearing import TELL_FD, Hearing
from gonogo.lanes import LANE, journal_name, lane_of, lanes_for
from gonogo.triggers import LOAD
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gonogo.run import Run

DEADLINE_S = 1800.0
TIDY_UP_S = 75.0  # removing may have to wait for a window of the target's limits
STOP_S = 10.0
PYTESTS_OWN = frozenset({"-k", "-x"})
NO_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
PYTEST_RAN = frozenset({0, 1})
PYTEST_USAGE = 4
SHORTENS_NOTHING = ["--assert=plain", "-rN"]  # what is left of a secret that pytest has shortened cannot be found
PYTEST = ("-m", "pytest", "-q", "--tb=native", "--color=no", "-p", "no:cacheprovider", *SHORTENS_NOTHING)
COMMANDS = {
    "smoke": (*PYTEST, "smoke"),
    LOAD: ("-m", "locust", "-f", "load/chat.py", "--headless", "--only-summary", "--loglevel", "WARNING"),
    CONTRACTS: ("-m", "contracts"),
    E2E: (*PYTEST, E2E),
}
"""What Python is told to run each suite."""
RAN = {"smoke": PYTEST_RAN, LOAD: frozenset({0}), CONTRACTS: frozenset({0}), E2E: PYTEST_RAN}
RUNNERS = {LOAD: "locust", CONTRACTS: "the suite"}
ONE_LANE = frozenset({*RUNNERS, E2E})
"""Suites of one process: a browser is many already."""
ALLOWED = {LOAD: Effects.BURST, CONTRACTS: Effects.HOSTILE}
"""What an environment must allow before a suite is started."""


def run_suite(run: Run, suite: str) -> None:
    """
    Let a suite work in a process of its own, and write down how it ended.

    Raises UsageError when pytest refused the options that were passed through.
    """
    if suite in ALLOWED and not run.profile.allows(ALLOWED[suite]):
        said = f"environment {run.profile.environment} does not allow {ALLOWED[suite]}"
        run.fact(f"suite:{suite}", "unknown", f"it was not started: {said}")
        return
    lanes = 1 if suite in ONE_LANE or run.options.suite_args else lanes_for(run.profile, run.id)
    with ExitStack() as stack:
        processes = [at_work(stack, run, suite, f"{lane}/{lanes}") for lane in range(1, lanes + 1)]
        codes = wait_for(run, processes)
    logs = [log_of(run, suite, lane) for lane in range(1, lanes + 1)]
    for code, log in zip(codes, logs, strict=True):
        refused = usage_said(log) if code == PYTEST_USAGE and suite not in RUNNERS else None
        if refused:
            raise UsageError(f"{refused}; what gonogo does not know goes to pytest")
    runner = RUNNERS.get(suite, "pytest")
    said = ", ".join(f"{runner} ended with {code}; see {log.name}" for code, log in zip(codes, logs, strict=True))
    run.fact(f"suite:{suite}", "ok" if all(code in RAN[suite] for code in codes) else "unknown", said)


def log_of(run: Run, suite: str, lane: int) -> Path:
    """Where what a lane says is kept."""
    return run.folder / f"{journal_name(suite, lane)}.log"


def at_work(stack: ExitStack, run: Run, suite: str, lane: str) -> subprocess.Popen[bytes]:
    """A lane of a suite at work, heard and logged; when the stack ends it is ended, and heard out."""
    log = log_of(run, suite, lane_of({LANE: lane})[0])
    writing = stack.enter_context(log.open("w", encoding="utf-8", newline=""))
    process, told = start(run, suite, lane)
    listener = threading.Thread(
        target=Hearing(run, log.stem, told, writing).listen, args=(process.stdout, process.stderr), daemon=True
    )
    listener.start()
    stack.callback(listener.join, STOP_S)
    stack.callback(stop, process)
    return process


def command_for(run: Run, suite: str) -> tuple[str, ...]:
    """A suite's command; without its folder where one of the suite's own files is named instead."""
    command, folder = COMMANDS[suite], f"{suite}/"
    named = suite not in RUNNERS and any(word.startswith(folder) for word in run.options.suite_args)
    return tuple(word for word in command if word != suite) if named else command


def words_for(run: Run, suite: str) -> tuple[str, ...]:
    """What else a suite's command is told; what gonogo does not know is pytest's, or a plugin's."""
    if suite in RUNNERS:
        return ()
    return (*(() if wants_plugins(run) else ("-p", "pytest_asyncio.plugin")), *run.options.suite_args)


def wants_plugins(run: Run) -> bool:
    """Whether an option may be a plugin's: otherwise none is loaded but ours, for each costs time at every start."""
    return any(word.startswith("-") and word not in PYTESTS_OWN for word in run.options.suite_args)


def start(run: Run, suite: str, lane: str) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start a suite, and the end of a pipe through which it tells what it learns."""
    told, tell = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-m", "gonogo.keeper", sys.executable, *command_for(run, suite), *words_for(run, suite)],
            cwd=ROOT,
            env={
                **run.environ,
                **({} if wants_plugins(run) else NO_PLUGINS),
                LANE: lane,
                TELL_FD: str(tell),
                "PYTHONUNBUFFERED": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[tell],
            start_new_session=True,
        )
    finally:
        os.close(tell)
    return process, os.fdopen(told, "rb", buffering=0)


def wait_for(run: Run, processes: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    """Wait for a suite's lanes. An interrupt is handed on to each, once, and they get time to remove what they made."""
    try:
        return ended(processes, DEADLINE_S)
    except KeyboardInterrupt:
        run.interrupted = True
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
    return ended(processes, TIDY_UP_S)


def ended(processes: Sequence[subprocess.Popen[bytes]], within_s: float) -> list[int]:
    """The exit codes of processes that end within so many seconds, or are stopped then."""
    deadline = time.monotonic() + within_s
    codes = []
    for process in processes:
        try:
            codes.append(process.wait(max(0.0, deadline - time.monotonic())))
        except subprocess.TimeoutExpired:
            codes.append(stop(process))
    return codes


def stop(process: subprocess.Popen[bytes]) -> int:
    """Have the keeper end a suite, if it has not ended; its exit code."""
    if process.stdin:
        process.stdin.close()
    try:
        return process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the keeper and the suite
        return process.wait()


def usage_said(log: Path) -> str | None:
    """The sentence with which pytest refused its options; None when it ended so for another reason, such as ours."""
    said = re.findall(r"(?im)^.*?\berror: (.+)$", log.read_text(encoding="utf-8", errors="replace"))
    return said[-1].strip() if said else None
