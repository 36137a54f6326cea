"""
`python -m tests.proof.nursery FOLDER`: starts our programs from a process that has imported them already.

A run of the gate is several processes, and half of what they compute is imports. Here a fork stands in for each start:
the same code, the same processes and pipes, milliseconds instead of seconds. Who asks is a launcher, a little program
in the place of Python: it hands over what it was started with, passes signals on, and ends as the fork does.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROGRAMS = frozenset({"contracts", "gonogo", "gonogo.keeper", "pytest", "target_app"})
"""What is forked; anything else is started as ever. Locust would change modules that others have imported."""
KNOWN = (
    *("alembic.command", "aiosmtpd.controller", "aiosqlite", "fpdf", "httpx", "trustme"),
    *("pytest", "pytest_asyncio.plugin", "uvloop"),
    *("uvicorn.loops.auto", "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto", "uvicorn.lifespan.on"),
    *(
        "checks",
        "gonogo.arguments",
        "gonogo.conclusion",
        "gonogo.doctor",
        "gonogo.gate",
        "gonogo.plugin",
        "gonogo.replay",
    ),
    *("contracts.engine", "contracts.suite", "schemathesis", "hypothesis"),
    *("reports", "target_app.app", "target_app.faults", "target_app.workers", "target_app.migrations"),
)
"""Everything that a program imports, but for its own `__main__`."""
SELDOM = (100_000, 50, 100)
"""How often a fork looks for garbage: it lives for seconds, and has memory enough."""
LONGEST = 1 << 20
MOST_FILES = 32
LAUNCHER = """#!{python} -IS
import array, json, os, signal, socket, sys
arguments, python = sys.argv[1:], {python!r}
if arguments[:1] != ["-m"] or arguments[1:2] == [] or arguments[1] not in {programs!r}:
    os.execv(python, [python, *arguments])
files = [file for file in map(int, os.listdir("/proc/self/fd")) if os.path.exists(f"/proc/self/fd/{{file}}")]
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.connect({address!r})
said = {{"arguments": arguments[1:], "folder": os.getcwd(), "environ": dict(os.environ), "files": files}}
text = json.dumps(said).encode() + b"\\n"
server.sendmsg([text[:1]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))])
server.sendall(text[1:])
answers = server.makefile()
child = int(answers.readline() or 0)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda received, _: os.killpg(child, received))
code = int(answers.readline() or -signal.SIGKILL)
if code < 0:
    signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a launcher was started with; `files` are the numbers of its open files, `given` are ours for them."""

    arguments: list[str]
    folder: str
    environ: dict[str, str]
    files: list[int]
    given: list[int]


def write_launcher(folder: Path) -> Path:
    """Write the program that takes Python's place."""
    path = folder / "python"
    words = {"python": sys.executable, "programs": sorted(PROGRAMS), "address": str(folder / "nursery")}
    path.write_text(LAUNCHER.format(**words), encoding="utf-8")
    path.chmod(0o700)
    return path


def serve(folder: Path) -> None:
    """Fork a program for each launcher that asks, until standard input ends; those that are left are ended, too."""
    launcher = write_launcher(folder)
    for name in KNOWN:
        importlib.import_module(name)
    warm()
    gc.collect()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(folder / "nursery"))
    listener.listen(64)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    children: dict[int, tuple[int, socket.socket]] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ, "end")
        selector.register(listener, selectors.EVENT_READ, "ask")
        while True:
            for key, _ in selector.select():
                if key.data == "end":
                    for child, _ in children.values():
                        os.killpg(child, signal.SIGKILL)
                    return
                if key.data == "ask":
                    begin(listener, selector, children, launcher)
                else:
                    end(key.fd, selector, children)


def warm() -> None:
    """Do once what each fork would do alike, the profile; leave out the reports, which no proof reads."""
    import reports  # noqa: PLC0415
    from gonogo.embedded import STAND_IN  # noqa: PLC0415  who only writes a launcher needs none of it
    from gonogo.profile import load_profile  # noqa: PLC0415
    from reports import terminal  # noqa: PLC0415

    load_profile("reference", STAND_IN)
    for name in {*reports.FORMATS} - {"verdict.json"}:
        del reports.FORMATS[name]
    terminal.show = lambda *_: None


