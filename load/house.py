"""
The run around a load: joined where the gate has started us, else opened by a process of its own.

Locust belongs to gevent, which does not go together with asyncio: whatever speaks to the target before and after the
load is done by other processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gonogo.embedded import ROOT
from gonogo.hearing import TELL_FD
from gonogo.joined import joined_profile
from gonogo.lending import INTERRUPTED, OVER
from gonogo.trouble import HarnessTrouble
from load.provision import SESSIONS
from load.session import read_sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.profile import Profile
    from load.profiles import LoadProfile
    from load.session import Session

PARENT_S = 120.0


class House:
    """The run that a load belongs to. `environ` is what the run says of itself."""

    def __init__(self, words: Sequence[str]) -> None:
        """Join the run that the environment names, or have one opened with these words. Exits as its parent does."""
        self.parent: subprocess.Popen[bytes] | None = None
        self.environ = dict(os.environ)
        if "GONOGO_RUN" not in self.environ:
            self.parent = self._opened(words)
        self.folder = Path(self.environ["GONOGO_RUN"])

    def _opened(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        parent = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-m", "gonogo", "gate", "--suite", "load", "--lend", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        line = parent.stdout.readline() if parent.stdout else b""
        if not line.startswith(b"{"):  # it could not begin, and has said why
            rest = line + (parent.stdout.read() if parent.stdout else b"")
            sys.stderr.write(rest.decode(errors="replace"))
            sys.exit(parent.wait())
        self.environ |= json.loads(line)
        return parent

    def profile(self) -> Profile:
        """The target's profile, as the run has it."""
        return joined_profile(self.environ)

    def people(self, count: int, plan: LoadProfile) -> list[Session]:
        """So many members of the target, or as many as could join. Raises HarnessTrouble when nobody could."""
        fds = [int(self.environ[TELL_FD])] if TELL_FD in self.environ else []
        joined = subprocess.run(  # noqa: S603  our own program
            [sys.executable, "-m", "load.provision", str(count), plan.name],
            cwd=ROOT,
            env=self.environ,
            pass_fds=fds,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        path = Path(self.environ["GONOGO_PRIVATE"]) / SESSIONS
        sessions = read_sessions(path) if path.exists() else []
        if joined.returncode or not sessions:
            raise HarnessTrouble("nobody could join the target")
        return sessions

    def over(self, *, interrupted: bool) -> int | None:
        """Say that the load is over; the verdict's exit code where we have a parent of our own."""
        if self.parent is None:
            return None
        out, _ = self.parent.communicate(f"{INTERRUPTED if interrupted else OVER}\n".encode(), PARENT_S)
        sys.stdout.write(out.decode(errors="replace"))
        sys.stdout.flush()
        return self.parent.returncode
