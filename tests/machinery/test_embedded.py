"""The reference service is started as anybody's target, and goes when we do, however we go."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from gonogo import embedded as module
from gonogo import keeper
from gonogo.driver import Driver
from gonogo.embedded import ROOT, certify, free_port, inherited, kept, last_said, reference_service, wait_until_up
from gonogo.exchange import Request
from gonogo.profile import load_profile
from gonogo.trouble import HarnessTrouble, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.profile import Profile

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def gone(pid: int, within_s: float = 10.0) -> bool:
    """Wait until a process has ended; whether that came."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_the_service_starts_and_stops(tmp_path: Path) -> None:
    """It answers with TLS that we trust, as the build that we are told, and nobody listens afterwards."""
    with reference_service(tmp_path, mail_port=1, dsn="") as service:
        environ = dict(service.environ)
        profile = load_profile("reference", environ, base_url=service.base_url, ca_file=service.ca_file)
        exchange = asyncio.run(ask(profile))
        assert exchange == (200, service.build)
    assert asyncio.run(ask(profile)) == (None, "the connection was refused")
    assert set(environ) == {"GONOGO_WEBHOOK_SECRET", "GONOGO_OPERATOR_TOKEN"}


async def ask(profile: Profile) -> tuple[int | None, str | None]:
    """Which build answers, or what the network says."""
    driver = Driver(profile, "run-1")
    try:
        request = Request(operation="health", method="GET", url=f"{profile.origins.api}/health")
        exchange = await driver.send(request, "1", "nobody")
    finally:
        await driver.close()
    return exchange.status, exchange.failure or exchange.json()["releaseId"]


def test_a_fault_that_there_is_not(tmp_path: Path) -> None:
    """What the service refuses is the user's mistake, in the service's own sentence."""
    with pytest.raises(UsageError, match=r"did not start: .*nothing-like-this"):
        reference_service(tmp_path, mail_port=1, dsn="", faults=["nothing-like-this"]).__enter__()


def test_certificates(tmp_path: Path) -> None:
    """The key is private, and the certificate is good for loopback under its own authority."""
    place = certify(tmp_path)
    assert place.stat().st_mode & 0o077 == 0
    context = ssl.create_default_context(cafile=str(place / "ca.pem"))
    context.load_cert_chain(place / "cert.pem", place / "key.pem")
    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize(
    ("program", "within_s", "kind", "sentence"),
    [
        ("import sys; print('one\\nbad fault'); sys.exit(2)", 60.0, UsageError, "did not start: bad fault"),
        ("import sys; sys.exit(3)", 60.0, HarnessTrouble, "did not start: it said nothing"),
        ("import time; time.sleep(60)", 1.0, HarnessTrouble, "did not come up within 1 s: it said nothing"),
    ],
)
def test_a_service_that_does_not_come_up(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    within_s: float,
    kind: type[Exception],
    sentence: str,
) -> None:
    """A service that ends, or never answers, is told with the last that it said."""
    monkeypatch.setattr(module, "START_DEADLINE_S", within_s)
    ca_file = certify(tmp_path) / "ca.pem"
    log = tmp_path / "service.log"
    with log.open("wb") as out, kept([sys.executable, "-c", program], os.environ, out) as process:
        with pytest.raises(kind, match=sentence):
            wait_until_up(process, free_port(), ca_file, log)
        assert process.stdin is not None
    assert process.poll() is not None


def test_a_log_that_is_empty(tmp_path: Path) -> None:
    """Nothing said is said."""
    (tmp_path / "x.log").touch()
    assert last_said(tmp_path / "x.log") == "it said nothing"


# -- the keeper -------------------------------------------------------------------------------------


def start_keeper(*command: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a keeper of a command that says `up`; the command's own process id too."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gonogo.keeper", *command],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process, child_of(process)


def child_of(process: subprocess.Popen[bytes]) -> int:
    """The process that a keeper keeps."""
    (child,) = psutil.Process(process.pid).children()
    return child.pid


def end(process: subprocess.Popen[bytes]) -> int:
    """Let go of a keeper; its exit code."""
    process.communicate(timeout=15)
    return process.returncode


def test_the_exit_code_is_passed_on() -> None:
    """Whoever waits for the keeper learns how the command ended."""
    command = [sys.executable, "-m", "gonogo.keeper", sys.executable, "-c", "import sys; sys.exit(7)"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)
    assert process.wait(15) == 7
    end(process)


def test_the_command_goes_with_the_pipe() -> None:
    """When standard input ends, so does the command."""
    process, child = start_keeper(*SLEEPER)
    end(process)
    assert gone(child)


def test_an_interrupt_is_the_commands() -> None:
    """Ctrl-C does not end the keeper before its command."""
    process, child = start_keeper(*SLEEPER)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    end(process)
    assert gone(child)


def test_a_stubborn_command_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that will not stop when asked is killed after a moment."""
    monkeypatch.setattr(keeper, "GRACE_S", 0.2)
    child = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"
    monkeypatch.setattr(os, "read", lambda *_: b"")
    keeper.stop_at_end_of_input(child)
    assert child.wait(5) == -signal.SIGKILL
    child.stdout.close()


def test_a_keeper_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing keeps a run from ending, and nothing is left of it."""
    monkeypatch.setattr(module, "STOP_DEADLINE_S", 0.2)
    with (tmp_path / "log").open("wb") as log, kept([sys.executable, "-c", STUBBORN], os.environ, log) as process:
        deadline = time.monotonic() + 10
        while (tmp_path / "log").read_bytes() != b"up\n":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        child = child_of(process)
    assert process.returncode == -signal.SIGKILL
    assert gone(child)


def test_faults_of_the_users_environment_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that the run does not know of cannot reach the embedded service; other variables do."""
    monkeypatch.setenv("CHAT_FAULTS", "stream.no-end")
    monkeypatch.setenv("CHAT_LIMIT_WINDOW_S", "10")
    assert "CHAT_FAULTS" not in inherited()
    assert inherited()["CHAT_LIMIT_WINDOW_S"] == "10"