def begin(
    listener: socket.socket,
    selector: selectors.BaseSelector,
    children: dict[int, tuple[int, socket.socket]],
    launcher: Path,
) -> None:
    """Fork for a launcher; both the fork and the launcher are watched from then on."""
    connection, _ = listener.accept()
    asked = heard(connection)
    child = os.fork()
    if child == 0:
        os._exit(born(asked, launcher))
    for file in asked.given:
        os.close(file)
    connection.sendall(f"{child}\n".encode())
    watch = os.pidfd_open(child)
    children[watch] = (child, connection)
    selector.register(watch, selectors.EVENT_READ, "ended")
    selector.register(connection, selectors.EVENT_READ, "gone")


def end(file: int, selector: selectors.BaseSelector, children: dict[int, tuple[int, socket.socket]]) -> None:
    """Tell a launcher how its program ended; or end the program of a launcher that is gone."""
    watch = file if file in children else next(one for one, (_, theirs) in children.items() if theirs.fileno() == file)
    child, connection = children[watch]
    if file != watch:
        selector.unregister(connection)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        return
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(f"{code}\n".encode())
    selector.unregister(watch)
    with contextlib.suppress(KeyError):
        selector.unregister(connection)
    connection.close()
    os.close(watch)
    del children[watch]


def heard(connection: socket.socket) -> Asked:
    """Read what a launcher says, with its open files."""
    size = array.array("i").itemsize
    text, rights, _, _ = connection.recvmsg(1, socket.CMSG_LEN(MOST_FILES * size))
    given = array.array("i")
    for _, _, data in rights:
        given.frombytes(data[: len(data) - len(data) % size])
    while not text.endswith(b"\n") and len(text) < LONGEST:
        text += connection.recv(1 << 16)
    said: dict[str, Any] = json.loads(text)
    return Asked(**said, given=list(given))


def born(asked: Asked, launcher: Path) -> int:
    """Become the program that was asked for; its exit code."""
    os.setpgid(0, 0)
    gc.set_threshold(*SELDOM)
    for own in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(own, signal.default_int_handler if own == signal.SIGINT else signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    take_files(asked)
    os.environ.clear()
    os.environ.update(asked.environ)
    os.chdir(asked.folder)
    name, *words = asked.arguments
    sys.argv, sys.executable = [name, *words], str(launcher)
    sys.path[0] = asked.folder
    code: object = 0
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as left:
        code = left.code
    except KeyboardInterrupt:
        code = 130
    except BaseException:  # noqa: BLE001  as Python itself does
        sys.excepthook(*sys.exc_info())
        code = 1
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError, ValueError):
            stream.flush()
    return code if isinstance(code, int) else int(code is not None)


def take_files(asked: Asked) -> None:
    """Have the launcher's open files under their numbers, and no other file."""
    high = [os.dup2(file, 500 + place, inheritable=True) for place, file in enumerate(asked.given)]
    os.closerange(0, 500)
    for file, number in zip(high, asked.files, strict=False):
        os.dup2(file, number, inheritable=True)
        os.close(file)
    for name, number, mode, buffered in (("stdin", 0, "r", -1), ("stdout", 1, "w", -1), ("stderr", 2, "w", 1)):
        stream = open(number, mode, buffering=buffered, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)


@contextlib.contextmanager
def nursery(folder: Path) -> Iterator[Path]:
    """Keep a nursery in a folder until the block ends; the program that takes Python's place."""
    words = [sys.executable, "-m", "tests.proof.nursery", str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the nursery did not come up")
        try:
            yield folder / "python"
        finally:
            process.stdin.close()


def main(words: Sequence[str]) -> int:
    """Serve from a folder."""
    serve(Path(words[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
