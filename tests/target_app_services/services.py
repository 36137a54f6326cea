"""Starts PostgreSQL and Redis on free ports, in a temporary folder, and stops them whatever happens."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import redis

PACKAGES = ("postgresql", "redis-server")
START_S = 60
STOP_S = 20


class Missing(Exception):
    """A program is not there, and cannot be installed."""


@contextmanager
def services() -> Iterator[tuple[str, str]]:
    """Start both; give the URLs of the database server and of Redis."""
    programs = find_or_install()
    with TemporaryDirectory(prefix="services-") as name, ExitStack() as started:
        folder = Path(name)
        folder.chmod(0o755)
        database_url = started.enter_context(_postgres(programs["postgres"].parent, folder / "postgres"))
        redis_url = started.enter_context(_redis(programs["redis-server"], folder / "redis"))
        yield database_url, redis_url


def find_or_install() -> dict[str, Path]:
    """Find the programs; as root, install the packages that lack. Raises Missing with what to do."""
    found = _find()
    if len(found) < len(PACKAGES) and os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        sys.stderr.write(f"Installing {' and '.join(PACKAGES)} with apt-get.\n")
        subprocess.run([apt, "update", "-qq"], check=False)
        install = [apt, "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
        subprocess.run(install, check=False, stdout=subprocess.DEVNULL)
        found = _find()
    lacking = {"postgres", "redis-server"} - found.keys()
    if lacking:
        programs = " and ".join(sorted(lacking))
        raise Missing(f"{programs} not found: install PostgreSQL and Redis (apt-get install {' '.join(PACKAGES)}).")
    return found


def _find() -> dict[str, Path]:
    # Debian keeps the server's programs apart from PATH, in a folder for each version.
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    path = os.pathsep.join([*map(str, versions), os.environ.get("PATH", os.defpath)])
    found = {program: shutil.which(program, path=path) for program in ("postgres", "redis-server")}
    return {program: Path(place) for program, place in found.items() if place is not None}


@contextmanager
def _postgres(programs: Path, folder: Path) -> Iterator[str]:
    folder.mkdir()
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        user = "postgres"
        shutil.chown(folder, user, user)
    port, data = _free_port(), folder / "data"
    make = [str(programs / "initdb"), "-D", str(data), "-U", "chat", "--auth=trust", "--no-sync", "-E", "UTF8"]
    subprocess.run([*make, "--locale=C"], check=True, user=user, group=user, cwd=folder, stdout=subprocess.DEVNULL)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        # Nothing here outlives the tests.
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
    }
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    check = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "chat", "-d", "postgres"]

    def answers() -> bool:
        return subprocess.run(check, check=False).returncode == 0

    with _running([str(programs / "postgres"), "-D", str(data), *flags], folder, user, answers):
        yield f"postgresql+asyncpg://chat@127.0.0.1:{port}"


@contextmanager
def _redis(program: Path, folder: Path) -> Iterator[str]:
    folder.mkdir()
    port = _free_port()
    url = f"redis://127.0.0.1:{port}"

    def answers() -> bool:
        with closing(redis.Redis(port=port)) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with _running([str(program), *options], folder, None, answers):
        yield url


@contextmanager
def _running(command: list[str], folder: Path, user: str | None, answers: Callable[[], bool]) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, user=user, group=user, cwd=folder, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_S
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield
    finally:
        # For PostgreSQL this is the fast shutdown: it does not wait for whoever is still connected.
        process.send_signal(2)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
