"""Says what is wrong with a profile, a target, or this machine: a sentence each, before a run fails for it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from typing import TYPE_CHECKING

from gonogo.check import CATALOGUE
from gonogo.driver import Driver
from gonogo.embedded import STAND_IN
from gonogo.gate import probe_request
from gonogo.operation import Credentials, build, read_source, variables_of
from gonogo.profile import load_profile
from gonogo.run import check_policy
from gonogo.sinks import listening_socket
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gonogo.exchange import Exchange, Request
    from gonogo.profile import Profile
    from gonogo.run import Options


def examine(options: Options, write: Callable[[str], object]) -> int:
    """Look at everything, say what is wrong; 0 when nothing is, 20 otherwise. A bad profile is a UsageError."""
    problems = list(machine())
    if options.embedded:
        problems += about_profile_of_reference(options)
    else:
        profile = load_profile(options.profile, os.environ, base_url=options.base_url, environment=options.environment)
        check_policy(profile, CATALOGUE)
        problems += [*listeners(profile), *asyncio.run(target(profile))]
    for problem in problems:
        write(f"✗ {problem}\n")
    write("nothing is wrong\n" if not problems else f"{len(problems)} problem(s)\n")
    return 20 if problems else 0


def about_profile_of_reference(options: Options) -> list[str]:
    """The embedded service brings its own secrets; the profile must be sound with any."""
    profile = load_profile(options.profile, {**STAND_IN, **os.environ}, environment=options.environment)
    check_policy(profile, CATALOGUE)
    return []


def machine() -> Iterator[str]:
    """What this machine lacks."""
    if shutil.which("curl") is None:
        yield "curl is not installed: findings cannot be replayed; install it (apt-get install curl)"
    if shutil.disk_usage(tempfile.gettempdir()).free < 200 * 1024 * 1024:
        yield f"less than 200 MB are free in {tempfile.gettempdir()}: evidence may not be written"


def listeners(profile: Profile) -> Iterator[str]:
    """Whether the sinks could listen where the profile says."""
    places = {
        "mail.listen": profile.mail.listen if profile.mail else None,
        "tracker.listen": profile.tracker.listen if profile.tracker else None,
    }
    for key, place in places.items():
        if place is None:
            continue
        host, _, port = place.rpartition(":")
        try:
            listening_socket(host.strip("[]"), int(port), key).close()
        except UsageError as error:
            yield f"{profile.path.name}: {error}"


async def target(profile: Profile) -> list[str]:
    """Whether the target answers, as what, and says which build it is."""
    exchange = await send(profile, probe_request(profile))
    if exchange.status is None:
        return [f"{profile.path.name}, origins.api: {profile.origins.api} does not answer: {exchange.failure}"]
    problems: list[str] = []
    for name, described in profile.operations.items():
        open_to_all = described.method == "GET" and described.credential == "none"
        if open_to_all and not variables_of(profile, name):
            answer = await send(profile, build(profile, name, {}, credentials=Credentials()))
            problems += about_answer(profile, name, answer)
    return problems


def about_answer(profile: Profile, name: str, answer: Exchange) -> Iterator[str]:
    """What is wrong with the answer of an operation that anybody may ask for."""
    described = profile.operations[name]
    if answer.status not in described.expect:
        expected = " or ".join(map(str, described.expect))
        got = answer.status or answer.failure
        yield f"{profile.path.name}, operations.{name}: {described.path} answered {got}, {expected} expected"
    if profile.build and profile.build.operation == name and not read_source(profile.build.source, answer):
        yield f"{profile.path.name}, build.source: {profile.build.source} is not in the answer of {name}"


async def send(profile: Profile, request: Request) -> Exchange:
    """Send one request over a connection of its own."""
    driver = Driver(profile, "doctor")
    try:
        return await driver.send(request, "doctor", "nobody")
    finally:
        await driver.close()
