"""
What pytest needs to run a suite: options, people, the checker, and the record of how each part ended.

It wakes only when a suite's folder is named on the command line. In a process that the gate started
it joins the gate's run; in a bare `pytest smoke` it is the parent, opens a run and decides.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from gonogo.browsed import E2E
from gonogo.budget import Budget
from gonogo.checker import Checker
from gonogo.evidence import Planned
from gonogo.hearing import TellingVault
from gonogo.journal import Journal, read_journal
from gonogo.lanes import journal_name, lane_of, shares
from gonogo.leftovers import remove
from gonogo.member import Member
from gonogo.part_end import ChecksFailed, Phase, attempt, make_harmless, outcome_of, scenario_of
from gonogo.people import Cast
from gonogo.plan import effects_of, reason_to_skip
from gonogo.private_file import hold, keep
from gonogo.profile import load_profile
from gonogo.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator

    from gonogo.profile import Profile

SUITES = ("smoke", E2E)
"""Those that are pytest's to run."""
SUITE = pytest.StashKey["Suite"]()
CHECKER = pytest.StashKey[Checker]()
PHASES = pytest.StashKey[list[Phase]]()


class Suite:
    """A suite at work: its profile, its journal, its plan, and where it is."""

    def __init__(self, name: str, config: pytest.Config, tell: Callable[[str, str], None]) -> None:
        """Join the run that the environment names; its parent is told every secret."""
        self.config = config
        environ = os.environ
        self.name = name
        self.lane, self.lanes = lane_of(environ)
        self.folder = Path(environ["GONOGO_RUN"])
        self.private = Path(environ["GONOGO_PRIVATE"])
        self.canary = environ["GONOGO_CANARY"]
        self.embedded = bool(environ.get("GONOGO_EMBEDDED"))
        self.profile = load_profile(
            environ["GONOGO_PROFILE"],
            environ,
            base_url=environ["GONOGO_BASE_URL"],
            environment=environ["GONOGO_ENVIRONMENT"],
            ca_file=Path(environ["GONOGO_CA_FILE"]) if environ.get("GONOGO_CA_FILE") else None,
        )
        self.vault = TellingVault(tell)
        self.vault.add(self.canary, "GONOGO_CANARY")
        self.vault.add_named(self.profile.secrets)
        journal = Journal(self.folder / "evidence" / f"{journal_name(name, self.lane)}.jsonl", self.vault.redact)
        self.recorder = Recorder(journal, name, self.profile)
        planned = read_journal(self.folder / "evidence" / "plan.jsonl").records
        self.plan = {
            (one.scenario, one.check): one for one in planned if isinstance(one, Planned) and one.suite == name
        }

    @property
    def run_id(self) -> str:
        """The run's id, in further lanes with their number: what they make, and call from, is theirs alone."""
        name = journal_name(self.folder.name, self.lane)
        return f"{name}-{E2E}" if self.name == E2E else name

    def say(self, sentence: str) -> None:
        """Tell the person at the terminal; standard output belongs to the log."""
        capture = self.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            sys.stderr.write(f"  {sentence}\n")
            sys.stderr.flush()


def suite_named(config: pytest.Config) -> str | None:
    """The suite whose folder was named on the command line, if any."""
    named = {Path(str(argument).partition("::")[0]).resolve() for argument in config.args}
    suites = [name for name in SUITES if any(config.rootpath / name in (path, *path.parents) for path in named)]
    if len(suites) > 1:
        raise pytest.UsageError(f"one suite a process, not {' and '.join(suites)}")
    return suites[0] if suites else None


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marks."""
    config.addinivalue_line("markers", "needs(*names): what the target must offer for this part of a scenario")
    config.addinivalue_line("markers", "effects(*effects): what this part does to the target")
    config.addinivalue_line("markers", "cost(**counts): requests by limit, and messages, that this part costs")
    config.addinivalue_line("markers", "beside: this part waits long; what it waits for starts first")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One loop for a suite; parts that the profile rules out are skipped; those that wait long come last."""
    suite = config.stash.get(SUITE, None)
    if suite is None:
        return
    keep_to_lane(suite, items)
    for item in items:
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        item.add_marker(pytest.mark.filterwarnings("default"))
        reason = reason_to_skip(suite.profile, marked(item, "needs"), effects_of(marked(item, "effects")))
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(key=lambda item: item.get_closest_marker("beside") is not None)


