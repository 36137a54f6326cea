"""
Lends a run to a suite that somebody else has started: Locust, by hand.

Whoever starts `python -m gonogo gate --suite load --lend` reads one line of JSON with the run's environment, lets the
suite work, and writes `over` when it is. A standard input that ends without it is a suite that is gone.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gonogo.run import Run

TOLD = "told.jsonl"
OVER, INTERRUPTED = "over", "interrupted"
OURS = "GONOGO_"


def lend(run: Run, suite: str) -> None:
    """Lend the run to a suite until it is over, and write down how it ended."""
    shared = {**dict.fromkeys(run.profile.secrets, ""), **run.environ}
    environ = {name: value for name, value in shared.items() if name.startswith(OURS) or name in run.profile.secrets}
    sys.stdout.write(json.dumps(environ) + "\n")
    sys.stdout.flush()
    try:
        said = sys.stdin.readline().strip()
    except KeyboardInterrupt:
        said = INTERRUPTED
    run.interrupted = said == INTERRUPTED
    learn_told(run)
    known = said in {OVER, INTERRUPTED}
    run.fact(f"suite:{suite}", "ok" if known else "unknown", said if known else "it was gone before it was over")


def learn_told(run: Run) -> None:
    """Take over the secrets that the suite has left in the run's private folder."""
    path = run.private / TOLD
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            run.learn(*json.loads(line))
