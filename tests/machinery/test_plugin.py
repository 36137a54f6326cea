"""A suite joins the run that it is given, and each of its parts leaves one record, whatever became of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.embedded import ROOT
from gonogo.evidence import Attempt, Checked, Planned
from gonogo.journal import Journal, read_journal
from gonogo.part_end import FINISHED, how_it_ended
from gonogo.suite_process import NO_PLUGINS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gonogo.evidence import JournalRead
    from tests.machinery.conftest import Describe, Reply, Serve

    RunSuite = Callable[..., "Ran"]

PARTS = '''
"""Chat: parts that end in every way."""

import pytest
import pytest_asyncio

from checks import chat
from gonogo.trouble import HarnessTrouble, OperationFailed

pytestmark = pytest.mark.cost(api=0)


@pytest.fixture
def unready():
    raise OperationFailed("signup answered 500, promised 202")


@pytest.fixture
def broken():
    raise HarnessTrouble("no mailbox")


@pytest.fixture
def untidy():
    yield
    raise RuntimeError("cannot tidy up")


@pytest_asyncio.fixture(loop_scope="session")
async def untidy_too():
    yield
    raise OperationFailed("signout answered 500, promised 204")


class Reply:
    said = "hello"
    trail = ()


async def test_good(check):
    """All is well."""
    check(Reply(), chat.says("hello"))


def test_complaint(check):
    check(Reply(), chat.says("goodbye"))


def test_stopped():
    raise OperationFailed("signin answered 500, promised 200")


def test_crashed():
    raise KeyError("ours")


def test_unready(unready):
    """Never reached."""


def test_broken(broken):
    """Never reached."""


def test_untidy(untidy):
    """Ends well, but for what comes after."""


async def test_untidy_too(untidy_too):
    """The same."""


def test_stopped_and_untidy(untidy):
    raise OperationFailed("first")


def test_complaint_and_untidy(untidy, check):
    check(Reply(), chat.says("goodbye"))


@pytest.mark.needs("upload")
def test_not_offered():
    raise AssertionError


@pytest.mark.effects("burst")
def test_not_allowed():
    raise AssertionError


def test_gives_up():
    pytest.skip("no reason of ours")


@pytest.mark.xfail(strict=True)
def test_surprise():
    """Was meant to fail."""


@pytest.mark.beside
def test_beside():
    """Comes last."""


def test_after():
    """Does not come last."""
'''
PYTEST = ("-m", "pytest", "smoke", "-q", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin")
ENDS = {
    "test_good": ("finished", ""),
    "test_complaint": ("finished", ""),
    "test_stopped": ("stopped", "signin answered 500, promised 200"),
    "test_crashed": ("crashed", "KeyError: 'ours'"),
    "test_unready": ("stopped", "signup answered 500, promised 202"),
    "test_broken": ("crashed", "HarnessTrouble: no mailbox"),
    "test_untidy": ("crashed", "RuntimeError: cannot tidy up"),
    "test_untidy_too": ("stopped", "signout answered 500, promised 204"),
    "test_stopped_and_untidy": ("stopped", "first"),
    "test_complaint_and_untidy": ("crashed", "RuntimeError: cannot tidy up"),
    "test_not_offered": ("skipped", "not here"),
    "test_not_allowed": ("skipped", "environment production does not allow burst"),
    "test_gives_up": ("skipped", "no reason of ours"),
    "test_surprise": ("crashed", "[XPASS(strict)] "),
    "test_after": ("finished", ""),
    "test_beside": ("finished", ""),
}


class Ran:
    """A suite that ran."""

    def __init__(self, process: subprocess.CompletedProcess[str], journal: Path) -> None:
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr
        self.journal: JournalRead = read_journal(journal)

    @property
    def ends(self) -> dict[str, tuple[str, str]]:
        """How each part ended."""
        return {one.part: (one.ended, one.reason) for one in self.journal.records if isinstance(one, Attempt)}


@pytest.fixture
def run_suite(tmp_path: Path, describe: Describe) -> RunSuite:
    """Run a scenario file as a suite that joins a run."""

    def ran(
        text: str,
        *words: str,
        url: str = "http://127.0.0.1:1",
        lane: str = "1/1",
        **sections: Any,  # noqa: ANN401  passed on
    ) -> Ran:
        profile = describe(url, **sections)
        place, run = tmp_path / "checkout", tmp_path / "run"
        (place / "smoke").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "conftest.py", place)
        (place / "pyproject.toml").write_text(
            '[tool.pytest.ini_options]\naddopts = ["--import-mode=importlib", "--strict-markers"]\n'
            'filterwarnings = ["error"]\nasyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "function"\n',
            encoding="utf-8",
        )
        (place / "smoke" / "test_chat.py").write_text(text, encoding="utf-8")
        write_plan(run)
        ours = {
            "GONOGO_RUN": str(run),
            "GONOGO_PROFILE": str(profile.path),
            "GONOGO_BASE_URL": profile.origins.api,
            "GONOGO_ENVIRONMENT": profile.environment,
            "GONOGO_PRIVATE": str(tmp_path),
            "GONOGO_CANARY": "canary-of-the-run",
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "GONOGO_LANE": lane,
        }
        process = subprocess.run(
            [sys.executable, *PYTEST, *words],
            cwd=place,
            env={**os.environ, **ours, **NO_PLUGINS},
            capture_output=True,
            text=True,
            check=False,
        )
        number = lane.partition("/")[0]
        return Ran(process, run / "evidence" / ("smoke.jsonl" if number == "1" else f"smoke-{number}.jsonl"))

    return ran


def write_plan(run: Path) -> None:
    """Write a run's plan, once."""
    if (run / "evidence" / "plan.jsonl").exists():
        return
    plan = Journal(run / "evidence" / "plan.jsonl")
    plan.write(
        Planned.model_validate(
            {"suite": "smoke", "scenario": "chat", "check": "chat.answers", "severity": "major", "effects": "read"}
        )
    )
    plan.close()