def keep_to_lane(suite: Suite, items: list[pytest.Item]) -> None:
    """Leave out the scenarios of other lanes; a scenario weighs what its parts say they cost."""
    if suite.lanes == 1:
        return
    weights: Counter[str] = Counter()
    for item in items:
        weights[scenario_of(item)] += sum(sum(mark.kwargs.values()) for mark in item.iter_markers("cost"))
    ours = shares(weights, suite.lanes)[suite.lane - 1]
    others = [item for item in items if scenario_of(item) not in ours]
    suite.config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def marked(item: pytest.Item, mark: str) -> list[str]:
    """Every argument of every mark of that name."""
    return [str(argument) for found in item.iter_markers(mark) for argument in found.args]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """After a part, its complaints make it fail, so that pytest says so too."""
    result = yield
    checker = item.stash.get(CHECKER, None)
    if checker and checker.complaints:
        raise ChecksFailed("\n".join(checker.complaints))
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write down how each part ended, once, when whatever it stands on has been taken down too."""
    report: pytest.TestReport = yield
    suite = item.config.stash.get(SUITE, None)
    if suite is None:
        return report
    make_harmless(report, suite.vault.redact)
    phases = item.stash.setdefault(PHASES, [])
    phases.append((call, report))
    if report.when == "teardown":
        record = attempt(suite.name, item, phases)
        suite.recorder.write(record)
        suite.say(f"{outcome_of(phases):7} {record.scenario}: {item.name} ({record.duration_s:.1f} s)")
    return report


# -- fixtures ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """The suite at work."""
    return request.config.stash[SUITE]


@pytest.fixture(scope="session")
def profile(suite: Suite) -> Profile:
    """The profile of the target."""
    return suite.profile


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cast(suite: Suite) -> AsyncIterator[Cast]:
    """The people of this suite; what it made is removed at the end."""
    run_id = suite.run_id
    people = Cast(
        profile=suite.profile,
        recorder=suite.recorder,
        vault=suite.vault,
        budget=Budget(suite.profile.promises.limits, say=suite.say, unlimited=suite.profile.promises.unlimited),
        run_id=run_id,
        canary=suite.canary,
        mail_folder=suite.private / "mail",
        tracker_folder=suite.private / "tracker",
        say=suite.say,
        keep=lambda account: None if suite.embedded else keep(run_id, suite.profile, account),
        hold=lambda one: None if suite.embedded else hold(run_id, suite.profile, one),
    )
    try:
        yield people
        if not suite.embedded:  # the embedded service's accounts go with its database
            await remove(people)
    finally:
        await people.close()


@pytest.fixture
def check(request: pytest.FixtureRequest, suite: Suite) -> Checker:
    """Shows subjects to checks."""
    checker = Checker(suite.recorder, scenario_of(request.node), suite.plan)
    request.node.stash[CHECKER] = checker
    return checker


@pytest_asyncio.fixture(loop_scope="session")
async def alice(request: pytest.FixtureRequest, cast: Cast) -> Member:
    """A verified, signed-in member."""
    return await Member(cast.person("alice"), cast, scenario_of(request.node)).join()


@pytest_asyncio.fixture(loop_scope="session")
async def bob(request: pytest.FixtureRequest, cast: Cast) -> Member:
    """Another one."""
    return await Member(cast.person("bob"), cast, scenario_of(request.node)).join()


@pytest_asyncio.fixture(loop_scope="session")
async def newcomer(request: pytest.FixtureRequest, cast: Cast) -> Member:
    """A member whose session may be spoilt."""
    return await Member(cast.person("newcomer"), cast, scenario_of(request.node)).join()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(request: pytest.FixtureRequest, cast: Cast) -> Member:
    """A member who does little, and may sign in again."""
    return await Member(cast.person("visitor"), cast, scenario_of(request.node)).join()


@pytest_asyncio.fixture(loop_scope="session")
async def buyer(request: pytest.FixtureRequest, cast: Cast) -> Member:
    """A member who has bought nothing yet."""
    return await Member(cast.person("buyer"), cast, scenario_of(request.node)).join()


@pytest.fixture
def anybody(request: pytest.FixtureRequest, cast: Cast) -> Member:
    """Somebody without an account, for what needs none."""
    return Member(cast.person("anybody"), cast, scenario_of(request.node))


@pytest.fixture
def nonce() -> Callable[[int], str]:
    """So many words that nobody has said before, and that no cache can answer."""
    return lambda count: " ".join(secrets.token_hex(3) for _ in range(count))


@pytest.fixture
def stranger(request: pytest.FixtureRequest, cast: Cast) -> Member:
    """Somebody whom the target does not know."""
    return Member(cast.person("stranger"), cast, scenario_of(request.node))
