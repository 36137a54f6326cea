"""What is forked from a nursery is what Python itself would have started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from gonogo.embedded import ROOT
from tests.proof.nursery import nursery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOON_S = 30


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The program in Python's place."""
    with nursery(tmp_path_factory.mktemp("nursery")) as launcher:
        yield launcher


def run(python: Path | str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; its standard input stays open, or a keeper would end what it keeps."""
    command, environment = [str(python), *words], {**os.environ, **environ}
    reading, writing = os.pipe()
    try:
        return subprocess.run(
            command, cwd=ROOT, env=environment, stdin=reading, capture_output=True, text=True, check=False
        )
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "gonogo", "--help"),
        ("-m", "gonogo", "gate", "--suite", "nonsense"),
        ("-m", "gonogo.keeper", sys.executable, "-c", "print('kept'); raise SystemExit(7)"),
        ("-c", "import sys; print(sys.argv); sys.exit('no fork')"),
        ("-m", "json.tool", "nothing-here"),
    ],
)
def test_a_fork_says_and_ends_as_python_does(python: Path, words: tuple[str, ...]) -> None:
    """Output, errors and exit code are the same, whether it is forked or not."""
    forked, started = run(python, *words), run(sys.executable, *words)
    assert (forked.returncode, forked.stdout, forked.stderr) == (started.returncode, started.stdout, started.stderr)


def test_a_fork_has_the_environment_it_is_given(python: Path) -> None:
    """Not the nursery's, nor that of the fork before."""
    words = ("-m", "gonogo.keeper", sys.executable, "-c", "import os; print(os.environ.get('OF_A_FORK'))")
    assert run(python, *words, OF_A_FORK="first").stdout == "first\n"
    assert run(python, *words).stdout == "None\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_fork_ends_with_its_launcher(python: Path, number: signal.Signals) -> None:
    """Whoever ends the launcher ends what was forked for it, and what that has started."""
    endless = (sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    words = [str(python), "-m", "gonogo.keeper", *endless]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout
        child = psutil.Process(int(launcher.stdout.readline()))
        launcher.send_signal(number)
        assert launcher.wait(SOON_S) == -number
        psutil.wait_procs([child], SOON_S)
        assert not child.is_running()
