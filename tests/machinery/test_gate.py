"""Before and after the suites the gate looks for itself, and blames the target only for what is the target's."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from gonogo import gate
from gonogo.check import CATALOGUE
from gonogo.driver import Driver
from gonogo.evidence import Checked, Exchanged, Fact, RunStarted
from gonogo.exchange import Exchange, Request, Timing
from gonogo.gate import clocks_apart, look_after, look_before, probe_request, verify
from gonogo.journal import read_evidence
from gonogo.run import Options, Run, opened
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.machinery.conftest import Describe, Reply, Seen, Serve

    Begin = Callable[..., Run]

HEALTH = {"method": "GET", "path": "/health", "expect": [200], "credential": "none"}
BUILD = {"operation": "health", "source": "json:/build"}


@pytest.fixture
def begin(describe: Describe, tmp_path: Path) -> Iterator[Begin]:
    """Open a run against a URL."""
    with ExitStack() as stack:

        def begun(url: str, options: dict[str, Any] | None = None, **sections: Any) -> Run:  # noqa: ANN401  passed on
            profile = describe(url, sections.pop("environ", None), **sections)
            asked = Options(profile=str(profile.path), base_url=url, runs=tmp_path / "runs", **(options or {}))
            return stack.enter_context(opened(asked, CATALOGUE))

        yield begun


def dated(reply: Reply, ahead_s: float = 0.0, status: int = 200, build: str = "b1") -> bytes:
    """An answer by a clock that is so far ahead of ours."""
    return reply(status, {"build": build}, f"Date: {formatdate(time.time() + ahead_s, usegmt=True)}")


def facts(run: Run) -> dict[str, str]:
    """What was found out, and its state."""
    return {fact.name: fact.state for fact in run.facts}


def failed(run: Run) -> list[tuple[str, ...]]:
    """What the gate blames the target for."""
    run.recorder.journal.close()
    return [one.complaints for one in read_evidence(run.folder).of(Checked)]


# -- before -----------------------------------------------------------------------------------------


def test_a_target_that_is_there(serve: Serve, reply: Reply, begin: Begin) -> None:
    """A target that answers by our clock goes on, and its build is noted."""
    run = begin(serve({"GET /health": dated(reply)}).url, build=BUILD)
    assert look_before(run)
    assert facts(run) == {"clock": "ok", "build-id": "ok"}
    assert run.build == "b1"
    assert failed(run) == []


def test_a_target_that_fails_goes_on(serve: Serve, reply: Reply, begin: Begin) -> None:
    """A target that answers 503 is looked at: its checks will say so."""
    assert look_before(begin(serve({"GET /health": dated(reply, status=503)}).url))


def test_a_target_that_is_not_there(begin: Begin, nowhere: str) -> None:
    """Nobody listens: the target's health fails, and nothing else is tried."""
    run = begin(nowhere)
    assert not look_before(run)
    assert facts(run) == {}
    assert failed(run) == [(f"health: {nowhere} does not answer: the connection was refused",)]


def test_a_name_that_does_not_resolve(begin: Begin) -> None:
    """Without a control URL it is nobody's fault."""
    run = begin("http://no-such-host.invalid")
    assert not look_before(run)
    assert facts(run) == {"reachable": "unknown"}
    assert "the profile has no control_url" in run.facts[0].detail
    assert failed(run) == []


def test_a_name_that_does_not_resolve_while_we_are_fine(serve: Serve, reply: Reply, begin: Begin) -> None:
    """With a control URL that answers it is the target's."""
    run = begin("http://no-such-host.invalid", control_url=serve(reply()).url)
    assert not look_before(run)
    assert facts(run) == {}
    assert len(failed(run)) == 1


