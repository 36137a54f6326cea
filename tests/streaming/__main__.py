"""
`python -m tests.streaming [RUNS]`: streams through a real nginx, which holds them back or does not.

Four servers of one nginx stand before the reference service: with buffering and without, each with
compression and without. The gate's chat scenario runs against each in turn, and must tell them apart every
time: where nginx buffers both checks of a stream's pace fail, and elsewhere none.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gonogo.embedded import ROOT, free_port, reference_service

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gonogo.embedded import Embedded

RUNS = 100
PACKAGE = "nginx-light"
AT_ONCE = 2
PACE = frozenset({"stream.incremental", "stream.incremental-compressed"})
PARTS = "streams_an_answer or streams_to_a_browser"
PLENTY = {"CHAT_API_LIMIT": "100000", "CHAT_AUTH_LIMIT": "100000"}
SERVER = """
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {tls}/cert.pem;
    ssl_certificate_key {tls}/key.pem;
    gzip {gzip};
    gzip_types text/event-stream;
    gzip_min_length 1;
    location / {{
      proxy_pass {upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_buffering {buffering};
      proxy_ignore_headers X-Accel-Buffering;
    }}
  }}
"""
CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{servers}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Server:
    """One way to stand before the service."""

    port: int
    buffers: bool
    compresses: bool

    def __str__(self) -> str:
        """Say what it does."""
        return f"{'buffered' if self.buffers else 'unbuffered'}, {'compressed' if self.compresses else 'plain'}"

    def block(self, tls: Path, upstream: str) -> str:
        """Its part of the configuration."""
        on = {True: "on", False: "off"}
        return SERVER.format(
            port=self.port, tls=tls, upstream=upstream, gzip=on[self.compresses], buffering=on[self.buffers]
        )


def nginx_program() -> str:
    """Where nginx is; root gets Debian's where there is none. Exits with a sentence where it cannot be had."""
    found = installed()
    if found is None and os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        sys.stdout.write(f"Installing {PACKAGE} with apt-get.\n")
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", PACKAGE]):
            subprocess.run([apt, *words], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)
        found = installed()
    return found or sys.exit(f"streaming: there is no nginx here; install it (on Debian: apt-get install {PACKAGE})")


def installed() -> str | None:
    """Nginx, where it is usual."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def nginx(folder: Path, service: Embedded) -> Iterator[Sequence[Server]]:
    """The four servers, while the block runs."""
    servers = [Server(port=free_port(), buffers=b, compresses=c) for b in (False, True) for c in (False, True)]
    blocks = "".join(one.block(service.ca_file.parent, service.base_url) for one in servers)
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, servers=blocks), encoding="utf-8")
    process = subprocess.Popen([nginx_program(), "-c", str(file), "-e", str(folder / "error.log")])
    try:
        yield servers
    finally:
        process.terminate()
        process.wait(10)


def profile_for(folder: Path, service: Embedded, mail_port: int) -> Path:
    """The reference profile with the limits, the mail port and the authority of this service."""
    text = (ROOT / "profiles" / "reference.yaml").read_text(encoding="utf-8")
    for said, instead in (
        ("requests: 100,", "requests: 100000,"),
        ("requests: 10\n", "requests: 100000\n"),
        ("127.0.0.1:1025", f"127.0.0.1:{mail_port}"),
    ):
        if said not in text:
            sys.exit(f"streaming: profiles/reference.yaml no longer says {said!r}")
        text = text.replace(said, instead)
    file = folder / f"reference-{mail_port}.yaml"
    file.write_text(f"{text}\ntls: {{ca_file: {service.ca_file}}}\n", encoding="utf-8")
    return file


async def failed_through(server: Server, profile: Path, folder: Path) -> frozenset[str] | str:
    """Which checks of the pace failed behind a server; a sentence where it came to no judgement."""
    words = ["gate", "--suite", "smoke", "--profile", str(profile), "--base-url", f"https://127.0.0.1:{server.port}"]
    command = [sys.executable, "-m", "gonogo", *words, "--runs", str(folder), "-k", PARTS]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    said = out.decode(errors="replace")
    try:
        verdict = json.loads((folder / "latest" / "verdict.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return said[-500:]
    outcomes = {row["check"]: row["outcome"] for row in verdict["checks"] if row["check"] in PACE}
    if set(outcomes) != PACE or not set(outcomes.values()) <= {"pass", "fail"}:
        return f"{outcomes} {said[-500:]}"
    return frozenset(check for check, outcome in outcomes.items() if outcome == "fail")


async def work(runs: range, folder: Path) -> list[str]:
    """Run the gate against each server in turn; what was told wrongly."""
    wrong: list[str] = []
    with ExitStack() as stack:
        mail_port = free_port()
        service = stack.enter_context(reference_service(folder, mail_port=mail_port, dsn=""))
        os.environ.update(service.environ)
        servers = stack.enter_context(nginx(folder, service))
        profile = profile_for(folder, service, mail_port)
        for number in runs:
            server = servers[number % len(servers)]
            failed = await failed_through(server, profile, folder / f"run-{number}")
            right = failed == (PACE if server.buffers else frozenset())
            said = failed if isinstance(failed, str) else ", ".join(sorted(failed)) or "nothing is held back"
            sys.stdout.write(f"{'ok  ' if right else 'FAIL'} {number + 1:4} {server!s:24} {said}\n")
            sys.stdout.flush()
            wrong += [] if right else [f"run {number + 1} ({server}): {said}"]
    return wrong


def main(words: Sequence[str]) -> int:
    """Run as often as was said; 0 when no run told it wrongly."""
    count = int(words[0]) if words else RUNS
    os.environ.update(PLENTY)
    with tempfile.TemporaryDirectory(prefix="gonogo-streaming-") as folder:
        wrong = asyncio.run(work(range(count), Path(folder)))
    sys.stdout.write(f"\n{len(wrong)} of {count} runs told a server wrongly\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