def test_each_part_leaves_one_record(run_suite: RunSuite) -> None:
    """Setup, call and teardown are one part; a teardown that fails leaves nothing finished; nothing is left out."""
    ran = run_suite(PARTS)
    attempts = [one for one in ran.journal.records if isinstance(one, Attempt)]
    assert len(attempts) == len(ENDS), ran.out
    assert list(ran.ends) == list(ENDS)
    assert ran.ends == ENDS
    assert ran.code == 1
    assert ran.journal.trouble is None
    good = attempts[0]
    assert (good.scenario, good.suite, good.title) == ("chat", "smoke", "All is well.")
    assert attempts[1].title == "test_complaint"
    assert good.started_at > 1e9
    assert good.duration_s >= 0


def test_checks_are_recorded_and_shown(run_suite: RunSuite) -> None:
    """What checks said is in the journal, and pytest says so too."""
    ran = run_suite(PARTS, "-k", "test_complaint and not untidy")
    (checked,) = [one for one in ran.journal.records if isinstance(one, Checked)]
    assert checked.complaints == ("asked for the words 'goodbye', it said 'hello'",)
    assert "chat.answers: asked for the words 'goodbye', it said 'hello'" in ran.out
    assert "  failed  chat: test_complaint (" in ran.err


LIGHT = '''
"""CSRF: one part that costs less than chat's."""

import pytest


@pytest.mark.cost(api=2)
def test_light():
    pass
'''
HEAVY = LIGHT.replace("CSRF", "Chat").replace("api=2", "api=9").replace("test_light", "test_heavy")
USES = """
def test_light(cast, suite):
    assert cast.run_id == suite.run_id == "run-2"
    assert cast.recorder.next_id() == "smoke-2-0001"
"""


def test_lanes_share_the_scenarios(run_suite: RunSuite, tmp_path: Path) -> None:
    """Each lane does its scenarios, leaves the others out, and has a journal, ids and a name of its own."""
    (tmp_path / "checkout" / "smoke").mkdir(parents=True)
    light = LIGHT[: LIGHT.index("def ")] + USES.strip() + "\n"
    (tmp_path / "checkout" / "smoke" / "test_csrf.py").write_text(light, encoding="utf-8")
    first, second, third = (run_suite(HEAVY, lane=f"{number}/3") for number in (1, 2, 3))
    assert list(first.ends) == ["test_heavy"], first.out
    assert second.ends == {"test_light": ("finished", "")}, second.out
    assert third.ends == {}
    assert [ran.journal.trouble for ran in (first, second, third)] == [None, None, None]


