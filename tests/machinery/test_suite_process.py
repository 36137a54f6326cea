"""A suite's log holds what it said, and no secret; what pytest refuses is told to the user."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gonogo import suite_process
from gonogo.check import CATALOGUE
from gonogo.conclusion import files_with, vault_of
from gonogo.embedded import ROOT
from gonogo.evidence import Fact
from gonogo.journal import read_evidence
from gonogo.run import Options, Run, opened
from gonogo.suite_process import run_suite, usage_said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.machinery.conftest import Describe

    Suite = Callable[[str], Run]

LEARNS = '''
"""Chat: learns a secret, and says it wherever it can."""

import base64
import os
import signal
import sys

TOKEN = "tok/en-of-alice." + "0123456789" * 60


def test_it(suite):
    """Says it."""
    suite.vault.add(TOKEN, "GONOGO_TOKEN")
    print("printed", TOKEN, base64.b64encode(TOKEN.encode()).decode(), TOKEN.replace("/", "%2F"))
    os.write(2, b"raw " + TOKEN.encode())
    print("\\x1b[2J::error::obey\\n::warning::obey")
    HOW
'''


@pytest.fixture
def suite(describe: Describe, tmp_path: Path, nowhere: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Suite]:
    """Let a scenario file work as a suite in a process of its own; the run that it belonged to."""
    place = tmp_path / "checkout"
    (place / "smoke").mkdir(parents=True)
    shutil.copy(ROOT / "conftest.py", place)
    (place / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = ["--import-mode=importlib"]\nasyncio_mode = "auto"\n', encoding="utf-8"
    )
    monkeypatch.setattr(suite_process, "ROOT", place)
    options = Options(profile=str(describe(nowhere).path), base_url=nowhere, runs=tmp_path / "runs")
    with opened(options, CATALOGUE) as run:

        def worked(text: str) -> Run:
            (place / "smoke" / "test_chat.py").write_text(text, encoding="utf-8")
            run_suite(run, "smoke")
            return run

        yield worked


SAYS_HALF = """
    suite.say(TOKEN)
    suite.config.pluginmanager.getplugin('capturemanager').suspend_global_capture(in_=True)
    os.write(1, b'half a line ' + TOKEN.encode())
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("how", "fact"),
    [
        ("raise RuntimeError(f'it answered {TOKEN}')", "ok"),
        ("assert {'odd': TOKEN} == {'odd': 'x'}", "ok"),
        ("assert not TOKEN", "ok"),
        ("os.write(2, b'  raw ' + TOKEN.encode()); os.kill(os.getpid(), signal.SIGKILL)", "unknown"),
        (SAYS_HALF, "unknown"),
    ],
)
def test_a_log_holds_no_secret(suite: Suite, capfd: pytest.CaptureFixture[str], how: str, fact: str) -> None:
    """However a suite says what it learnt, and however it ends: no file has it, nor do people see it."""
    run = suite(LEARNS.replace("HOW", how))
    log = (run.folder / "smoke.log").read_text(encoding="utf-8")
    assert "0123456789" * 3 not in log + capfd.readouterr().err
    assert files_with(vault_of(run), run.folder) == []
    assert run.learned["tok/en-of-alice." + "0123456789" * 60] == "GONOGO_TOKEN"
    assert [one.state for one in read_evidence(run.folder).of(Fact) if one.name == "suite:smoke"] == [fact], log
    if "raise" in how:
        assert "it answered $GONOGO_TOKEN" in log
        assert "printed $GONOGO_TOKEN" in log
        assert "\\x1b[2J:\\x3aerror:\\x3aobey\n:\\x3awarning" in log
        assert "\x1b" not in log
    if "half a line" in how:
        assert log.endswith("half a line $GONOGO_TOKEN")


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (
            "ERROR: usage: __main__.py [options]\n__main__.py: error: unrecognized arguments: --bogus\n  inifile: x\n",
            "unrecognized arguments: --bogus",
        ),
        ("ERROR: file or directory not found: x\n", "file or directory not found: x"),
        ("ImportError while loading conftest\nE   NameError: name 'x' is not defined\n", None),
        ("", None),
    ],
)
def test_usage(tmp_path: Path, log: str, said: str | None) -> None:
    """A broken conftest ends pytest with the code for usage too, and is ours."""
    path = tmp_path / "smoke.log"
    path.write_text(log, encoding="utf-8")
    assert usage_said(path) == said


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        ((), True),
        (("-k", "chat"), True),
        (("smoke/test_chat.py",), False),
        (("smoke/test_chat.py::test_x", "-x"), False),
    ],
)
def test_a_named_file_stands_for_its_folder(
    describe: Describe, tmp_path: Path, nowhere: str, words: tuple[str, ...], *, folder: bool
) -> None:
    """Where a file of the suite is named, the whole folder is not run beside it."""
    options = Options(profile=str(describe(nowhere).path), base_url=nowhere, runs=tmp_path, suite_args=words)
    with opened(options, CATALOGUE) as run:
        assert ("smoke" in suite_process.command_for(run, "smoke")) is folder
        assert "contracts" in suite_process.command_for(run, "contracts")
