"""
Starts the reference service as a process, as if it were anybody's target: with TLS, over the network.

The service runs under a keeper, a small process that stops it when the harness is gone, however it
went: the keeper's standard input is a pipe that only the harness holds.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import trustme

from gonogo.trouble import HarnessTrouble, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parent.parent
START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 5.0
USAGE = 2
STAND_IN = {"GONOGO_WEBHOOK_SECRET": "whsec_stand_in", "GONOGO_OPERATOR_TOKEN": "stand-in-operator"}
"""For the secrets that only a running service has, where a profile is read without one."""


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """A running reference service: where it is, whom to trust, and the secrets it shares with the harness."""

    base_url: str
    ca_file: Path
    build: str
    environ: Mapping[str, str]


@contextmanager
def reference_service(
    folder: Path, *, mail_port: int, dsn: str, faults: Sequence[str] = (), port: int = 0
) -> Iterator[Embedded]:
    """
    Run the reference service on a free port, with a fresh database, until the block ends.

    `folder` holds its certificate, database and log. Raises UsageError when it refuses its arguments
    and HarnessTrouble when it does not come up.
    """
    port = port or free_port()
    certificates = certify(folder)
    shared = {"GONOGO_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}", "GONOGO_OPERATOR_TOKEN": secrets.token_hex(24)}
    settings = service_settings(folder, port, mail_port, dsn, shared)
    command = [sys.executable, "-m", "target_app", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--tls-cert", str(certificates / "cert.pem"), "--tls-key", str(certificates / "key.pem")]
    for fault in faults:
        command += ["--fault", fault]
    with (folder / "service.log").open("wb") as log, kept(command, inherited() | settings, log) as process:
        wait_until_up(process, port, certificates / "ca.pem", folder / "service.log")
        yield Embedded(
            base_url=f"https://127.0.0.1:{port}",
            ca_file=certificates / "ca.pem",
            build=settings["CHAT_BUILD_ID"],
            environ=shared,
        )


def inherited() -> dict[str, str]:
    """Our environment without faults: those that the run does not know of would be in no report."""
    return {name: value for name, value in os.environ.items() if name != "CHAT_FAULTS"}


def service_settings(folder: Path, port: int, mail_port: int, dsn: str, shared: Mapping[str, str]) -> dict[str, str]:
    """The environment that the embedded service starts with."""
    return {
        "CHAT_ENVIRONMENT": "test",
        "CHAT_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'chat.db'}",
        "CHAT_BUILD_ID": f"embedded-{secrets.token_hex(4)}",
        "CHAT_SECRET_KEY": secrets.token_hex(32),
        "CHAT_WEBHOOK_SECRET": shared["GONOGO_WEBHOOK_SECRET"],
        "CHAT_OPERATOR_TOKEN": shared["GONOGO_OPERATOR_TOKEN"],
        "CHAT_SMTP_HOST": "127.0.0.1",
        "CHAT_SMTP_PORT": str(mail_port),
        "CHAT_SENTRY_DSN": dsn,
        "CHAT_MESSAGE_QUOTAS": "@small-quota.example.com=3",  # for who is to use it up
        "CHAT_ACCESS_TOKENS_S": "@short-session.example.com=4",  # for who is to outlive one
        "CHAT_PUBLIC_ORIGIN": f"https://127.0.0.1:{port}",
    }


def certify(folder: Path) -> Path:
    """Write a certificate for the loopback names, its key, and the authority to trust."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    place = folder / "tls"
    place.mkdir(mode=0o700)
    authority.cert_pem.write_to_path(place / "ca.pem")
    certificate.private_key_pem.write_to_path(place / "key.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(place / "cert.pem", append=True)
    return place


def free_port() -> int:
    """A port on loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def kept(command: Sequence[str], environ: Mapping[str, str], log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command under the keeper, in a session of its own, and stop it when the block ends."""
    process = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-m", "gonogo.keeper", *command],
        cwd=ROOT,
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # the keeper and whatever it keeps
            process.wait()


def wait_until_up(process: subprocess.Popen[bytes], port: int, ca_file: Path, log: Path) -> None:
    """Return when the service answers a TLS handshake; say why when it never does."""
    context = ssl.create_default_context(cafile=str(ca_file))
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        code = process.poll()
        if code is not None:
            kind = UsageError if code == USAGE else HarnessTrouble
            raise kind(f"the reference service did not start: {last_said(log)}")
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as raw:
                context.wrap_socket(raw, server_hostname="127.0.0.1").close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise HarnessTrouble(f"the reference service did not come up within {START_DEADLINE_S:.0f} s: {last_said(log)}")


def last_said(log: Path) -> str:
    """The last line of a log that is gone when the run is."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
