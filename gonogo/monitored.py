"""What those who watch over a target do: they probe it, scrape it, and provoke an error to see where it arrives."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from gonogo.exposition import total
from gonogo.operation import Credentials
from gonogo.probes import nowhere
from gonogo.remote_tracker import wait_for_remote_event
from gonogo.talking import cut_off
from gonogo.tracker import Provoked, wait_for_event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gonogo.exchange import Exchange, Refusal, Request
    from gonogo.member import Member
    from gonogo.people import Cast
    from gonogo.profile import Profile
    from gonogo.promises import RequestCounter
    from gonogo.sections import Tracker
    from gonogo.tracker import TrackerEvent

HEALTH = ("health", "health_live", "health_ready")
METRICS = ("metrics", "metrics_providers", "metrics_usage", "metrics_system")
PRIVATE = ("session", "settings", "list_conversations", "projects", "plan")
PROBES = 10
STRAYS = 20
MOST_SCRAPES = 40
FALLS_WITHIN_S, STEP_S = 5.0, 0.25
CONNECTIONS = 10
FEW_SCRAPES = 4
LEFT, LONG = 3, 80
"""How many answers are left, and of how many words; of so many some would show even if one ended meanwhile."""
ROUNDS, MOST_ROUNDS = 2, 8
LONGEST_PAUSE_S = 2.0
SHORTEST = 8
"""What is shorter may stand in a text by chance."""


def offered(member: Member, operations: tuple[str, ...]) -> list[str]:
    """Those of the operations that the target offers."""
    return [operation for operation in operations if operation in member.profile.operations]


async def probe(anybody: Member, times: int) -> list[Exchange]:
    """Ask each health endpoint so many times, one after the other."""
    return [await anybody.attempt(operation) for operation in offered(anybody, HEALTH) for _ in range(times)]


async def heads(anybody: Member) -> list[tuple[Exchange, Exchange]]:
    """Each health endpoint, asked with GET, and at once with HEAD."""
    return [
        (await anybody.attempt(name), await anybody.exchange(replace(anybody.request(name), method="HEAD")))
        for name in offered(anybody, HEALTH)
    ]


def alone(request: Request) -> Request:
    """The request on a connection of its own, so that whoever balances the load chooses anew."""
    return request.with_header("Connection", "close")


async def asked_anew(anybody: Member, operation: str) -> list[Exchange]:
    """Ask the same again and again, each time over a fresh connection."""
    return [await anybody.exchange(alone(anybody.request(operation))) for _ in range(CONNECTIONS)]


async def used_while_ready(member: Member) -> list[Exchange]:
    """Write something, read it back, and ask in the same second whether the target is ready."""
    used = [await member.attempt("create_conversation", title="ready")]
    conversation = used[0].captured.get("conversation_id")
    if conversation:
        used.append(await member.attempt("history", conversation_id=conversation))
    return [*used, await member.attempt("health_ready")]


def without_operator(request: Request, profile: Profile) -> Request:
    """The request without what makes it the operator's."""
    for name in profile.operator.headers if profile.operator else ():
        request = request.without_header(name)
    return request


def as_member(request: Request, member: Member) -> Request:
    """The request with all that tells who the member is; what it has already stays."""
    for name, value in identifying(member):
        request = request if name in request.headers else request.with_header(name, value)
    return request


def identifying(member: Member) -> list[tuple[str, str]]:
    """The header fields by which the target knows the member, also on a request that changes something."""
    changes = offered(member, ("create_conversation", "signout"))
    fields = member.request(changes[0], title="").headers if changes else ()
    return [(name, value) for name, value in fields if name.lower() != "content-type"]


async def refused_to(member: Member, asked: Callable[[Request], Request]) -> list[Refusal]:
    """Every metrics endpoint as asked for by somebody else, between the operator's own two."""
    valid = [member.request(operation) for operation in offered(member, METRICS)]
    return [await member.refused(request, asked(without_operator(request, member.profile))) for request in valid]


