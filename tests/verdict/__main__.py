"""
`python -m tests.verdict [--random N]`: every run of the compact space, and N large random ones, are decided.

Exactly one verdict each, and the one that a second reading of the rules comes to. Adding a failure or an error to
what was looked at, putting one in place of a pass, or taking away a pass, a journal, or a word about the run
itself never makes a GO of something else, and never drops a condition of a GO. Under no policy is a run a GO
whose blocker has not passed. What takes away a record that speaks against the target cannot be seen in the
records; the journal's closing hash sees it, and a journal that is not whole is never a GO.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from multiprocessing import get_context

from tests.verdict.random_cases import try_one
from tests.verdict.space import POLICIES, SIZE, points
from tests.verdict.walk import walk

RANDOM = 20_000
BATCH = 500
SHOWN = 5


def walk_one(number: int) -> tuple[int, list[str]]:
    """Walk the space under one policy."""
    return walk(POLICIES[number], points())


def try_batch(seed: int) -> tuple[int, list[str]]:
    """Harm some random runs, each told by its seed: how many were a GO, and what is wrong."""
    tried = [(one, *try_one(random.Random(one))) for one in range(seed, seed + BATCH)]  # noqa: S311  no secret is made of it
    return sum(go for _, go, _ in tried), [f"seed {one}: {wrong}" for one, _, wrong in tried if wrong]


def main(words: list[str]) -> int:
    """Decide them all; 0 when nothing is wrong."""
    parser = argparse.ArgumentParser("verdict", description="Decide a million runs, and hold every rule against them.")
    parser.add_argument("--random", type=int, default=RANDOM, help=f"how many random runs (default {RANDOM})")
    parser.add_argument("--seed", type=int, default=0, help="of the first random run")
    arguments = parser.parse_args(words)
    began = time.monotonic()
    with get_context("fork").Pool(os.cpu_count()) as pool:
        walked = pool.map(walk_one, range(len(POLICIES)), chunksize=1)
        seeds = range(arguments.seed, arguments.seed + arguments.random, BATCH)
        tried = pool.map(try_batch, seeds, chunksize=1)
    wrong = [text for _, some in (*walked, *tried) for text in some]
    sys.stdout.write(
        f"{SIZE:,} runs enumerated, {sum(compared for compared, _ in walked):,} comparisons with a worse run; "
        f"{len(seeds) * BATCH:,} large random runs harmed, {sum(go for go, _ in tried):,} of them a GO before; "
        f"{len(wrong)} wrong; {time.monotonic() - began:.0f} s\n"
    )
    sys.stdout.write("".join(f"{text}\n" for text in wrong[:SHOWN]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
