"""What one policy lets pass that another did not. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.outcomes import SEVERITIES, severity_under

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.check import Severity
    from gonogo.policy import Policy, Slos

AT_MOST = ("ttft_p95_s", "http_p95_s", "error_rate")
GOODPUT_AT_MOST = ("ttft_s", "gap_s")


def weaker(before: Policy, after: Policy, own: Mapping[str, Severity]) -> tuple[str, ...]:
    """
    Say what became weaker, a sentence each; `own` are the severities of the catalogue.

    What became stricter is left out: it makes up for nothing.
    """
    return (*budgets(before, after), *checks(before, after, own), *promises(before.slos, after.slos))


def budgets(before: Policy, after: Policy) -> Iterator[str]:
    """What may fail more often, and whether conditions still end the pipeline."""
    for name in ("major_budget", "flaky_quota"):
        was, now = getattr(before, name), getattr(after, name)
        if now > was:
            yield f"{name} was {was}, is {now}"
    for name in sorted(set(before.requires) - set(after.requires)):
        yield f"{name} had to be attested, and need not be"
    if before.strict and not after.strict:
        yield "a conditional GO ended with exit code 12, and ends with 0"


def checks(before: Policy, after: Policy, own: Mapping[str, Severity]) -> Iterator[str]:
    """Checks that are on trial now, weigh less, or have a failure accepted."""
    for check in sorted(set(after.shadow) - set(before.shadow)):
        yield f"{check} decided, and is on trial"
    for check in sorted({*before.severity, *after.severity} & {*own}):
        was, now = (severity_under(policy, check, own[check]) for policy in (before, after))
        if SEVERITIES.index(now) > SEVERITIES.index(was):
            yield f"{check} was {was}, is {now}"
    for waiver in after.waivers:
        if waiver not in before.waivers:
            yield f"a failure of {waiver.check} is accepted: {waiver.ticket}, until {waiver.expires}"


def promises(before: Slos, after: Slos) -> Iterator[str]:
    """Promised numbers that are gone, or easier to keep."""
    for name in AT_MOST:
        yield from looser(name, getattr(before, name), getattr(after, name))
    yield from looser("complete", before.complete, after.complete, at_least=True)
    if before.goodput is None:
        return
    share = after.goodput.share if after.goodput else None
    yield from looser("goodput.share", before.goodput.share, share, at_least=True)
    for name in GOODPUT_AT_MOST if after.goodput else ():
        yield from looser(f"goodput.{name}", getattr(before.goodput, name), getattr(after.goodput, name))


def looser(name: str, was: float | None, now: float | None, *, at_least: bool = False) -> Iterator[str]:
    """One bound: a promise that is not made any more is the loosest."""
    if was is None or now == was:
        return
    if now is None:
        yield f"{name} was promised at {was:g}, and is not promised any more"
    elif (now < was) is at_least:
        yield f"{name} was promised at {was:g}, is promised at {now:g}"
