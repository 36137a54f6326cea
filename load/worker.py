"""A process that only generates load: it is told who its people are, and reports what they met."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonogo.profile import load_profile
from load.measures import Measures
from load.profiles import load_profile_named
from load.raw import Raw
from load.self_check import Watch
from load.session import Session
from load.stagehands import STAGE, Stagehands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from locust.env import Environment

    from gonogo.profile import Profile
    from load.profiles import LoadProfile

PEOPLE, MEASURED = "gonogo_people", "gonogo_measured"
HERE = "here"
WATCHES: list[Watch] = []
KEPT: list[tempfile.TemporaryDirectory[str]] = []


def message(
    profile: Profile, plan: LoadProfile, shared: Mapping[str, Any], people: Sequence[Session]
) -> dict[str, Any]:
    """What a worker must know; files go as text, because the worker may be on another machine."""
    ca_file = profile.tls.ca_file
    return {
        "profile": profile.path.read_text(encoding="utf-8"),
        "ca": Path(ca_file).read_text(encoding="utf-8") if ca_file else "",
        "secrets": dict(profile.secrets),
        "base_url": profile.origins.api,
        "environment": profile.environment,
        "plan": plan.name,
        "shared": dict(shared),
        "people": [one.__dict__ for one in people],
    }


def register(environment: Environment) -> None:
    """Listen to the head, and report to it."""
    runner: Any = environment.runner
    runner.register_message(PEOPLE, lambda environment, msg: be_told(environment, msg.data))
    environment.events.report_to_master.add_listener(report)
    environment.events.test_stopping.add_listener(lambda **_: close())
    environment.events.test_stop.add_listener(lambda **_: end())


def raw_of(environment: Environment) -> Raw | None:
    """Where this process writes its streams down, if it was asked to. Raises UsageError."""
    options: Any = environment.parsed_options
    return Raw(options.raw) if options.raw else None


def be_told(environment: Environment, data: dict[str, Any]) -> None:
    """Take over what the head says."""
    KEPT[:] = [tempfile.TemporaryDirectory(prefix="gonogo-worker-")]
    folder = Path(KEPT[0].name)
    (folder / "profile.yaml").write_text(data["profile"], encoding="utf-8")
    (folder / "ca.pem").write_text(data["ca"], encoding="utf-8")
    profile = load_profile(
        folder / "profile.yaml",
        {**os.environ, **data["secrets"]},
        base_url=data["base_url"],
        environment=data["environment"],
        ca_file=folder / "ca.pem" if data["ca"] else None,
    )
    people = [Session(**one) for one in data["people"]]
    plan = load_profile_named(data["plan"])
    STAGE[HERE] = Stagehands(profile=profile, plan=plan, people=people, raw=raw_of(environment), **data["shared"])


def begin() -> None:
    """Measure from now on."""
    if HERE in STAGE:
        STAGE[HERE].measures = Measures()
        WATCHES.append(Watch(STAGE[HERE].measures))


def close() -> None:
    """Let nobody begin anything any more."""
    if HERE in STAGE:
        STAGE[HERE].closing = True


def end() -> None:
    """Stop measuring: what is reported next is the last word."""
    while WATCHES:
        WATCHES.pop().stop()
    if HERE in STAGE:
        STAGE[HERE].measures.final = True
        keep_raw()


def keep_raw() -> None:
    """See that every stream is in the file."""
    raw = STAGE[HERE].raw if HERE in STAGE else None
    if raw:
        raw.close()


def report(client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG001  Locust passes it by name
    """Add what was measured so far to Locust's own report."""
    if HERE in STAGE:
        data[MEASURED] = STAGE[HERE].measures.snapshot()