HOSTILE = '''
"""Chat: text of a target, where pytest shows it."""


def test_it():
    print("printed canary-of-the-run")
    raise RuntimeError("canary-of-the-run \\x1b[2J\\n::error::obey")
'''


def test_pytest_shows_nothing_that_is_secret_or_obeyed(run_suite: RunSuite) -> None:
    """Also where pytest itself is the parent and nobody listens, what it shows was made harmless before."""
    ran = run_suite(HOSTILE)
    assert "$GONOGO_CANARY \\x1b[2J\n" in ran.out
    assert "printed $GONOGO_CANARY" in ran.out
    assert "::error" not in ran.out
    assert "\x1b" not in ran.out


def test_collecting_runs_nothing(run_suite: RunSuite, tmp_path: Path) -> None:
    """Whoever only wants to see the parts starts no suite."""
    with pytest.raises(FileNotFoundError):
        run_suite(PARTS, "--collect-only")
    assert not (tmp_path / "run" / "evidence" / "smoke.jsonl").exists()


def test_a_suite_that_cannot_be_read_proves_nothing(run_suite: RunSuite) -> None:
    """A scenario that does not even import leaves a whole journal without any part."""
    ran = run_suite("import nothing_like_this")
    assert ran.code == 2
    assert ran.ends == {}
    assert ran.journal.trouble is None


@pytest.mark.parametrize("outcome", ["failed", "skipped", "passed"])
def test_what_has_no_exception(outcome: str) -> None:
    """A phase that failed without an exception of its own is ours, never finished."""
    call = pytest.CallInfo.from_call(lambda: None, when="call")
    report = pytest.TestReport(
        nodeid="x",
        location=("x", 1, "x"),
        keywords={},
        outcome=outcome,  # type: ignore[arg-type]  # parametrize gives plain texts
        longrepr="so it is",
        when="call",
    )
    assert (
        how_it_ended(call, report)
        == {
            "failed": ("crashed", "so it is"),
            "skipped": ("skipped", "so it is"),
            "passed": (FINISHED, ""),
        }[outcome]
    )


ENDING = '''
"""Chat: a part with a member, and how it ends."""

import asyncio
import os
import signal

import pytest


@pytest.mark.cost(api=1)
async def test_it(alice, bob):
    await alice.do("session")
    HOW


@pytest.mark.cost(api=1)
async def test_more(alice):
    await alice.do("session")
'''
ACCOUNTS: dict[str, Any] = {
    "health": {"method": "GET", "path": "/health", "expect": [200], "credential": "none"},
    "signup": {"method": "POST", "path": "/signup", "json": {"email": "{email}"}, "expect": [202]},
    "signin": {"method": "POST", "path": "/signin", "expect": [200]},
    "session": {"method": "GET", "path": "/me", "expect": [200]},
    "delete_account": {"method": "DELETE", "path": "/me", "expect": [204]},
}


@pytest.mark.parametrize(
    ("how", "code", "ended"),
    [
        ("pass", 0, {"test_it": "finished", "test_more": "finished"}),
        ("raise KeyError('ours')", 1, {"test_it": "crashed", "test_more": "finished"}),
        ("os.kill(os.getpid(), signal.SIGINT); await asyncio.sleep(60)", 2, {}),
        ("pytest.exit('enough', returncode=3)", 3, {}),
    ],
)
def test_accounts_are_removed_however_it_ends(
    run_suite: RunSuite, serve: Serve, reply: Reply, tmp_path: Path, how: str, code: int, ended: dict[str, str]
) -> None:
    """After a crash or an interrupt too, accounts are removed and forgotten, and the journal is whole."""
    service = serve(
        {
            "POST /signup": reply(202),
            "POST /signin": reply(200, b"", "Set-Cookie: sid=session-1"),
            "GET /me": reply(200),
            "DELETE /me": reply(204),
        }
    )
    identity = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "harness"}
    ran = run_suite(ENDING.replace("HOW", how), url=service.url, identity=identity, operations=ACCOUNTS)
    assert ran.code == code, ran.out
    assert [one.method for one in service.seen].count("DELETE") == 2
    assert list((tmp_path / "state" / "gonogo").iterdir()) == []
    assert ran.journal.trouble is None
    assert {part: end for part, (end, _) in ran.ends.items()} == ended
