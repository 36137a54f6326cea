"""
`python -m tests.third [FAULT …]`: the smoke suite against the service of keys and threads, sound and with each fault.

0 when the sound service is an unconditional GO, and each fault is told by every check that names it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from tests.gate.gates import gate_in
from tests.gate.targets import free_port, service
from tests.third.faults import FAULTS

HERE = Path(__file__).parent
ENVIRON = {
    "THIRD_KEY_1": "key-of-ada-0001",
    "THIRD_KEY_2": "key-of-ben-0002",
    "THIRD_WATCH": "watch-0123456789",
}
SOUND = "sound"
AT_ONCE = 2


def meet(name: str, runs: Path) -> tuple[bool, str]:
    """Run the gate against the service with a fault, or sound: whether all is as it should be, and a line about it."""
    folder = runs / name
    folder.mkdir()
    fault = FAULTS.get(name)
    environ = {**os.environ, **ENVIRON, "THIRD_FAULTS": name if fault else ""}
    with (
        service(["-m", "tests.third.service"], free_port(), folder / "service.log", environ) as target,
        gate_in(folder, ENVIRON) as gate,
    ):
        ran = gate("--profile", str(HERE / "third.yaml"), "--base-url", target.url)
    good = fault.named <= set(ran.failed) if fault else ran.code == 0
    return good, f"{'ok  ' if good else 'FAIL'} {name:18} exit {ran.code:2}  {', '.join(sorted(ran.failed)) or '-'}"


def main(words: list[str]) -> int:
    """Meet what was named, or all of it."""
    parser = argparse.ArgumentParser("third", description=__doc__, allow_abbrev=False)
    parser.add_argument("name", nargs="*", choices=[SOUND, *FAULTS, []], help="only these faults, or `sound`")
    chosen = parser.parse_args(words).name or [SOUND, *FAULTS]
    console = Console(highlight=False, soft_wrap=True)
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="gonogo-third-") as runs, ThreadPoolExecutor(AT_ONCE) as pool:
        for good, line in pool.map(lambda name: meet(name, Path(runs)), chosen):
            wrong += not good
            console.print(line)
    console.print(f"\n{len(chosen) - wrong} of {len(chosen)} as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
