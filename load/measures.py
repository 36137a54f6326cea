"""
What one process has measured: durations in histograms, everything else in counts.

Snapshots are cumulative and numbered, so that one which is lost, late or doubled changes nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from load.histogram import Histogram, merged, packed, unpacked

if TYPE_CHECKING:
    from load.broken import Broken
    from load.client import Answer
    from load.stream import Reading

TTFT = "ttft"
HTTP = "http"
ARRIVING = "arriving"


class Measures:
    """Everything that is counted in one process."""

    def __init__(self) -> None:
        self.histograms: dict[str, Histogram] = {}
        self.counts: Counter[str] = Counter()
        self.seq = 0
        self.final = False

    def time(self, name: str, ns: int) -> None:
        """Count a duration."""
        one = self.histograms.get(name)
        if one is None:
            one = self.histograms[name] = Histogram()
        one.record(ns)

    def chat(self, intended_ns: int, answer: Answer, reading: Reading, broken: Broken | None) -> None:
        """Count a chat. One that is broken has its times too, as far as it came."""
        counts, time = self.counts, self.time
        counts["chats"] += 1
        counts["tokens"] += reading.tokens
        counts["together"] += reading.together
        counts["kernel" if answer.by_kernel else "clock"] += 1
        if broken:
            counts[f"broken:{broken}"] += 1
        if answer.headers_ns:
            time("headers", answer.headers_ns - answer.sent_ns)
        if reading.first_event_ns:
            time("first_event", reading.first_event_ns - answer.sent_ns)
        if reading.first_token_ns:
            time(TTFT, reading.first_token_ns - intended_ns)
            time("ttft_sent", reading.first_token_ns - answer.sent_ns)
        if reading.gaps:
            self.histograms.setdefault("itl", Histogram()).record_all(reading.gaps)
            time("longest_gap", max(reading.gaps))
        if not broken and not answer.left:
            time("total", answer.ended_ns - answer.sent_ns)

    def call(
        self, operation: str, intended_ns: int, answer: Answer, broken: Broken | None, *, judged: bool = True
    ) -> None:
        """Count a plain call; a failed one has its time too: a time-out is not fast. Arriving is not judged."""
        self.counts["calls"] += 1
        if broken:
            self.counts[f"failed:{operation}:{broken}"] += 1
            self.counts["calls_failed"] += 1
        self.time(HTTP if judged else ARRIVING, answer.ended_ns - intended_ns)
        self.time("http_sent", answer.ended_ns - (answer.sent_ns or answer.began_ns))
        self.time(f"http:{operation}", answer.ended_ns - (answer.sent_ns or answer.began_ns))

    def snapshot(self) -> dict[str, Any]:
        """Everything so far, for a message."""
        self.seq += 1
        return {
            "seq": self.seq,
            "final": self.final,
            "histograms": packed(self.histograms),
            "counts": json.dumps(self.counts),
        }


class Whole:
    """What all processes have measured together."""

    def __init__(self) -> None:
        self.parts: dict[str, tuple[int, bool, dict[str, Histogram], Counter[str]]] = {}

    def take(self, who: str, snapshot: dict[str, Any]) -> None:
        """Take over a process's latest snapshot; an older one than is known already says nothing new."""
        known = self.parts.get(who)
        if known and known[0] >= snapshot["seq"]:
            return
        histograms = unpacked(snapshot["histograms"])
        self.parts[who] = (snapshot["seq"], snapshot["final"], histograms, Counter(json.loads(snapshot["counts"])))

    def unfinished(self) -> list[str]:
        """Who has not sent a last snapshot."""
        return sorted(who for who, (_, final, _, _) in self.parts.items() if not final)

    def histograms(self) -> dict[str, Histogram]:
        """All histograms added up."""
        return merged(histograms for _, _, histograms, _ in self.parts.values())

    def counts(self) -> Counter[str]:
        """All counts added up."""
        return sum((counts for _, _, _, counts in self.parts.values()), Counter())

    def adds_up(self) -> bool:
        """Whether every chat and every call has as many samples as were counted, in the sum of all processes."""
        counts, histograms = self.counts(), self.histograms()
        calls = sum(histograms[name].n for name in (HTTP, ARRIVING) if name in histograms)
        tokens = sum(histograms[name].n for name in ("itl", TTFT) if name in histograms)
        return calls == counts["calls"] and tokens == counts["tokens"] - counts["together"]