def test_silence_on_loopback_is_the_targets(serve: Serve, begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target on this machine that does not answer in time has no network to blame."""

    async def silent(_request: Seen, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(gate, "Driver", impatient(Driver))
    run = begin(serve(silent).url)
    assert not look_before(run)
    assert facts(run) == {}
    assert "was not over after 0.2 s" in failed(run)[0][0]


def impatient(driver: Any) -> Any:  # noqa: ANN401  a class
    """A driver that waits for a moment only."""
    return lambda *arguments, **more: driver(*arguments, **more, deadline_s=0.2)


@pytest.mark.parametrize(
    ("ahead_s", "state"), [(0, "ok"), (0.5, "ok"), (-0.5, "ok"), (60, "unknown"), (-60, "unknown")]
)
def test_clocks(serve: Serve, reply: Reply, begin: Begin, ahead_s: float, state: str) -> None:
    """A clock that is two seconds off at most is ours."""
    run = begin(serve({"GET /health": dated(reply, ahead_s)}).url)
    look_before(run)
    assert facts(run)["clock"] == state


@pytest.mark.parametrize("date", ["", "Date: yesterday"])
def test_no_clock(serve: Serve, reply: Reply, begin: Begin, date: str) -> None:
    """Without a Date that can be read nobody knows."""
    run = begin(serve({"GET /health": reply(200, b"", *([date] if date else []))}).url)
    look_before(run)
    assert facts(run)["clock"] == "unknown"


@pytest.mark.parametrize(
    ("theirs", "apart"),
    [(100.0, 0.0), (99.0, 0.0), (110.0, 0.0), (98.0, 1.0), (97.0, 2.0), (111.0, 1.0), (130.0, 20.0)],
)
def test_a_slow_answer_is_no_wrong_clock(theirs: float, apart: float) -> None:
    """A Date names a second between the request and the answer's arrival, at 100 and 110 here."""
    request = Request(operation="health", method="GET", url="http://127.0.0.1/")
    shown = Exchange(
        id="1", person="nobody", request=request, status=200, started_at=100.0, timing=Timing(headers=10.0, total=99.0)
    )
    assert clocks_apart(theirs, shown) == apart


def test_the_probe(describe: Describe) -> None:
    """The probe is a health endpoint that needs to know nothing; else the API's root, past its gateway."""
    ready = {**HEALTH, "path": "/{which}"}
    assert (
        probe_request(describe("https://x", operations={"health": HEALTH, "health_live": ready})).operation == "health"
    )
    profile = describe("https://x/api", operations={"session": HEALTH}, access={"headers": {"X-Gateway": "g"}})
    request = probe_request(profile)
    assert (request.url, request.headers.get("x-gateway")) == ("https://x/api/", "g")


# -- builds -----------------------------------------------------------------------------------------


def builds(reply: Reply, *names: str) -> Any:  # noqa: ANN401  a function
    """A service whose answers come from these builds, the last for ever."""
    left = list(names)

    async def answer(_request: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(dated(reply, build=left.pop(0) if len(left) > 1 else left[0]))

    return answer


def test_the_expected_build(serve: Serve, reply: Reply, begin: Begin) -> None:
    """Ten answers in a row, each over a connection of its own, prove a build."""
    service = serve({"GET /health": builds(reply, "b1")})
    run = begin(service.url, {"expect_build": "b1"}, build=BUILD)
    assert look_before(run)
    assert facts(run)["build"] == "ok"
    assert len(service.seen) == 12


def test_a_roll_out_is_waited_for(serve: Serve, reply: Reply, begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old build among the ten starts the row afresh."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    run = begin(
        serve({"GET /health": builds(reply, "b0", "b0", *["b1"] * 5, "b0", "b1")}).url,
        {"expect_build": "b1", "wait_for_build_s": 30.0},
        build=BUILD,
    )
    assert look_before(run)
    assert facts(run)["build"] == "ok"


@pytest.mark.parametrize(("answer", "state"), [("b0", "bad"), (None, "unknown")])
def test_another_build(serve: Serve, reply: Reply, begin: Begin, answer: str | None, state: str) -> None:
    """Another build is bad, none at all unknown; the suites are not let loose on it."""
    body = dated(reply, build=answer) if answer else reply(200, {})
    run = begin(serve({"GET /health": body}).url, {"expect_build": "b1"}, build=BUILD)
    assert not look_before(run)
    assert facts(run)["build"] == state


def test_a_build_that_nobody_can_read(begin: Begin, nowhere: str) -> None:
    """Whoever expects a build of a target that names none has made a mistake."""
    with pytest.raises(UsageError, match="does not say where a build is named"):
        begin(nowhere, {"expect_build": "b1"})


# -- after ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state", "complaints"),
    [
        (200, "ok", []),
        (503, "bad", [("health answered 503, promised 200",)]),
        (404, "bad", [("health answered 404, promised 200",)]),
        (429, "unknown", []),
        (403, "unknown", []),
    ],
)
def test_the_control_probe(
    serve: Serve, reply: Reply, begin: Begin, status: int, state: str, complaints: list[tuple[str, ...]]
) -> None:
    """A target that fails after the suites is at fault; one that refuses may have been asked too much."""
    run = begin(serve({"GET /health": dated(reply, status=status)}).url)
    run.fact("suite:smoke", "ok", "")
    look_after(run)
    assert facts(run)["control-probe"] == state
    assert failed(run) == complaints


def test_a_target_that_went_down(begin: Begin, nowhere: str) -> None:
    """Nobody listens any more: the target's fault."""
    run = begin(nowhere)
    run.fact("suite:smoke", "ok", "")
    look_after(run)
    assert facts(run)["control-probe"] == "bad"
    assert failed(run) == [("health: the connection was refused",)]


@pytest.mark.parametrize(("status", "state"), [(200, "ok"), (404, "ok"), (401, "ok"), (500, "bad"), (429, "unknown")])
def test_a_root_that_nobody_described(serve: Serve, reply: Reply, begin: Begin, status: int, state: str) -> None:
    """Without a health endpoint any answer will do but a failure."""
    run = begin(serve(dated(reply, status=status)).url, operations={"session": {**HEALTH, "path": "/me"}})
    run.fact("suite:smoke", "ok", "")
    look_after(run)
    assert facts(run)["control-probe"] == state


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [("b1", "b1", "ok"), ("b1", "b2", "bad"), (None, "b1", "unknown"), ("b1", "", "unknown")],
)
def test_a_build_that_changes(
    serve: Serve, reply: Reply, begin: Begin, before: str | None, after: str, state: str
) -> None:
    """The build is the same before and after, or nothing that was found is said of one."""
    run = begin(serve({"GET /health": dated(reply, build=after)}).url, build=BUILD)
    run.build = before
    run.fact("suite:smoke", "ok", "")
    look_after(run)
    assert facts(run)["build-stable"] == state


