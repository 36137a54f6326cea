"""
Where the smoke suite's time goes, and what its steps cost beside the same steps written in plain httpx.

Both take the same steps as the same sort of member against the same service, in turns, and look at every answer. What
a bare script does not have is the difference: limits kept, evidence, a curl line without secrets for each request.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx
from rich.table import Table

import checks  # noqa: F401  the catalogue
from gonogo.embedded import ROOT
from gonogo.evidence import Attempt, Exchanged
from gonogo.journal import read_evidence
from gonogo.member import Member
from gonogo.replay import company
from gonogo.run import Options, surroundings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rich.console import Console

    from gonogo.people import Cast
    from gonogo.profile import Profile

TIMES = 5
STEPS = 7 * TIMES
"""Requests in one go: six plain ones and a stream, so many times over."""
WORDS = "one two three four"


def smoke_bench(console: Console, rounds: int) -> None:
    """Print where a gate's time goes, and both ways side by side."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "gonogo", "gate", "--suite", "smoke", "--runs", folder]
        subprocess.run(words, cwd=ROOT, capture_output=True, check=True, timeout=600)
        console.print(where_time_goes(Path(folder) / "latest"))
    with ExitStack() as stack:
        private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gonogo-")))
        profile, _, _ = surroundings(stack, Options(), private)
        console.print(asyncio.run(side_by_side(company(profile, private), rounds)))


def where_time_goes(run: Path) -> Table:
    """Seconds of each scenario: in all, while an answer was under way, and the rest, which is ours or a wait."""
    evidence = read_evidence(run)
    exchanges, parts = evidence.of(Exchanged), evidence.of(Attempt)
    shown = Table(title=f"where the time goes, load average {os.getloadavg()[0]:.1f}")
    for column in ("scenario", "parts", "requests", "s", "s under way", "s else"):
        shown.add_column(column, justify="left" if column == "scenario" else "right")
    counts = Counter(one.scenario for one in exchanges)
    for scenario in sorted({one.scenario for one in parts}):
        ours = [one for one in parts if one.scenario == scenario]
        theirs = [one for one in exchanges if one.scenario == scenario]
        spans = [(one.started_at, one.started_at + one.timing.get("total", 0.0)) for one in theirs]
        whole = sum(one.duration_s for one in ours)
        under_way = sum(covered(spans, one.started_at, one.started_at + one.duration_s) for one in ours)
        row = (len(ours), counts[scenario], f"{whole:.1f}", f"{under_way:.1f}", f"{whole - under_way:.1f}")
        shown.add_row(scenario, *map(str, row))
    return shown


def covered(spans: list[tuple[float, float]], start: float, end: float) -> float:
    """How much of the time from start to end some span covers."""
    seconds, reached = 0.0, start
    for first, last in sorted(spans):
        seconds += max(0.0, min(last, end) - max(first, reached))
        reached = max(reached, min(last, end))
    return seconds


async def side_by_side(cast: Cast, rounds: int) -> Table:
    """Take turns, each time as somebody new, for everybody has a limit; the medians of one step, and their ratio."""
    found: dict[str, list[tuple[float, float]]] = {"plain httpx": [], "gonogo": []}
    try:
        for number in range(rounds):
            for name, steps in (("plain httpx", plain_steps), ("gonogo", our_steps)):
                member = await Member(cast.person(f"{name[:5]}{number}"), cast, "chat").join()
                found[name].append(await taken(steps, member))
    finally:
        await cast.close()
    shown = Table(title=f"one of {STEPS} steps, {rounds} rounds, load average {os.getloadavg()[0]:.1f}")
    for column in ("", "ms", "ms of CPU"):
        shown.add_column(column, justify="right" if column else "left")
    medians = {name: [median(column) for column in zip(*rows, strict=True)] for name, rows in found.items()}
    for name, row in medians.items():
        shown.add_row(name, *(f"{1000 * value:.1f}" for value in row))
    pairs = zip(medians["gonogo"], medians["plain httpx"], strict=True)
    shown.add_row("ratio", *(f"{ours / plain:.2f}" for ours, plain in pairs))
    return shown


async def taken(steps: Callable[[Member], Awaitable[None]], member: Member) -> tuple[float, float]:
    """Seconds, and seconds of our own CPU, of one step."""
    began, cpu = time.perf_counter(), time.process_time()
    await steps(member)
    return (time.perf_counter() - began) / STEPS, (time.process_time() - cpu) / STEPS


async def our_steps(member: Member) -> None:
    """The steps as scenarios take them."""
    for _ in range(TIMES):
        conversation = await member.create_conversation("bench")
        await member.do("session")
        await member.do("list_conversations")
        answer = await member.send(conversation, WORDS)
        assert answer.events[-1].type == "end", answer
        await member.history(conversation)
        await member.do("plan")
        await member.do("delete_conversation", conversation_id=conversation)


async def plain_steps(member: Member) -> None:
    """The same in plain httpx, with an assertion for each answer."""
    profile: Profile = member.profile
    base = profile.origins.api
    cookie = member.person.store.header_for(base + "/")
    headers = {"cookie": cookie, "x-csrf-token": member.person.csrf or "", "origin": base}
    transport = httpx.AsyncHTTPTransport(verify=str(profile.tls.ca_file), local_address=member.person.address)
    async with httpx.AsyncClient(base_url=base, transport=transport, headers=headers, timeout=30.0) as client:

        async def answer(status: int, method: str, path: str, **words: Any) -> httpx.Response:  # noqa: ANN401  httpx's own
            response = await client.request(method, path, **words)
            assert response.status_code == status, response.text
            return response

        for _ in range(TIMES):
            made = await answer(201, "POST", "/conversations", json={"title": "bench"})
            path = f"/conversations/{made.json()['id']}"
            assert (await answer(200, "GET", "/auth/session")).json()["email"]
            assert isinstance((await answer(200, "GET", "/conversations")).json()["items"], list)
            async with client.stream("POST", f"{path}/messages", json={"content": WORDS}) as stream:
                assert stream.status_code == 200
                lines = [line async for line in stream.aiter_lines()]
            assert "event: end" in lines
            assert all(json.loads(line[6:]) for line in lines if line.startswith("data: "))
            assert (await answer(200, "GET", f"{path}/messages")).json()["items"]
            assert (await answer(200, "GET", "/billing/plan")).json()["plan"]
            await answer(204, "DELETE", path)