async def scrape_between(anybody: Member, counter: RequestCounter, times: int) -> list[Exchange]:
    """
    Scrapes, with so many requests between each and the next; the last of them stands for all.

    Two rounds, and more while others ask for the same, which shows in rises that are too high. Those come after pauses
    of any length: a second gate that began when we did would else be in our way each time.
    """
    found, rises = [await anybody.do("metrics")], list[float]()
    while len(rises) < ROUNDS or (min(rises) > times and len(rises) < MOST_ROUNDS):
        if len(rises) >= ROUNDS:
            await asyncio.sleep(random.SystemRandom().uniform(0.0, LONGEST_PAUSE_S))
            found[-1] = await anybody.do("metrics")
        for _ in range(times - 1):
            await anybody.do(counter.operation)
        found.append(anybody.answered(await anybody.exchange(anybody.request(counter.operation), repeat=times)))
        found.append(await anybody.do("metrics"))
        rises.append(total(found[-1].text, counter.series) - total(found[-3].text, counter.series))
    return found


async def errors_between(member: Member) -> list[Exchange]:
    """Two scrapes, and between them errors of each kind that can be had: unknown paths, a refusal, a crash."""
    first = await member.do("metrics")
    provoked = [await member.exchange(nowhere(member.profile)) for _ in range(3)]
    private = offered(member, PRIVATE)[:1]
    provoked += [await member.exchange(member.request(one, credentials=Credentials())) for one in private]
    if "trigger_error" in member.profile.operations:
        provoked.append(await member.attempt("trigger_error", correlation="counted"))
    return [first, *provoked, await member.do("metrics")]


async def strayed_between(member: Member) -> list[Exchange]:
    """Two scrapes, and between them many paths that nobody knows; one before has made what even one makes."""
    await member.exchange(nowhere(member.profile))
    first = await member.do("metrics")
    strays = [await member.exchange(nowhere(member.profile)) for _ in range(STRAYS)]
    return [first, *strays, await member.do("metrics")]


async def scraped_during(anybody: Member, stream: Awaitable[object], gauge: str) -> tuple[list[Exchange], int]:
    """Scrapes while something is streamed, and after it until the gauge has fallen; how many came after it."""
    streaming = asyncio.ensure_future(stream)
    during = [await anybody.do("metrics")]
    while not streaming.done() and len(during) < MOST_SCRAPES:
        during.append(await anybody.do("metrics"))
    await streaming
    highest, deadline = max(total(one.text, gauge) for one in during), time.monotonic() + FALLS_WITHIN_S
    after = [await anybody.do("metrics")]
    while total(after[-1].text, gauge) >= max(highest, 1) and time.monotonic() < deadline:
        await asyncio.sleep(STEP_S)
        after.append(await anybody.do("metrics"))
    return [*during, *after], len(after)


async def left_between(member: Member, anybody: Member, gauge: str, within_s: float) -> list[Exchange]:
    """
    Scrapes before some answers are left at their first words, and after; the last ones until the gauge has fallen.

    Others may be answered meanwhile: of several scrapes the lowest counts, and it is waited for.
    """
    before = [await anybody.do("metrics") for _ in range(FEW_SCRAPES)]
    lowest = min(total(one.text, gauge) for one in before)
    for _ in range(LEFT):
        asked = member.prompt("fixed_prompt", words=" ".join(secrets.token_hex(3) for _ in range(LONG)))
        await cut_off(member, await member.create_conversation("left"), asked, after=1)
    deadline = time.monotonic() + within_s + FALLS_WITHIN_S
    after = [await anybody.do("metrics")]
    while total(after[-1].text, gauge) > lowest and time.monotonic() < deadline:
        await asyncio.sleep(STEP_S)
        after.append(await anybody.do("metrics"))
    return [*before, *after]


def secrets_of(cast: Cast) -> dict[str, str]:
    """Whatever belongs to somebody of this run, with the name it is shown under."""
    known = {value: name for person in cast.persons.values() for value, name in person.shown_as.items()}
    return {value: name for value, name in (known | {cast.canary: "GONOGO_CANARY"}).items() if len(value) >= SHORTEST}


async def provoke(member: Member, reports: Tracker, correlation: str) -> Provoked:
    """Provoke an error with a member's session, address and secret on it, and wait for its report."""
    request = as_member(member.request("trigger_error", correlation=correlation), member)
    request = request.with_header("From", member.person.account.email).with_header("X-Note", member.cast.canary)
    sent = await member.exchange(request)

    def ours(event: TrackerEvent) -> bool:
        return correlation in event.text

    if reports.source == "sentry":
        event = await wait_for_remote_event(reports, ours, reports.wait_s)
    else:
        event = await wait_for_event(member.cast.tracker_folder, ours, reports.wait_s)
    return Provoked(sent=sent, correlation=correlation, waited_s=reports.wait_s, event=event)
