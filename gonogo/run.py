"""
One go of the harness against one target: what it needs around it, its plan, and its folder.

The parent process opens a run, lets each suite work in a process of its own, and decides at the end.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonogo import __version__
from gonogo.browsed import E2E
from gonogo.check import Effects, Severity
from gonogo.contracted import CONTRACTS, ContractPlan
from gonogo.embedded import ROOT, STAND_IN, Embedded, reference_service
from gonogo.evidence import Fact, RunStarted
from gonogo.journal import Journal
from gonogo.loaded import LoadPlan
from gonogo.plan import SUITES, plan
from gonogo.profile import load_profile
from gonogo.profile_file import nearest, one_line
from gonogo.recorder import Recorder
from gonogo.redaction import Vault
from gonogo.sinks import MailSink, TrackerSink
from gonogo.trouble import UsageError
from gonogo.waiver_file import refuse_what_nobody_may_waive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.check import Check
    from gonogo.policy import Policy
    from gonogo.profile import Profile

REDACTION = "redaction"
POLICY = "policy.json"
LOAD = "load"
LOAD_FACTS = ("load:generator", "load:merged")
"""What the load suite must say of itself: that it was fast enough, and that no sample was lost."""
CONTRACT_FACTS = ("contracts:requests", "contracts:reached", "contracts:member")
"""What the contract suite must say of itself: no limit met, every operation met, a member still signed in."""
FAULT_ELSEWHERE = "--fault tells the embedded reference service to misbehave; it cannot be used with --base-url"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user asked for on the command line."""

    profile: str = "reference"
    base_url: str | None = None
    environment: str | None = None
    suites: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    expect_build: str | None = None
    wait_for_build_s: float = 0.0
    strict: bool = False
    rollback_hook: str | None = None
    runs: Path = ROOT / "runs"
    port: int = 0
    suite_args: tuple[str, ...] = ()
    load: LoadPlan = field(default_factory=LoadPlan)
    contracts: ContractPlan = field(default_factory=ContractPlan)
    lend: bool = False

    @property
    def embedded(self) -> bool:
        """Whether the reference service is started, because no target was named."""
        return self.base_url is None


@dataclass(kw_only=True)
class Run:
    """An open run: its folder, its profile, and the journal that the parent writes."""

    id: str
    folder: Path
    options: Options
    profile: Profile
    recorder: Recorder
    canary: str
    private: Path
    environ: Mapping[str, str]
    vault: Vault
    build: str | None = None
    interrupted: bool = False
    facts: list[Fact] = field(default_factory=list)
    learned: dict[str, str] = field(default_factory=dict)

    def fact(self, name: str, state: str, detail: str) -> Fact:
        """Write down something about the run itself."""
        found = Fact.model_validate({"name": name, "state": state, "detail": detail, "at": time.time()})
        self.facts.append(found)
        self.recorder.write(found)
        return found

    def learn(self, value: str, name: str) -> None:
        """Keep a secret that a suite learnt out of everything from now on, and look for it at the end."""
        self.vault.add(value, name)
        self.learned.setdefault(value, name)


