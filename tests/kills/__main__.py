"""
`python -m tests.kills [COUNT]`: the gate is ended at so many random moments; nothing of that may read as a GO.

Each gate verifies a whole reference service, and is ended in a random way at a random moment of its run,
three in ten of them after its suite has ended, where it judges and publishes. Then `judge` and `explain`
must read what it left, neither may say GO, no process and no listener may be left, and `cleanup` must remove
every account. A gate that had published its verdict before it was ended came to its own end: it does not count,
and another takes its place.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.gate.gates import gate_in
from tests.gate.long_runs import SHARED, reference_service
from tests.kills.killing import STAGES, Ended, Place, Plan, accounts_in, end_one, plans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COUNT, LANES = 200, 4
LANES_OF_ONE_SERVICE = 2


@contextmanager
def lanes(folder: Path, count: int) -> Iterator[list[Place]]:
    """So many targets to verify beside each other, two on each reference service."""
    with ExitStack() as stack:
        places: list[Place] = []
        for number in range(0, count, LANES_OF_ONE_SERVICE):
            home = folder / f"service-{number}"
            home.mkdir()
            service = stack.enter_context(reference_service(home))
            for index in range(min(LANES_OF_ONE_SERVICE, count - number)):
                profile = service.profile(folder / f"lane-{number + index}.yaml", index)
                options = ("--profile", str(profile), "--base-url", service.service.url)
                places.append(Place(options=options, environ=SHARED, listens_on=service.listen[index]))
        yield places


def whole_run(place: Place, folder: Path) -> float:
    """Let one gate come to its end, which must be a GO; how long that took."""
    began = time.monotonic()
    with gate_in(folder / "runs", place.environ) as gate:
        ran = gate(*place.options)
    if ran.code != 0:
        raise SystemExit(f"kills: a gate that nobody ended is no GO: {ran.summary}")
    return time.monotonic() - began


class Killing:
    """Takes one plan after another until enough gates were ended in time."""

    def __init__(self, count: int, length_s: float, seed: int, folder: Path) -> None:
        self.count = count
        self.todo: Iterator[Plan] = plans(length_s, seed)
        self.folder = folder
        self.lock = threading.Lock()
        self.ended: list[Ended] = []

    def next_plan(self) -> Plan | None:
        """The next plan, None when enough were ended in time."""
        with self.lock:
            return next(self.todo) if sum(not one.too_late for one in self.ended) < self.count else None

    def work(self, place: Place) -> None:
        """End one gate after another against one place."""
        while (plan := self.next_plan()) is not None:
            folder = self.folder / f"{plan.number:04d}"
            one = end_one(plan, place, folder)
            with self.lock:
                self.ended.append(one)
                sys.stdout.write(f"{line(one)}\n")
                sys.stdout.flush()
            if not one.wrong:
                shutil.rmtree(folder)


def line(one: Ended) -> str:
    """One line about one ended gate."""
    moment = f"{one.plan.after_s:5.2f} s after {'its suite' if one.plan.at_the_end else 'its start'}"
    end = "; ".join(one.wrong) or ("too late: it had published its verdict" if one.too_late else "")
    return f"{one.plan.number:4} {one.plan.how:8} {moment}  {one.stage:16} {one.verdict:12} {end}".rstrip()


def table(ended: Sequence[Ended]) -> str:
    """How many gates were ended at each stage and in each way, and what their runs were judged to be."""
    inside = [one for one in ended if not one.too_late]
    ways, words = sorted({one.plan.how for one in inside}), sorted({one.verdict for one in inside})
    rows = [f"{'ended while':17}{''.join(f'{word:>14}' for word in (*ways, *words, 'wrong'))}"]
    for stage in STAGES:
        here = [one for one in inside if one.stage == stage]
        counts = Counter(word for one in here for word in (one.plan.how, one.verdict))
        cells = [*(counts[word] for word in (*ways, *words)), sum(bool(one.wrong) for one in here)]
        rows.append(f"{stage:17}{''.join(f'{cell:>14}' for cell in cells)}")
    return "\n".join(rows)


def main(words: list[str]) -> int:
    """End gates; 0 when nothing was wrong with any of them."""
    parser = argparse.ArgumentParser("kills", description="End the gate at random moments, and look at what it left.")
    parser.add_argument("count", nargs="?", type=int, default=COUNT, help=f"how many (default {COUNT})")
    parser.add_argument("--at-once", type=int, default=LANES, help=f"how many gates at once (default {LANES})")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="of the moments")
    arguments = parser.parse_args(words)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it, and gates inherit that
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="gonogo-kills-") as home:
        folder = Path(home)
        with lanes(folder, min(arguments.at_once, arguments.count)) as places:
            length_s = whole_run(places[0], folder / "whole")
            sys.stdout.write(f"a run that nobody ends is a GO and takes {length_s:.1f} s; seed {arguments.seed}\n")
            killing = Killing(arguments.count, length_s, arguments.seed, folder)
            with ThreadPoolExecutor(len(places)) as pool:
                for done in [pool.submit(killing.work, place) for place in places]:
                    done.result()
        left = sum(accounts_in(path) for path in folder.glob("service-*/chat.db"))
    return conclusion(killing.ended, left)


def conclusion(ended: Sequence[Ended], accounts: int) -> int:
    """Print the table and the sums; 0 when nothing is wrong."""
    inside = [one for one in ended if not one.too_late]
    go = sum(one.verdict == "GO" for one in inside)
    wrong = [one for one in ended if one.wrong]
    sys.stdout.write(
        f"\n{table(ended)}\n\n{len(inside)} gates ended at random moments, {go} of their runs a GO, "
        f"{len(wrong)} with something wrong, {accounts} accounts left on the targets; "
        f"{len(ended) - len(inside)} more came to their own end before\n"
    )
    return 1 if wrong or go or accounts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
