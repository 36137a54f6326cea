"""Says what is wrong with a profile, a target, or this machine: a sentence each, before a run fails for it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from gonogo.budget import Budget
from gonogo.check import CATALOGUE
from gonogo.consultation import Consultation
from gonogo.driver import Driver
from gonogo.embedded import STAND_IN
from gonogo.gate import probe_request
from gonogo.journal import Journal
from gonogo.leftovers import remove
from gonogo.member import Member
from gonogo.people import Cast
from gonogo.private_file import hold, keep
from gonogo.profile import load_profile
from gonogo.profile_file import read_document
from gonogo.recorder import Recorder
from gonogo.redaction import Vault
from gonogo.run import check_policy, start_sinks
from gonogo.sinks import listening_socket
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gonogo.exchange import Exchange, Request
    from gonogo.profile import Profile
    from gonogo.run import Options

DOCTOR = "doctor"


def examine(options: Options, write: Callable[[str], object]) -> int:
    """Look at everything, say what is wrong; 0 when nothing is, 20 otherwise. A bad profile is a UsageError."""
    problems = list(machine())
    if options.embedded:
        problems += about_profile_of_reference(options)
    else:
        profile = load_profile(options.profile, os.environ, base_url=options.base_url, environment=options.environment)
        check_policy(profile, CATALOGUE)
        problems += about_target(profile)
    for problem in problems:
        write(f"✗ {problem}\n")
    write("nothing is wrong\n" if not problems else f"{len(problems)} problem(s)\n")
    return 20 if problems else 0


def about_profile_of_reference(options: Options) -> list[str]:
    """The embedded service brings its own secrets; the profile must be sound with any."""
    profile = load_profile(options.profile, {**STAND_IN, **os.environ}, environment=options.environment)
    check_policy(profile, CATALOGUE)
    return []


def about_target(profile: Profile) -> list[str]:
    """What is wrong between a target and its profile, seen with sinks that listen as in a run."""
    taken = list(listeners(profile))
    if taken:
        return taken
    with ExitStack() as stack:
        private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gonogo-")))
        start_sinks(stack, profile, private)
        return asyncio.run(target(profile, private))


def machine() -> Iterator[str]:
    """What this machine lacks."""
    if shutil.which("curl") is None:
        yield "curl is not installed: findings cannot be replayed; install it (apt-get install curl)"
    if shutil.disk_usage(tempfile.gettempdir()).free < 200 * 1024 * 1024:
        yield f"less than 200 MB are free in {tempfile.gettempdir()}: evidence may not be written"


def listeners(profile: Profile) -> Iterator[str]:
    """Whether the sinks could listen where the profile says."""
    places = {
        "mail.listen": profile.mail.listen if profile.mail and profile.mail.source == "smtp-sink" else None,
        "tracker.listen": (
            profile.tracker.listen if profile.tracker and profile.tracker.source == "envelope-sink" else None
        ),
    }
    for key, place in places.items():
        if place is None:
            continue
        host, _, port = place.rpartition(":")
        try:
            listening_socket(host.strip("[]"), int(port), key).close()
        except UsageError as error:
            yield f"{profile.path.name}: {error}"


async def target(profile: Profile, private: Path) -> list[str]:
    """What of the target does not fit the profile, a sentence each; what a member made is removed again."""
    document = read_document(profile.path, profile.path.name)
    probed = await send(profile, probe_request(profile))
    if probed.status is None:
        sentence = f"{profile.origins.api} does not answer: {probed.failure}; correct origins.api, or start the target"
        return [str(document.error(("origins", "api"), sentence))]
    cast = cast_for(profile, private)
    try:
        problems = await Consultation(Member(cast.person("alice"), cast, DOCTOR), document).everything()
        await remove(cast)
    finally:
        await cast.close()
        cast.recorder.journal.close()
    return problems


def cast_for(profile: Profile, private: Path) -> Cast:
    """People for one go; what is written down of them goes with the private folder."""
    vault, run_id = Vault(), f"doctor{time.time_ns()}"
    vault.add_named(profile.secrets)
    return Cast(
        profile=profile,
        recorder=Recorder(Journal(private / f"{run_id}.jsonl", vault.redact), DOCTOR, profile),
        vault=vault,
        budget=Budget(profile.promises.limits, unlimited=profile.promises.unlimited, say=say),
        run_id=run_id,
        canary="doctor",
        mail_folder=private / "mail",
        tracker_folder=private / "tracker",
        keep=lambda account: keep(run_id, profile, account),
        hold=lambda one: hold(run_id, profile, one),
        say=say,
    )


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"  {sentence}\n")


async def send(profile: Profile, request: Request) -> Exchange:
    """Send one request over a connection of its own."""
    driver = Driver(profile, DOCTOR)
    try:
        return await driver.send(request, DOCTOR, "nobody")
    finally:
        await driver.close()
