"""Gates as processes: started from a checkout, watched, and ended with whatever they started."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
MARK = "GONOGO_TESTED_AS"
PATIENCE_S = 400.0


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that ended: its exit code, what it said, and its folder of runs."""

    code: int
    out: str
    err: str
    runs: Path

    @property
    def folder(self) -> Path:
        """The folder of the latest run."""
        return (self.runs / "latest").resolve()

    @property
    def verdict(self) -> dict[str, Any]:
        """The verdict that was published."""
        found: dict[str, Any] = json.loads((self.folder / "verdict.json").read_text(encoding="utf-8"))
        return found

    @property
    def failed(self) -> set[str]:
        """The checks that failed."""
        return {one["check"] for one in self.verdict["findings"] if one["outcome"] == "fail"}

    @property
    def reasons(self) -> str:
        """Why it was decided so."""
        return "\n".join(self.verdict["decided_by"]["reasons"])

    @property
    def summary(self) -> str:
        """What to show when a test does not like it."""
        return f"exit {self.code}\n{self.out[-3000:]}\n{self.err[-1500:]}"


@dataclass(kw_only=True)
class Started:
    """A command at work; whatever it starts carries its mark."""

    process: subprocess.Popen[str]
    runs: Path
    mark: str

    def wait(self, seconds: float = PATIENCE_S) -> Ran:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=seconds)
        return Ran(code=self.process.returncode, out=out, err=err, runs=self.runs)

    def family(self) -> list[psutil.Process]:
        """Every living process that carries the mark."""
        return [one for one in psutil.process_iter() if mark_of(one) == self.mark]

    def member(self, *words: str) -> psutil.Process:
        """The one process of the family whose command begins with Python and these words; waits until it is there."""
        return until(
            lambda: next((one for one in self.family() if command_of(one)[1:][: len(words)] == list(words)), None)
        )

    def until(self, found: Callable[[], object]) -> None:
        """Wait until something is found."""
        until(found)

    def until_at_work(self) -> None:
        """Wait until the suite has sent something."""
        until(lambda: any('"kind": "exchange"' in text for text in self._journals()))

    def _journals(self) -> list[str]:
        return [path.read_text(encoding="utf-8") for path in self.runs.glob("2*/evidence/smoke.jsonl")]

    def gone(self) -> bool:
        """Wait until nothing of the family is left; whether that came."""
        with suppress(TimeoutError):
            until(lambda: not self.family(), 10.0)
        return not self.family()

    def end(self) -> None:
        """End whatever is left."""
        for one in self.family():
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


def mark_of(process: psutil.Process) -> str | None:
    """The mark that a living process carries."""
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else process.environ().get(MARK)
    except psutil.Error:
        return None


def command_of(process: psutil.Process) -> list[str]:
    """A process's command line."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def until(found: Callable[[], T | None], seconds: float = 60.0) -> T:
    """Ask again and again until something is found. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        thing = found()
        if thing:
            return thing
        time.sleep(0.05)
    raise TimeoutError(f"not within {seconds} s")


@dataclass(kw_only=True)
class Gate:
    """Starts commands from one checkout, with one folder of runs, and ends what is left of them."""

    runs: Path
    root: Path = ROOT
    environ: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    started: list[Started] = field(default_factory=list)

    def start(self, *words: str, **environ: str) -> Started:
        """Start a Python module with these words, such as `gonogo gate`."""
        mark = uuid.uuid4().hex
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=self.root,
            env={**clean_environ(), **self.environ, **environ, MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        one = Started(process=process, runs=self.runs, mark=mark)
        self.started.append(one)
        return one

    def begin(self, *options: str, **environ: str) -> Started:
        """Start a gate; of the smoke suite, unless another is named."""
        suite = () if "--suite" in (*self.options, *options) else ("--suite", "smoke")
        return self.start("gonogo", "gate", "--runs", str(self.runs), *suite, *self.options, *options, **environ)

    def __call__(self, *options: str, **environ: str) -> Ran:
        """Run a gate to its end, which leaves nothing running."""
        one = self.begin(*options, **environ)
        ran = one.wait()
        assert one.gone(), f"still running: {one.family()}"
        return ran

    def command(self, *words: str) -> Ran:
        """Run another command to its end."""
        return self.start("gonogo", *words, "--runs", str(self.runs)).wait()

    def end(self) -> None:
        """End whatever is left of anything."""
        for one in self.started:
            one.end()


def clean_environ() -> dict[str, str]:
    """Our environment without what would tell a gate or a service something."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("GONOGO_", "CHAT_", "PYTEST_"))}


@contextmanager
def gate_in(runs: Path, environ: Mapping[str, str] | None = None) -> Iterator[Gate]:
    """A gate, ended with the block."""
    one = Gate(runs=runs, environ={"XDG_STATE_HOME": str(runs / "state"), **(environ or {})})
    try:
        yield one
    finally:
        one.end()
