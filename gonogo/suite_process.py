"""
Lets a suite work in a process of its own: what it says is passed on, and it is always ended.

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
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from gonogo.check import Effects
from gonogo.embedded import ROOT
from gonogo.hearing import TELL_FD, Hearing
from gonogo.triggers import LOAD
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.run import Run

DEADLINE_S = 1800.0
TIDY_UP_S = 75.0  # removing may have to wait for a window of the target's limits
STOP_S = 10.0
PYTEST_RAN = frozenset({0, 1})
PYTEST_USAGE = 4
SHORTENS_NOTHING = ["--assert=plain", "-rN"]  # what is left of a secret that pytest has shortened cannot be found
PYTEST = ("-m", "pytest", "-q", "--tb=native", "--color=no", "-p", "no:cacheprovider", *SHORTENS_NOTHING)
COMMANDS = {
    "smoke": (*PYTEST, "smoke"),
    LOAD: ("-m", "locust", "-f", "load/chat.py", "--headless", "--only-summary", "--loglevel", "WARNING"),
}
"""What Python is told to run each suite."""
RAN = {"smoke": PYTEST_RAN, LOAD: frozenset({0})}


def run_suite(run: Run, suite: str) -> None:
    """
    Let a suite work in a process of its own, and write down how it ended.

    Raises UsageError when pytest refused the options that were passed through.
    """
    if suite == LOAD and not run.profile.allows(Effects.BURST):
        said = f"environment {run.profile.environment} does not allow burst"
        run.fact(f"suite:{suite}", "unknown", f"it was not started: {said}")
        return
    log = run.folder / f"{suite}.log"
    with log.open("w", encoding="utf-8", newline="") as writing:
        process, told = start(run, suite)
        listener = threading.Thread(
            target=Hearing(run, suite, told, writing).listen, args=(process.stdout, process.stderr), daemon=True
        )
        listener.start()
        try:
            code = wait_for(run, process)
        finally:
            stop(process)
            listener.join(STOP_S)
    refused = usage_said(log) if code == PYTEST_USAGE and suite != LOAD else None
    if refused:
        raise UsageError(f"{refused}; what gonogo does not know goes to pytest")
    runner = "locust" if suite == LOAD else "pytest"
    run.fact(f"suite:{suite}", "ok" if code in RAN[suite] else "unknown", f"{runner} ended with {code}; see {log.name}")


def words_for(run: Run, suite: str) -> tuple[str, ...]:
    """What else a suite's command is told; what gonogo does not know is pytest's."""
    return () if suite == LOAD else run.options.suite_args


def start(run: Run, suite: str) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start a suite, and the end of a pipe through which it tells what it learns."""
    told, tell = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-m", "gonogo.keeper", sys.executable, *COMMANDS[suite], *words_for(run, suite)],
            cwd=ROOT,
            env={**run.environ, TELL_FD: str(tell), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[tell],
            start_new_session=True,
        )
    finally:
        os.close(tell)
    return process, os.fdopen(told, "rb", buffering=0)


def wait_for(run: Run, process: subprocess.Popen[bytes]) -> int:
    """Wait for a suite. An interrupt is handed on to it, once, and it gets time to remove what it made."""
    try:
        return process.wait(DEADLINE_S)
    except subprocess.TimeoutExpired:
        return stop(process)
    except KeyboardInterrupt:
        run.interrupted = True
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
    try:
        return process.wait(TIDY_UP_S)
    except subprocess.TimeoutExpired:
        return stop(process)


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
