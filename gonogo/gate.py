"""The gate, up to the decision: look before, let the suites work, look after."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from gonogo.attest import look_at_attested
from gonogo.check import CATALOGUE
from gonogo.control import doubt, judged
from gonogo.driver import Driver
from gonogo.exchange import Headers, Request
from gonogo.lending import lend
from gonogo.operation import Credentials, build, read_source, variables_of
from gonogo.retry_after import moment
from gonogo.suite_process import run_suite

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.profile import Profile
    from gonogo.run import Run

PROBES = ("health_live", "health", "health_ready")
IN_A_ROW = 10
CLOCK_TOLERANCE_S = 2.0
SCENARIO = "monitoring"
REFUSALS = frozenset({401, 403, 429})
ANYTHING_SERVED = tuple(status for status in range(200, 500) if status != 429)  # noqa: PLR2004  any but a limit's
"""What a page that nobody has described may answer with."""


def verify(run: Run) -> None:
    """Everything between the plan and the decision; what cannot be reached stays not-run."""
    try:
        if look_before(run):
            look_at_attested(run)
            for suite in run.options.suites:
                (lend if run.options.lend else run_suite)(run, suite)
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
    """The most harmless request that the profile knows; without a health endpoint, whatever the API's root says."""
    for name in PROBES:
        if name in profile.operations and not variables_of(profile, name):
            return build(profile, name, {}, credentials=Credentials())
    headers = Headers(tuple(profile.access.headers.items()))
    return Request(operation="health", method="GET", url=f"{profile.origins.api}/", headers=headers)


async def send_once(run: Run, request: Request) -> Exchange:
    """Send one request over a connection of its own; the exchange knows what the profile promises of it."""
    driver = Driver(run.profile, run.id)
    try:
        exchange = await driver.send(request, run.recorder.next_id(), "nobody")
    finally:
        await driver.close()
    described = run.profile.operations.get(request.operation)
    return replace(exchange, expected=described.expect if described else ANYTHING_SERVED)


def unreachable(run: Run, exchange: Exchange) -> None:
    """
    Write down that there was no answer at all, as the target's fault or as unknown.

    A refused connection and a bad certificate are the target's; what may have happened on our side of the
    network is the target's only where `gonogo.control` says so.
    """
    origin = run.profile.origins.api
    if asyncio.run(judged(exchange, run.profile, run.id)):
        blame(run, replace(exchange, failure=f"{origin} does not answer: {exchange.failure}"))
    else:
        run.fact("reachable", "unknown", f"{origin}: {doubt(exchange, run.profile)}")


def blame(run: Run, exchange: Exchange) -> None:
    """Write down that the target's health fails."""
    secrets = {value: name for name, value in run.profile.secrets.items()}
    run.recorder.exchange(exchange, SCENARIO, secrets)
    run.recorder.checked(SCENARIO, CATALOGUE["operation.health"](), exchange, exchange.trail)


def compare_clocks(run: Run, exchange: Exchange) -> None:
    """Our clock must agree with the target's `Date` (RFC 9110, 6.6.1), or signatures and expiries mean nothing."""
    theirs = moment(exchange.headers.get("date"))
    if theirs is None:
        run.fact("clock", "unknown", "the target sends no Date that can be read")
        return
    apart = clocks_apart(theirs, exchange)
    state = "ok" if apart <= CLOCK_TOLERANCE_S else "unknown"
    run.fact("clock", state, f"our clock and the target's are {apart:.0f} s apart, {CLOCK_TOLERANCE_S:.0f} s allowed")


def clocks_apart(theirs: float, exchange: Exchange) -> float:
    """The least by which the clocks differ: a Date names a whole second, at some moment before its answer arrived."""
    arrived = exchange.started_at + (exchange.timing.headers or exchange.timing.total or 0.0)
    return max(theirs - arrived, exchange.started_at - (theirs + 1), 0.0)


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
    probe_again(run)
    if run.profile.build is None:
        return
    after = read_build(run)
    same = run.build is not None and after == run.build
    state = "ok" if same else "bad" if after and run.build else "unknown"
    run.fact("build-stable", state, f"before: {run.build or 'not told'}, after: {after or 'not told'}")


def probe_again(run: Run) -> None:
    """
    Write down whether the target still serves after all that was done to it.

    A refusal may be a ban that our own traffic has earned, so that nobody knows. Any other answer that is not
    the promised one, and none at all, is the target's.
    """
    exchange = probe(run)
    banned = exchange.status in REFUSALS
    theirs = not exchange.ok and not banned and asyncio.run(judged(exchange, run.profile, run.id))
    if theirs:
        blame(run, exchange)
    state = "ok" if exchange.ok else "bad" if theirs else "unknown"
    run.fact("control-probe", state, f"after the suites, {exchange}")
