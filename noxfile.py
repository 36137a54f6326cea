"""
Every task of the project. `nox --list` is the manual.

What stands after `--` goes to the task's program: `nox -s smoke -- --base-url https://chat.example.com`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nox

os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")  # uv would wait for an interpreter that it cannot fetch
os.environ.setdefault("UV_COMPILE_BYTECODE", "1")  # the service starts three times as fast
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "typecheck", "tests", "tests_gate"]

CODE = [
    *("gonogo", "checks", "smoke", "load", "contracts", "e2e"),
    *("reports", "target_app", "tests", "conftest.py", "noxfile.py"),
]


def install(session: nox.Session, *extras: str) -> None:
    """Install the project with extras, every version pinned."""
    session.install("-e", f".[{','.join(extras)}]", "-c", "constraints.txt")


def pass_on(session: nox.Session, *command: str) -> None:
    """
    Run a program that decides, and leave nox with its exit code.

    `session.run` would turn every code but 0 into 1, and a verdict is in the code.
    """
    python = Path(session.virtualenv.bin) / "python"
    environ = {name: value for name, value in {**os.environ, **session.env}.items() if value is not None}
    code = subprocess.run([str(python), *command], env=environ, check=False).returncode
    if code:
        sys.exit(code)


@nox.session
def gate(session: nox.Session) -> None:
    """Verify a target with every suite and decide; without --base-url the reference service is started."""
    install(session, "smoke", "load", "contracts", "service")
    pass_on(session, "-m", "gonogo", "gate", *session.posargs)


@nox.session
def smoke(session: nox.Session) -> None:
    """Verify a target with the eight smoke scenarios and decide."""
    install(session, "smoke", "load", "contracts", "service")
    pass_on(session, "-m", "gonogo", "gate", "--suite", "smoke", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """Put a target under the load of a hundred people and decide; `--load NAME` names another load profile."""
    install(session, "smoke", "load", "contracts", "service")
    pass_on(session, "-m", "gonogo", "gate", "--suite", "load", "--load", "gate", *session.posargs)


@nox.session
def contracts(session: nox.Session) -> None:
    """Hold a target to its OpenAPI document and decide; `--depth`, `--seed` and `--max-examples` say how."""
    install(session, "smoke", "load", "contracts", "service")
    pass_on(session, "-m", "gonogo", "gate", "--suite", "contracts", *session.posargs)


@nox.session
def e2e(session: nox.Session) -> None:
    """Use a target's pages in a browser and decide; `--browser firefox`, `--headed` and `--slowmo` say how."""
    install(session, "smoke", "load", "contracts", "service", "e2e")
    pass_on(session, "-m", "gonogo", "gate", "--suite", "e2e", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Test the machinery, with branch coverage, and the reference service."""
    install(session, "smoke", "load", "contracts", "service", "e2e", "dev")
    session.run("coverage", "erase")
    # Python 3.11.2 cannot always parse what a shorter traceback shows, and would end the whole run for it.
    spread = ["-n", "3", "--dist", "loadfile", "--tb=native"]
    machinery = [*spread, "--ignore=tests/gate", "--ignore=tests/target_app", "tests"]
    session.run("coverage", "run", "-m", "pytest", *(session.posargs or machinery))
    if not session.posargs:
        # Nothing of it is measured, and to look at each of its calls and see that makes it half as long again.
        session.run("pytest", *spread, "tests/target_app")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def tests_gate(session: nox.Session) -> None:
    """Test the gate as its users run it: whole runs, against the reference service and against others."""
    install(session, "smoke", "load", "contracts", "service", "e2e", "dev")
    session.run("pytest", "-n", "4", "--dist", "loadgroup", "--tb=native", "tests/gate", *session.posargs)


@nox.session(venv_backend="none")
def tests_web(session: nox.Session) -> None:
    """Test what the web pages compute without a browser; needs Node 20, and fails without."""
    session.run("node", "--experimental-detect-module", "--test", "tests/target_app/web_chat/", external=True)


@nox.session
def tests_services(session: nox.Session) -> None:
    """Test the reference service on PostgreSQL and Redis, which are started, with two workers."""
    install(session, "smoke", "load", "contracts", "service", "e2e", "dev")
    session.run("python", "-m", "tests.target_app_services", *session.posargs)


@nox.session
def proof(session: nox.Session) -> None:
    """Prove that each fault is detected by exactly the checks it names, and that nothing else is."""
    install(session, "smoke", "load", "contracts", "service")
    pass_on(session, "-m", "tests.proof", *session.posargs)


@nox.session
def proof_full(session: nox.Session) -> None:
    """Prove each fault against every scenario, and 50 clean runs; goes on where it was stopped."""
    install(session, "smoke", "load", "contracts", "service")
    kept = Path("runs") / "proof_full.jsonl"
    kept.parent.mkdir(exist_ok=True)
    words = ["--all-scenarios", "--clean", "50", "--at-once", "6", "--keep", str(kept), *session.posargs]
    pass_on(session, "-m", "tests.proof", *words)


@nox.session
def blind(session: nox.Session) -> None:
    """Meet services of other dialects, sound and with each of their faults, and tell which of them were missed."""
    install(session, "smoke", "load", "service", "e2e", "dev")
    pass_on(session, "-m", "tests.blind", *session.posargs)
    if not session.posargs:
        pass_on(session, "-m", "tests.third")


@nox.session
def streaming(session: nox.Session) -> None:
    """Prove that the checks tell a proxy that holds streams back from one that does not; wants nginx."""
    install(session, "smoke", "load", "contracts", "service")
    pass_on(session, "-m", "tests.streaming", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Tell where the smoke suite's time goes, beside plain httpx; hold the load's client beside Locust's own."""
    install(session, "smoke", "load", "contracts", "service")
    pass_on(session, "-m", "tests.bench", *session.posargs)


@nox.session
def verdict(session: nox.Session) -> None:
    """Decide a million runs, and prove of each that nothing bad ever helps."""
    install(session, "smoke", "load", "contracts", "service", "e2e", "dev")
    session.run("python", "-m", "tests.verdict", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Change what decides in every small way, and prove that a test notices; modules may be named."""
    install(session, "smoke", "load", "contracts", "service", "e2e", "dev")
    session.run("python", "-m", "tests.mutation", *session.posargs)


@nox.session
def kills(session: nox.Session) -> None:
    """Kill the gate at 200 random moments, or at so many, and prove that every run can be read and none is a GO."""
    install(session, "smoke", "load", "contracts", "service", "e2e", "dev")
    session.run("python", "-m", "tests.kills", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Hold the code to every rule of ruff, and the imports to who may import whom."""
    install(session, "smoke", "load", "contracts", "service", "e2e", "dev")
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)
    session.run("lint-imports")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check every type, strictly."""
    install(session, "smoke", "load", "contracts", "service", "e2e", "dev")
    session.run("mypy", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Generate the pages that are generated: the checklist, the verdict's schema, the picture of a report."""
    install(session, "smoke", "load", "contracts", "service", "e2e", "dev")
    session.run("python", "-m", "docs.generate", *session.posargs)


@nox.session
def constraints(session: nox.Session) -> None:
    """Pin every dependency afresh, for every Python that is supported."""
    session.install("uv")
    flags = ["--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--universal"]
    source = ["--all-extras", "--python-version", "3.11", "--upgrade", "pyproject.toml", "-o", "constraints.txt"]
    session.run("uv", "pip", "compile", *flags, *source)
