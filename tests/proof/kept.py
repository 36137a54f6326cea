"""What was proven is kept line by line, so that a long proof goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gonogo.embedded import ROOT
from gonogo.published import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROVEN = ("gonogo", "checks", "smoke", "load", "contracts", "reports", "target_app", "profiles", "conftest.py")


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What a run said of a fault; `fault` is None for a clean run."""

    fault: str | None
    detected_by: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    trouble: str = ""
    verdict: Decision | None = None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether exactly the named checks failed, and the verdict follows from their severity."""
        return not (self.missed or self.alarms or self.trouble)


def state_of_the_code() -> str:
    """A name for what is proven: any change to it makes another."""
    digest = hashlib.sha256()
    for place in PROVEN:
        files = [ROOT / place] if (ROOT / place).is_file() else sorted((ROOT / place).rglob("*.[py][ya]*"))
        for file in files:
            if file.suffix in {".py", ".yaml"}:
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def keep(file: Path | None, state: str, one: Proven) -> None:
    """Add a line."""
    if file:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"state": state, **asdict(one)}) + "\n")


def kept(file: Path | None, state: str) -> Iterator[Proven]:
    """Every line that speaks of this state of the code; a line that was cut does not count."""
    if file is None or not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if record.pop("state") == state:
            verdict = record.pop("verdict")
            record |= {name: tuple(record[name]) for name in ("detected_by", "missed", "alarms")}
            yield Proven(verdict=Decision(verdict) if verdict else None, **record)
