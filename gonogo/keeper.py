"""
Runs a command for as long as somebody holds this process's standard input open.

`python -m gonogo.keeper COMMAND …` starts the command, ends it when standard input ends, and exits
with the command's exit code. A harness that is killed cannot clean up; its pipe closes all the same.
An interrupt is the command's to obey: the keeper stays until the command has. A pipe that the keeper was given is
the command's too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

GRACE_S = 3.0
STANDARD_INPUT = 0


def keep(command: list[str]) -> int:
    """Run the command until it ends, or until standard input does; its exit code."""
    signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which the command would inherit
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, close_fds=False)  # noqa: S603  our own program's
    threading.Thread(target=stop_at_end_of_input, args=(child,), daemon=True).start()
    return child.wait()


def stop_at_end_of_input(child: subprocess.Popen[bytes]) -> None:
    """Wait for the end of standard input, then ask the child to stop, then make it."""
    while os.read(STANDARD_INPUT, 4096):  # unbuffered: at exit, no lock of Python's is held by this thread
        pass
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
