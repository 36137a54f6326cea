"""The gate, up to the decision: look before, let the suites work, look after."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from gonogo.check import CATALOGUE
from gonogo.driver import Driver
from gonogo.exchange import Request
from gonogo.operation import Credentials, build, read_source
from gonogo.suite_process import run_suite

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.profile import Profile
    from gonogo.run import Run

PROBES = ("health_live", "health", "health_ready")
IN_A_ROW = 10
CLOCK_TOLERANCE_S = 3.0


def verify(run: Run) -> None:
    """Everything between the plan and the decision; what cannot be reached stays not-run."""
    try:
        if look_before(run):
            for suite in run.options.suites:
                run_suite(run, suite)
                if run.interrupted:
                    break
    except KeyboardInterrupt:
        run.interrupted = True
    if run.interrupted:
        run.fact("interrupted", "unknown", "the run was interrupted")
    look_after(run)


def look_before(run: Run) -> bool:
    """Look whether the target is there, our clocks agree and it is the right build; whether to go on."""
    exchange = probe(run)
    if exchange.status is None:
        unreachable(run, exchange)
        return False
    compare_clocks(run, exchange)
    run.build = read_build(run)
    goes_on = wait_for_build(run) if run.options.expect_build else True
    if run.build:
        run.fact("build-id", "ok", run.build)
    return goes_on


def probe(run: Run) -> Exchange:
    """Ask the target for a sign of life, from a fresh connection."""
    return asyncio.run(send_once(run, probe_request(run.profile)))


def probe_request(profile: Profile) -> Request:
    """The most harmless request that the profile knows."""
    for name in PROBES:
        if name in profile.operations:
            return build(profile, name, {}, credentials=Credentials())
    return Request(operation="health", method="GET", url=f"{profile.origins.api}/")


async def send_once(run: Run, request: Request) -> Exchange:
    """Send one request over a connection of its own."""
    driver = Driver(run.profile, run.id)
    try:
        return await driver.send(request, run.recorder.next_id(), "nobody")
    finally:
        await driver.close()


def unreachable(run: Run, exchange: Exchange) -> None:
    """
    Write down that there was no answer at all, as the target's fault or as unknown.

    A refused connection and a bad certificate are the target's. A name that does not resolve or a
    time-out is the target's only when the profile's control URL answers.
    """
    origin = run.profile.origins.api
    if ours_to_doubt(exchange) and not control_answers(run):
        run.fact("reachable", "unknown", f"{origin} cannot be judged from here: {exchange.failure}")
        return
    exchange = replace(exchange, expected=(200,), failure=f"{origin} does not answer: {exchange.failure}")
    run.recorder.exchange(exchange, "monitoring", {})
    run.recorder.checked("monitoring", CATALOGUE["operation.health"](), exchange, exchange.trail)


def ours_to_doubt(exchange: Exchange) -> bool:
    """Whether the failure could as well be on our side of the network."""
    text = exchange.failure or ""
    return "resolved" in text or "in time" in text or "not over after" in text


def control_answers(run: Run) -> bool:
    """Whether the profile's control URL answers, so that our own network is fine."""
    if not run.profile.control_url:
        return False
    request = Request(operation="control", method="GET", url=run.profile.control_url)
    return asyncio.run(send_once(run, request)).status is not None


def compare_clocks(run: Run, exchange: Exchange) -> None:
    """Our clock must agree with the target's `Date` (RFC 9110, 6.6.1), or signatures and expiries mean nothing."""
    try:
        theirs = parsedate_to_datetime(exchange.headers.get("date")).timestamp()
    except (TypeError, ValueError):
        run.fact("clock", "unknown", "the target sends no Date that can be read")
        return
    apart = abs(theirs - exchange.started_at)
    state = "ok" if apart <= CLOCK_TOLERANCE_S else "unknown"
    run.fact("clock", state, f"our clock and the target's are {apart:.0f} s apart, {CLOCK_TOLERANCE_S:.0f} s allowed")


def read_build(run: Run) -> str | None:
    """The build that answers now, None where the profile does not say or the answer does not."""
    if run.profile.build is None:
        return None
    operation = run.profile.build.operation
    request = build(run.profile, operation, {}, credentials=Credentials())
    exchange = asyncio.run(send_once(run, request))
    return read_source(run.profile.build.source, exchange)


def wait_for_build(run: Run) -> bool:
    """
    Want ten answers in a row from the expected build, each over a fresh connection.

    A roll-out that is not finished in time is a wrong build, and a reason to hold, not to roll back.
    """
    wanted, row = run.options.expect_build, 0
    deadline = time.monotonic() + run.options.wait_for_build_s
    while row < IN_A_ROW:
        run.build = read_build(run)
        row = row + 1 if run.build == wanted else 0
        if row == 0 and time.monotonic() >= deadline:
            said = f"the build that answers is {run.build or 'not told'}, expected {wanted}"
            run.fact("build", "bad" if run.build else "unknown", said)
            return False
        if row == 0:
            time.sleep(0.5)
    run.fact("build", "ok", f"{IN_A_ROW} answers in a row from {wanted}")
    return True


def look_after(run: Run) -> None:
    """Look again: does the target still answer the harmless request, and is it the same build."""
    if not any(fact.name.startswith("suite:") for fact in run.facts):
        return
    exchange = probe(run)
    state = "ok" if exchange.status is not None else "unknown"
    run.fact("control-probe", state, f"after the suites, {exchange}")
    if run.profile.build is None:
        return
    after = read_build(run)
    same = run.build is not None and after == run.build
    state = "ok" if same else "bad" if after and run.build else "unknown"
    run.fact("build-stable", state, f"before: {run.build or 'not told'}, after: {after or 'not told'}")