def test_nothing_is_looked_at_after_nothing(begin: Begin, nowhere: str) -> None:
    """Where no suite has run there is no after."""
    run = begin(nowhere)
    look_after(run)
    assert facts(run) == {}


def test_an_interrupt_is_written_down(begin: Begin, nowhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before the suites leaves a run that says so."""

    def interrupted(_run: Run) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(gate, "look_before", interrupted)
    run = begin(nowhere)
    verify(run)
    assert facts(run) == {"interrupted": "unknown"}


def test_suites_run_one_after_the_other(begin: Begin, nowhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each suite that was asked for is run, until somebody interrupts."""
    done: list[str] = []

    def run_suite(run: Run, suite: str) -> None:
        done.append(suite)
        run.interrupted = suite == "second"

    monkeypatch.setattr(gate, "look_before", lambda _: True)
    monkeypatch.setattr(gate, "run_suite", run_suite)
    run = begin(nowhere, {"suites": ("first", "second", "third")})
    verify(run)
    assert done == ["first", "second"]
    assert facts(run) == {"interrupted": "unknown"}


# -- the run ----------------------------------------------------------------------------------------


def test_a_run_is_planned_before_anything_is_sent(serve: Serve, reply: Reply, begin: Begin) -> None:
    """The plan is whole and closed, names what must be found out, and the latest run is this one."""
    service = serve(reply())
    run = begin(service.url, {"expect_build": "b1", "strict": True}, build=BUILD)
    assert service.seen == []
    plan = next(one for one in read_evidence(run.folder).journals if one.name == "plan")
    assert plan.trouble is None
    started = plan.records[0]
    assert isinstance(started, RunStarted)
    assert started.facts == ("clock", "control-probe", "redaction", "suite:smoke", "build", "build-stable")
    assert (started.run_id, started.embedded, started.expected_build) == (run.id, False, "b1")
    assert len(plan.records) > 100
    assert (run.folder.parent / "latest").resolve() == run.folder.resolve()
    assert '"strict": true' in (run.folder / "policy.json").read_text(encoding="utf-8")


def test_a_suite_finds_its_run(begin: Begin, nowhere: str) -> None:
    """All that a suite needs to join is in its environment; the canary is the run's own."""
    run, other = begin(nowhere), begin(nowhere)
    ours = {name: value for name, value in run.environ.items() if name.startswith("GONOGO_")}
    assert ours["GONOGO_RUN"] == str(run.folder.resolve())
    assert (ours["GONOGO_BASE_URL"], ours["GONOGO_ENVIRONMENT"], ours["GONOGO_EMBEDDED"]) == (nowhere, "production", "")
    assert run.canary != other.canary
    assert run.id != other.id


def test_the_gates_journal_is_closed_in_any_case(describe: Describe, tmp_path: Path, nowhere: str) -> None:
    """However a run ends, the parent's journal has its end; what was private is gone."""
    options = Options(profile=str(describe(nowhere).path), base_url=nowhere, runs=tmp_path / "runs")

    def breaks() -> Run:
        with opened(options, CATALOGUE) as run:
            kept.append(run)
            raise RuntimeError("ours")

    kept: list[Run] = []
    with pytest.raises(RuntimeError, match="ours"):
        breaks()
    (run,) = kept
    assert all(one.trouble is None for one in read_evidence(run.folder).journals)
    assert not run.private.exists()


def test_secrets_are_hidden_from_the_start(
    describe: Describe, tmp_path: Path, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway's token is on the request that found nobody, and stands in no file of the run."""
    monkeypatch.setenv("GATEWAY_TOKEN", "gateway-token-123456")
    access = {"headers": {"X-Gateway": "${GATEWAY_TOKEN}"}}
    profile = describe(nowhere, {"GATEWAY_TOKEN": "gateway-token-123456"}, access=access)
    options = Options(profile=str(profile.path), base_url=nowhere, runs=tmp_path / "runs")
    with opened(options, CATALOGUE) as run:
        assert not look_before(run)
    (exchange,) = read_evidence(run.folder).of(Exchanged)
    assert "$GATEWAY_TOKEN" in exchange.curl
    assert exchange.needs == ("GATEWAY_TOKEN",)
    for path in run.folder.rglob("*"):
        assert path.is_dir() or b"gateway-token-123456" not in path.read_bytes()


def test_the_sinks_listen_where_the_profile_says(describe: Describe, tmp_path: Path, nowhere: str) -> None:
    """Mails and error reports of a target that is not ours come to the profile's own addresses."""
    mail = {"source": "smtp-sink", "listen": "127.0.0.1:0", "link": "x"}
    tracker = {"source": "envelope-sink", "listen": "127.0.0.1:0"}
    profile = describe(nowhere, mail=mail, tracker=tracker)
    options = Options(profile=str(profile.path), base_url=nowhere, runs=tmp_path / "runs")
    with opened(options, CATALOGUE) as run:
        assert (run.private / "mail").is_dir()
        assert (run.private / "tracker").is_dir()


def test_facts_are_written_as_they_are_found(begin: Begin, nowhere: str) -> None:
    """A fact is in the journal at once."""
    run = begin(nowhere)
    run.fact("clock", "ok", "fine")
    assert [one.name for one in read_evidence(run.folder).of(Fact)] == ["clock"]