def new_run_id() -> str:
    """A run's id: when it began (UTC), and four random letters."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


@contextmanager
def opened(options: Options, catalogue: Mapping[str, Check[Any, Any]]) -> Iterator[Run]:
    """
    Open a run: start what it needs, write its plan, and stop everything when the block ends.

    Raises UsageError for a bad profile, URL or fault, before anything is written.
    """
    run_id = new_run_id()
    with ExitStack() as stack:
        private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gonogo-")))
        profile, environ, embedded = surroundings(stack, options, private)
        if options.expect_build and profile.build is None:
            raise UsageError(f"{profile.path.name} does not say where a build is named, which --expect-build needs")
        check_policy(profile, catalogue)
        if options.lend and not profile.allows(Effects.BURST):
            said = f"environment {profile.environment} does not allow burst, which every load is"
            raise UsageError(f"{said}: name another one with --target-environment, or allow it in the profile")
        options = replace(options, suites=suites_of(options, profile))
        run = new_run(run_id, options, profile, private, environ, embedded)
        stack.callback(run.recorder.journal.close)
        write_plan(run, catalogue, embedded)
        point_latest(run)
        yield run


def suites_of(options: Options, profile: Profile) -> tuple[str, ...]:
    """
    The suites that were asked for, or else all that the environment allows.

    What goes on to pytest chooses among what pytest runs.
    """
    if options.suites:
        return options.suites
    loads = profile.allows(Effects.BURST) and profile.offers("send_message") and not options.suite_args
    return tuple(suite for suite in SUITES if suite not in {CONTRACTS, E2E} and (suite != LOAD or loads))


def surroundings(stack: ExitStack, options: Options, private: Path) -> tuple[Profile, dict[str, str], Embedded | None]:
    """Start the sinks, and the reference service where no target was named; the profile that results."""
    environ = dict(os.environ)
    if not options.embedded:
        if options.faults:
            raise UsageError(FAULT_ELSEWHERE)
        profile = load_profile(options.profile, environ, base_url=options.base_url, environment=options.environment)
        start_sinks(stack, profile, private)
        return profile, environ, None
    load_profile(options.profile, {**STAND_IN, **environ}, environment=options.environment)  # wrong before it is slow
    mails = stack.enter_context(MailSink(private / "mail", "127.0.0.1", 0))
    tracker = stack.enter_context(TrackerSink(private / "tracker", "127.0.0.1", 0))
    embedded = stack.enter_context(
        reference_service(private, mail_port=mails.port, dsn=tracker.dsn, faults=options.faults, port=options.port)
    )
    environ |= embedded.environ
    profile = load_profile(
        options.profile,
        environ,
        base_url=embedded.base_url,
        environment=options.environment,
        ca_file=embedded.ca_file,
    )
    return profile, environ, embedded


def start_sinks(stack: ExitStack, profile: Profile, private: Path) -> None:
    """Listen for mail and tracked errors where the profile says that the target sends them."""
    start_mail_sink(stack, profile, private)
    if profile.tracker and profile.tracker.source == "envelope-sink":
        host, _, port = profile.tracker.listen.rpartition(":")
        stack.enter_context(TrackerSink(private / "tracker", host.strip("[]"), int(port)))


def start_mail_sink(stack: ExitStack, profile: Profile, private: Path) -> None:
    """Listen for mail where the profile says that the target sends it."""
    if profile.mail and profile.mail.source == "smtp-sink":
        host, _, port = profile.mail.listen.rpartition(":")
        stack.enter_context(MailSink(private / "mail", host.strip("[]"), int(port)))


def new_run(
    run_id: str,
    options: Options,
    profile: Profile,
    private: Path,
    environ: dict[str, str],
    embedded: Embedded | None,
) -> Run:
    """Make the run's folder and its parent's journal."""
    folder = options.runs / run_id
    folder.mkdir(parents=True)
    write_policy(folder, policy_of(profile, strict=options.strict))
    (folder / "evidence").mkdir()
    canary = f"canary{secrets.token_hex(12)}"
    vault = Vault()
    vault.add(canary, "GONOGO_CANARY")
    vault.add_named(profile.secrets)
    ours = {
        "GONOGO_RUN": str(folder.resolve()),
        "GONOGO_PROFILE": str(profile.path),
        "GONOGO_BASE_URL": profile.origins.api,
        "GONOGO_ENVIRONMENT": profile.environment,
        "GONOGO_PRIVATE": str(private),
        "GONOGO_CANARY": canary,
        "GONOGO_CA_FILE": str(profile.tls.ca_file or ""),
        "GONOGO_EMBEDDED": "1" if embedded else "",
        "GONOGO_LOAD": options.load.name,
        "GONOGO_CONTRACTS": options.contracts.as_text(),
    }
    return Run(
        id=run_id,
        folder=folder,
        options=options,
        profile=profile,
        recorder=Recorder(Journal(folder / "evidence" / "gate.jsonl", vault.redact), "gate", profile),
        canary=canary,
        private=private,
        environ={**environ, **ours},
        vault=vault,
    )


def write_policy(folder: Path, policy: Policy) -> None:
    """Write what the run is judged under, whole and before any evidence: a killed run can be judged too."""
    aside = folder / f".{POLICY}"
    aside.write_text(policy.model_dump_json(indent=2), encoding="utf-8")
    aside.replace(folder / POLICY)


def write_plan(run: Run, catalogue: Mapping[str, Check[Any, Any]], embedded: Embedded | None) -> None:
    """Write what must be looked at, before anything is."""
    facts = ["clock", "control-probe", REDACTION, *(f"suite:{suite}" for suite in run.options.suites)]
    if run.options.expect_build:
        facts.append("build")
    if run.profile.build:
        facts.append("build-stable")
    if LOAD in run.options.suites:
        facts += LOAD_FACTS
    if CONTRACTS in run.options.suites:
        facts += CONTRACT_FACTS
    journal = Journal(run.folder / "evidence" / "plan.jsonl")
    journal.write(
        RunStarted(
            run_id=run.id,
            gonogo=__version__,
            target=run.profile.name,
            base_url=run.profile.origins.api,
            environment=run.profile.environment,
            profile=run.options.profile,
            suites=run.options.suites,
            suites_known=SUITES,
            expected_build=run.options.expect_build,
            embedded=embedded is not None,
            faults=run.options.faults,
            started_at=time.time(),
            facts=tuple(facts),
            load=run.options.load.name if LOAD in run.options.suites else None,
            not_judged=not_judged(run),
        )
    )
    for planned in plan(catalogue, run.profile, run.options.suites):
        journal.write(planned)
    journal.close()


def not_judged(run: Run) -> tuple[str, ...]:
    """The promised bounds that the load of this run is too short to decide."""
    promised = [name for name, bound in run.profile.slo.model_dump().items() if bound is not None]
    judges = run.options.load.judges
    return tuple(name for name in promised if LOAD in run.options.suites and judges and name not in judges)


def check_policy(profile: Profile, catalogue: Mapping[str, Check[Any, Any]]) -> None:
    """Raise UsageError when the policy names a check that there is not, or plays down one that always decides."""
    slos = {f"slo.{name}" for name in type(profile.slo).model_fields}
    for key, names, known in (
        ("shadow", profile.policy.shadow, {*catalogue, *slos}),
        ("severity", profile.policy.severity, set(catalogue)),
    ):
        for name in names:
            where = f"{profile.path.name}: policy.{key} names"
            if name not in known:
                raise UsageError(one_line(f"{where} '{name}', which no check is called{nearest(name, known)}"))
            if name in catalogue and catalogue[name].severity is Severity.BLOCKER:
                raise UsageError(f"{where} {name}, which is a blocker: its severity stays, and it always decides")
    refuse_what_nobody_may_waive(profile.path, profile.policy, catalogue)


def point_latest(run: Run) -> None:
    """Let `runs/latest` name this run."""
    link = run.options.runs / f".latest-{run.id}"
    link.symlink_to(run.id, target_is_directory=True)
    link.replace(run.options.runs / "latest")


def policy_of(profile: Profile, *, strict: bool) -> Policy:
    """A profile's policy, with its SLOs and what the command line adds."""
    policy = profile.policy
    return policy.model_copy(update={"strict": strict or policy.strict, "slos": profile.slo})
