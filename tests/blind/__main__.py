"""
`python -m tests.blind [FAULT …]`: the smoke suite against the service of another dialect, sound and with each fault.

A fault is caught by a check that names the defect, caught under another name, or missed. What the sound service and
its harmless variants are blamed for is a false alarm. 0 when all is as `named.py` says.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tests.blind.faults import FAULTS, VARIANTS
from tests.blind.named import NAMED
from tests.gate.gates import gate_in
from tests.gate.targets import free_port, service

HERE = Path(__file__).parent
SECRETS = {
    "BLIND_WEBHOOK_SECRET": "whsec_YmxpbmQtc2VjcmV0LW9m",
    "BLIND_OPERATOR_TOKEN": "operator-0123456789abcdef",
}
SOUND = "sound"
AT_ONCE = 2


@dataclass(frozen=True, kw_only=True)
class Met:
    """What one run of the gate said."""

    name: str
    verdict: str
    failed: frozenset[str]
    seconds: float

    @property
    def word(self) -> str:
        """How it is to be called."""
        if self.name not in FAULTS:
            return "false alarm" if self.failed else "quiet"
        if not self.failed:
            return "missed"
        return "caught" if self.failed & NAMED.get(self.name, frozenset()) else "misleading"

    @property
    def good(self) -> bool:
        """Whether it is as it should be."""
        if self.name in FAULTS:
            return self.word == "caught" or self.name not in NAMED
        return self.word == "quiet" and self.verdict == "GO"

    def line(self) -> str:
        """One line about it."""
        checks = ", ".join(sorted(self.failed)) or "-"
        return f"{self.word:11} {self.name:28} {self.verdict:12} {self.seconds:5.1f} s  {checks}"


def meet(name: str, runs: Path) -> Met:
    """Run the gate against the service with a fault, a variant, or neither."""
    folder = runs / name
    folder.mkdir()
    command = ["-m", "tests.blind.service", *(("--fault", name) if name != SOUND else ())]
    began = time.monotonic()
    with service(command, free_port(), folder / "service.log", SECRETS) as target, gate_in(folder, SECRETS) as gate:
        ran = gate("--profile", str(HERE / "blind.yaml"), "--base-url", target.url)
    verdict = ran.verdict["verdict"] if ran.code != 2 else ran.summary
    return Met(name=name, verdict=verdict, failed=frozenset(ran.failed), seconds=time.monotonic() - began)


def main(words: list[str]) -> int:
    """Meet what was named, or all of it."""
    parser = argparse.ArgumentParser("blind", description=__doc__, allow_abbrev=False)
    parser.add_argument("name", nargs="*", help="only these faults or variants, or `sound`")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"how many runs at once (default {AT_ONCE})")
    arguments = parser.parse_args(words)
    everything = [SOUND, *VARIANTS, *FAULTS]
    chosen = arguments.name or everything
    if set(chosen) - set(everything):
        parser.exit(2, f"blind: there is no {', '.join(sorted(set(chosen) - set(everything)))}\n")
    console = Console(highlight=False, soft_wrap=True)
    met: list[Met] = []
    with tempfile.TemporaryDirectory(prefix="gonogo-blind-") as runs, ThreadPoolExecutor(arguments.at_once) as pool:
        for one in pool.map(lambda name: meet(name, Path(runs)), chosen):
            met.append(one)
            console.print(one.line())
    seeded = [one for one in met if one.name in FAULTS]
    counted = {word: sum(one.word == word for one in seeded) for word in ("caught", "misleading", "missed")}
    alarms = sum(one.word == "false alarm" for one in met)
    console.print(
        f"\n{len(seeded)} faults: {', '.join(f'{n} {word}' for word, n in counted.items())}; {alarms} false alarms"
    )
    return 0 if all(one.good for one in met) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
