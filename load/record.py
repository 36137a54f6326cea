"""Writes what was measured into the run's evidence, a few seconds at a time, so that a killed run keeps it."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import checks.load as load_checks
from gonogo.evidence import Attempt, Fact, Measured
from gonogo.journal import Journal
from gonogo.loaded import Loaded
from gonogo.recorder import Recorder
from gonogo.slos import HTTP_S, REQUEST_FAILED, STAGE, STREAM_BROKEN, STREAM_NOT_GOOD, TARGET_SIDE, TTFT_S
from load import self_check
from load.broken import SENTENCES, Broken
from load.histogram import Histogram
from load.measures import HTTP, TTFT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gonogo.profile import Profile
    from load.capacity import Counted, Step
    from load.measures import Whole
    from load.profiles import LoadProfile

SUITE = "load"
SCENARIO = "under-load"
CHATTING = "send_message"
KEPT = {
    "ttft": TTFT_S,
    "http": HTTP_S,
    "ttft_sent": "ttft_sent_s",
    "http_sent": "http_sent_s",
    "headers": "headers_s",
    "itl": "itl_s",
    "longest_gap": "longest_gap_s",
    "total": "stream_s",
}
"""What is kept in evidence, by the names that evidence has for it."""
DIGITS = 9


class Record:
    """The evidence of one load, as it is written."""

    def __init__(self, folder: Path, profile: Profile, plan: LoadProfile) -> None:
        """Open the suite's journal, which must not be there yet."""
        self.profile = profile
        self.plan = plan
        self.recorder = Recorder(Journal(folder / "evidence" / f"{SUITE}.jsonl"), SUITE, profile)
        self.written: dict[str, Histogram] = {}
        self.counted: Counter[str] = Counter()
        self.began = time.time()
        self.spent_by_others: frozenset[str] = frozenset()
        self.probes = 0
        self.probes_failed: list[str] = []

    def flush(self, histograms: Mapping[str, Histogram], counts: Counter[str]) -> None:
        """Write what came since the last time."""
        for ours, theirs in KEPT.items():
            if ours in histograms:
                self._measured(theirs, histograms[ours].since(self.written.get(ours, Histogram())))
                self.written[ours] = histograms[ours].copy()
        new = Counter(counts)
        new.subtract(self.counted)
        for share in self._shares(new):
            self._share(*share)
        self.counted = Counter(counts)

    def stage(self, number: int, step: Step, new: Counted) -> None:
        """Write what came in one of several stages, apart; its latencies only if the generator kept up."""
        for ours in () if step.slow else (TTFT, HTTP):
            if ours in new.histograms:
                self._measured(f"{STAGE}{number}:{KEPT[ours]}", new.histograms[ours])
        for name, wrong, whole in self._shares(new.counts):
            if not (step.slow and name == STREAM_NOT_GOOD):
                self._share(f"{STAGE}{number}:{name}", wrong, whole)
        self.found(f"load:{STAGE}{number}", f"stage {number}: {step}")

    def found(self, name: str, detail: str) -> None:
        """Write down something that was found out, and that decides nothing."""
        sys.stderr.write(f"  {detail}\n")
        self._fact(name, fine=True, detail=detail)

    def figures(self, operation: str, found: Mapping[str, float]) -> None:
        """Write what the target says of itself."""
        for name, value in found.items():
            self._write(f"{TARGET_SIDE}{operation}:{name}", (value,), ())

    def _share(self, name: str, wrong: int, whole: int) -> None:
        values = tuple(value for value, count in ((1.0, wrong), (0.0, whole - wrong)) if count > 0)
        self._write(name, values, tuple(count for count in (wrong, whole - wrong) if count > 0))

    def _shares(self, counted: Counter[str]) -> list[tuple[str, int, int]]:
        """What went wrong among how many: streams apart, and everything together."""
        new = Counter(counted)
        told_off = self.limited_elsewhere(new)
        broken = sum(count for name, count in new.items() if name.startswith("broken:")) - told_off["broken"]
        both = new["calls_failed"] - told_off["failed"] + broken
        new["chats"] -= told_off["broken"]
        new["calls"] -= told_off["failed"]
        good = [(STREAM_NOT_GOOD, new["not_good"], new["chats"])] if self.profile.slo.goodput else []
        return [
            *good,
            (STREAM_BROKEN, broken, new["chats"]),
            (REQUEST_FAILED, both, new["chats"] + new["calls"]),
        ]

    def limited_elsewhere(self, counts: Counter[str]) -> Counter[str]:
        """How many chats (`broken`) and calls (`failed`) were refused by a limit that others may have spent."""
        found = Counter({"broken": counts[f"broken:{Broken.LIMITED}"] if CHATTING in self.spent_by_others else 0})
        for name in self.spent_by_others:
            found["failed"] += counts[f"failed:{name}:{Broken.LIMITED}"]
        return found

    def _measured(self, name: str, new: Histogram) -> None:
        steps = list(new.steps())
        self._write(name, tuple(round(value, DIGITS) for value, _ in steps), tuple(count for _, count in steps))

    def _write(self, name: str, values: tuple[float, ...], counts: tuple[int, ...]) -> None:
        if values:
            one = Measured(
                suite=SUITE, scenario=SCENARIO, name=name, values=values, counts=counts, at=round(time.time(), 3)
            )
            self.recorder.write(one)

    def close(self, whole: Whole, judged: Counted, *, lost: list[str], interrupted: str = "") -> None:
        """Write the rest of what is judged, let the checks look, say how the generator did, and close the journal."""
        histograms, counts = judged.histograms, judged.counts
        self.flush(histograms, counts)
        loaded = self.loaded(counts)
        for check in (
            load_checks.answers_whole,
            load_checks.calls_answered,
            load_checks.limits_apart,
            load_checks.stays_up,
            load_checks.stays_signed_in,
        ):
            if all(self.profile.offers(need) for need in check.needs):
                self.recorder.checked(SCENARIO, check(), loaded, ())
        self._facts(whole, histograms, counts, lost)
        self.recorder.attempt(
            Attempt(
                suite=SUITE,
                scenario=SCENARIO,
                title=self.plan.title,
                part=self.plan.name,
                ended="crashed" if interrupted else "finished",
                reason=interrupted,
                started_at=self.began,
                duration_s=time.time() - self.began,
            )
        )
        self.recorder.journal.close()

    def _facts(self, whole: Whole, histograms: Mapping[str, Histogram], counts: Counter[str], lost: list[str]) -> None:
        slo = self.profile.slo
        promised = [bound for bound in (slo.ttft_p95_s, slo.http_p95_s) if bound is not None]
        slow = list(self_check.complaints(histograms, counts, min(promised, default=None)))
        judged = bool(promised) or counts["nobody_to_be"] > 0
        said = self_check.told(histograms, counts)
        self._fact("load:generator", not (slow and judged), f"{'; '.join(slow)}; {said}" if slow else said)
        lost = sorted({*lost, *whole.unfinished()})
        sent = whole.counts()
        detail = f"{sent['chats']} chats and {sent['calls']} calls of {len(whole.parts)} process(es)"
        if lost:
            detail = f"no last word from {', '.join(lost)}; {detail}"
        elif not whole.adds_up():
            detail = f"the samples do not add up to what was counted; {detail}"
        self._fact("load:merged", not lost and whole.adds_up(), detail)

    def _fact(self, name: str, fine: bool, detail: str) -> None:  # noqa: FBT001  a private line of one word
        self.recorder.write(Fact(name=name, state="ok" if fine else "unknown", detail=detail, at=time.time()))

    def loaded(self, counts: Counter[str]) -> Loaded:
        """What the checks look at."""
        slo = self.profile.slo
        return Loaded(
            chats=counts["chats"],
            calls=counts["calls"],
            broken={name.partition(":")[2]: count for name, count in counts.items() if name.startswith("broken:")},
            failed={name.partition(":")[2]: count for name, count in counts.items() if name.startswith("failed:")},
            sentences={str(kind): sentence for kind, sentence in SENTENCES.items()},
            complete=slo.complete,
            error_rate=slo.error_rate,
            limited_elsewhere=self.limited_elsewhere(counts).total(),
            probes=self.probes,
            probes_failed=tuple(self.probes_failed),
        )


def run_folder() -> str:
    """The folder of the run that this process belongs to."""
    return os.environ["GONOGO_RUN"]
