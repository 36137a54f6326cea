"""Ten thousand streams of which every tenth is broken: each must be told by its name, and no whole one be blamed."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gevent

from gonogo.embedded import ROOT
from load.client import Client, Place
from load.dialected import Dialected
from load.stream import Reading
from tests.load.truth import DIALECT, FAULTS

if TYPE_CHECKING:
    from rich.console import Console

    from load.broken import Broken

STREAMS, PEOPLE, BROKEN_OF = 10_000, 100, 10
SILENT_S = 3.0
"""How long a stream may stand still: on a busy machine no whole one does for as long."""
DIALECTED = Dialected(DIALECT)


@dataclass
class Battery:
    """What was sent and what was seen of it."""

    port: int
    streams: int
    sent: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)

    def person(self, number: int) -> None:
        """Have answers streamed, one after the other."""
        chance = random.Random(number)  # noqa: S311  no secret is made of it
        client = Client(Place("127.0.0.1", self.port, "127.0.0.1", None, None), idle_s=SILENT_S)
        for _ in range(self.streams // PEOPLE):
            fault = chance.choice(FAULTS) if chance.randrange(BROKEN_OF) == 0 else None
            query = f"tokens={chance.randint(5, 12)}&gap_ms={chance.randint(0, 3)}&fault={fault or ''}"
            reading = Reading(DIALECTED)
            answer = client.send(f"GET /stream?{query} HTTP/1.1\r\nHost: t\r\n\r\n".encode(), reading)
            self.count(fault, reading.judge(answer))
        client.close()

    def count(self, fault: Broken | None, seen: Broken | None) -> None:
        """Compare one."""
        self.sent[str(fault or "whole")] += 1
        if seen is not fault:
            (self.missed if fault else self.false)[f"{fault or 'whole'} seen as {seen or 'whole'}"] += 1


def battery(console: Console, streams: int = STREAMS) -> int:
    """Send all of them to the truth server; 0 when none was missed and none was blamed."""
    words = [sys.executable, "-m", "tests.load.truth"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as truth:
        assert truth.stdout
        found = Battery(port=int(truth.stdout.readline()), streams=streams)
        gevent.joinall([gevent.spawn(found.person, number) for number in range(PEOPLE)], raise_error=True)
        truth.terminate()
    whole = found.sent.pop("whole")
    broken, kinds = found.sent.total(), len(found.sent)
    missed, false = found.missed.total(), found.false.total()
    console.print(f"{whole + broken} streams, {broken} of them broken in {kinds} ways: {missed} missed, {false} false")
    for what, times in (found.missed + found.false).items():
        console.print(f"  {times} x {what}")
    return int(missed + false > 0 or kinds < len(FAULTS))
