"""
pytest's entry to the suites: `pytest smoke --base-url URL`.

Without a gate around it, pytest is the parent: it opens the run, and decides when the suite is over.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from rich.console import Console

import checks  # noqa: F401  the catalogue
from gonogo import plugin
from gonogo.check import CATALOGUE
from gonogo.conclusion import conclude
from gonogo.gate import look_after, look_before
from gonogo.hearing import teller
from gonogo.plugin import SUITE, Suite, suite_named
from gonogo.run import Options, Run, opened
from gonogo.trouble import HarnessTrouble, UsageError
from reports import FORMATS, terminal

RUN = pytest.StashKey[Run]()
STACK = pytest.StashKey[ExitStack]()
USAGE, INCONCLUSIVE, INTERRUPTED = 2, 20, 2
SPREAD = "a suite's people and journal belong to one process, and what waits long goes on beside the rest: leave out -n"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the target, as the gate does; `--base-url` is pytest-base-url's own."""
    group = parser.getgroup("gonogo", "gonogo: which target, and how it is judged")
    group.addoption("--profile", default="reference", help="a name in profiles/, or a file")
    group.addoption("--environment", help="one of the profile's environments")
    group.addoption("--fault", action="append", default=[], help="a fault for the embedded reference service")
    group.addoption(
        "--expect-build", default=os.environ.get("GONOGO_EXPECT_BUILD") or None, help="the build that must answer"
    )
    group.addoption("--strict-verdict", action="store_true", help="a conditional GO exits with 12")


def pytest_configure(config: pytest.Config) -> None:
    """Bring in what suites need; here, since pytest would rewrite a plugin that is imported already."""
    config.pluginmanager.register(plugin, "gonogo")
    if suite_named(config) and getattr(config.option, "numprocesses", None):
        refuse(SPREAD)


def refuse(sentence: str) -> None:
    """Say what makes no sense, to the gate in pytest's own way, or to whoever runs pytest. Raises."""
    if "GONOGO_RUN" in os.environ:
        raise pytest.UsageError(sentence)
    pytest.exit(sentence, returncode=USAGE)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Join the gate's run, or open one."""
    config = session.config
    name = suite_named(config)
    if name is None or config.option.collectonly:
        return
    if "GONOGO_RUN" in os.environ:
        config.stash[SUITE] = Suite(name, config, teller())
        return
    try:
        start(config, name)
    except UsageError as error:
        pytest.exit(str(error), returncode=USAGE)
    except HarnessTrouble as trouble:
        pytest.exit(f"INCONCLUSIVE: {trouble}", returncode=INCONCLUSIVE)


def base_url_of(config: pytest.Config) -> str | None:
    """The target's URL, None where none was named. Raises UsageError for an empty one: a variable was not set."""
    named = any(str(word).partition("=")[0] == "--base-url" for word in config.invocation_params.args)
    if named and not config.option.base_url:
        raise UsageError("--base-url is empty; without it the reference service is started")
    return config.option.base_url or None


def start(config: pytest.Config, name: str) -> None:
    """Open a run with this process as its parent."""
    options = Options(
        profile=config.option.profile,
        base_url=base_url_of(config),
        environment=config.option.environment,
        suites=(name,),
        faults=tuple(config.option.fault),
        expect_build=config.option.expect_build,
        strict=config.option.strict_verdict,
        runs=Path(config.rootpath / "runs"),
    )
    config.stash[STACK] = ExitStack()
    run = config.stash[RUN] = config.stash[STACK].enter_context(opened(options, CATALOGUE))
    if not look_before(run):
        pytest.exit("the target cannot be verified", returncode=decide(config))
    os.environ.update(run.environ)
    config.stash[SUITE] = Suite(name, config, run.learn)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Close the suite's journal; where this process is the parent, decide."""
    suite = session.config.stash.get(SUITE, None)
    if suite is None:
        return
    suite.recorder.journal.close()
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    ran = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
    run.fact(f"suite:{suite.name}", "ok" if ran else "unknown", f"pytest ended with {int(exitstatus)}")
    if exitstatus == pytest.ExitCode.INTERRUPTED:
        run.fact("interrupted", "unknown", "the run was interrupted")
    look_after(run)
    session.exitstatus = decide(session.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop whatever was started, however far it came."""
    stack = config.stash.get(STACK, None)
    if stack is not None:
        stack.close()


def decide(config: pytest.Config) -> int:
    """Decide, publish and show; the exit code."""
    run = config.stash[RUN]
    verdict = conclude(run, FORMATS)
    config.stash[STACK].close()
    sys.stdout.write("\n")
    terminal.show(verdict, Console(highlight=False))
    sys.stdout.write(f"\nReport: {run.folder / 'report.html'}\n")
    return verdict.exit_code
