"""
Facts from outside, such as that the build passed or that a backup was restored: attested with a file, for one build.

`gonogo attest ID --file F --build B` copies the file into `attested/` of the folder of runs, with its SHA-256, who
attested it, and until when it holds. A policy that `requires` a fact is met only by one for the build that answers,
which holds still, and whose file is as it was. The one that was attested last counts.
"""

from __future__ import annotations

import getpass
import hashlib
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gonogo.case import ATTESTED
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.run import Run

FOLDER = "attested"
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
LONGEST_S = 30 * 86400.0


class Attested(BaseModel):
    """One fact: what, of which build, with which file, by whom, and until when (seconds since the epoch)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=NAME)
    build: str = Field(min_length=1)
    by: str
    source: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    made_at: float
    expires_at: float

    def told(self) -> str:
        """The fact in a line."""
        return f"by {self.by} from {self.source} (SHA-256 {self.sha256[:16]}…), for build {self.build}"


def attest(runs: Path, name: str, file: Path, build: str, lasts_s: float) -> Attested:
    """Attest a fact. Raises UsageError for a name, a file, a build or a duration that makes no sense."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}; name a file that shows that {name} is so") from error
    if not content.strip():
        raise UsageError(f"{file}: it is empty, and shows nothing of {name}")
    if not 0 < lasts_s <= LONGEST_S:
        raise UsageError(f"--expires {lasts_s:g}s: a fact holds for 30 days at most")
    now = time.time()
    try:
        one = Attested(
            id=name,
            build=build,
            by=getpass.getuser(),
            source=file.name,
            sha256=hashlib.sha256(content).hexdigest(),
            made_at=now,
            expires_at=now + lasts_s,
        )
    except ValidationError as error:
        key = error.errors()[0]["loc"][0]
        raise UsageError(f"'{name}': the {key} must be small letters, digits and hyphens, and no part empty") from error
    folder = runs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.file").write_bytes(content)
    aside = folder / f".{name}"
    aside.write_text(one.model_dump_json(indent=2) + "\n", encoding="utf-8")
    aside.replace(folder / f"{name}.json")
    return one


def look_at_attested(run: Run) -> None:
    """Write down each fact that the run's policy requires, as far as it is attested for the build that answers."""
    for name in run.profile.policy.requires:
        state, detail = found(run.options.runs, name, run.build or run.options.expect_build, time.time())
        run.fact(f"{ATTESTED}{name}", state, detail)


def found(runs: Path, name: str, build: str | None, now: float) -> tuple[str, str]:
    """Whether a fact is attested, and what is told of it."""
    try:
        one = Attested.model_validate_json((runs / FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        content = (runs / FOLDER / f"{name}.file").read_bytes()
    except FileNotFoundError:
        why = "nobody has attested it"
    except (OSError, ValueError):
        why = "what was attested cannot be read"
    else:
        if not (why := unmet(one, content, build, now)):
            return "ok", f"{one.told()}, until {moment(one.expires_at)}"
    return "unknown", f"{why}: attest it with `python -m gonogo attest {name} --file FILE --build BUILD`"


def unmet(one: Attested, content: bytes, build: str | None, now: float) -> str:
    """Why a fact that was attested does not count, empty where it does."""
    if hashlib.sha256(content).hexdigest() != one.sha256:
        return "the file is not what was attested"
    if build is None:
        return f"{one.told()}, and nothing tells which build answers"
    if one.build != build:
        return f"{one.told()}, and {build} answers"
    return f"{one.told()}, which held until {moment(one.expires_at)}" if now >= one.expires_at else ""


def moment(seconds: float) -> str:
    """A moment, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M UTC}"
