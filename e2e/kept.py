"""
Keeps what shows a failure: the trace of a part, and a film made of the trace's pictures.

A trace holds every header and every page, so whatever went over the wire as a credential is a secret in it.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imageio_ffmpeg import get_ffmpeg_exe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gonogo.redaction import Vault

CREDENTIAL = ("authorization", "cookie", "csrf", "token", "api-key")
SHORTEST_CREDENTIAL = 16
"""What is shorter says how somebody likes the pages, or is worth nothing."""
PICTURES = (".jpeg", ".jpg", ".png")
FILM_S = 60
SIZE = "1366:768"
LAST_S = 1.0
ENCODED = (
    *("-c:v", "libvpx", "-b:v", "800k", "-deadline", "realtime", "-cpu-used", "8"),
    *("-vf", f"scale={SIZE}:force_original_aspect_ratio=decrease,pad={SIZE}"),
)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A picture of a trace, and when it was taken."""

    name: str
    at_s: float


def redact_trace(raw: Path, kept: Path, vault: Vault) -> None:
    """Copy a trace without its secrets; those that it tells of itself are learnt first."""
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as target:
        names = source.namelist()
        for record in records(source, ".network"):
            for value in credentials(record):
                vault.add(value, "GONOGO_BROWSER_CREDENTIAL")
        for name in names:
            content = source.read(name)
            if not name.endswith(PICTURES):
                content = vault.redact(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
            target.writestr(name, content)


def records(trace: zipfile.ZipFile, ending: str) -> Iterator[dict[str, Any]]:
    """The records of a trace's journals of one kind."""
    for name in trace.namelist():
        if name.endswith(ending):
            yield from (json.loads(line) for line in trace.read(name).splitlines() if line.strip())


def credentials(record: dict[str, Any]) -> Iterator[str]:
    """The values that an exchange carries in fields that open something."""
    snapshot = record.get("snapshot", {})
    for side in ("request", "response"):
        for field in snapshot.get(side, {}).get("headers", []):
            name = field["name"].lower()
            if any(word in name for word in CREDENTIAL):
                values = cookies(field["value"], name) if "cookie" in name else [field["value"].rpartition(" ")[2]]
                yield from (value for value in values if len(value) >= SHORTEST_CREDENTIAL)


def cookies(value: str, name: str) -> Iterator[str]:
    """The values of cookies that are sent, or set: then what follows the first `;` says how."""
    for line in value.split("\n"):
        pairs = line.split(";")
        for pair in pairs[:1] if name == "set-cookie" else pairs:
            yield pair.partition("=")[2].strip().strip('"')


def film(trace: Path, kept: Path) -> bool:
    """Make a film of a trace's pictures; False where there are none, or it could not be made."""
    with zipfile.ZipFile(trace) as source:
        frames = list(frames_of(source))
        if not frames:
            return False
        folder = kept.with_suffix(".frames")
        folder.mkdir()
        try:
            for frame in frames:
                (folder / frame.name).write_bytes(source.read(f"resources/{frame.name}"))
            listed = folder / "frames.txt"
            listed.write_text(listing(frames), encoding="utf-8")
            command = [get_ffmpeg_exe(), "-y", "-f", "concat", "-safe", "0", "-i", str(listed), *ENCODED, str(kept)]
            return subprocess.run(command, check=False, capture_output=True, timeout=FILM_S).returncode == 0  # noqa: S603  our own
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            return False  # the trace has the pictures, too
        finally:
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()


def frames_of(trace: zipfile.ZipFile) -> Iterator[Frame]:
    """The pictures of a trace that are there."""
    there = set(trace.namelist())
    for record in records(trace, ".trace"):
        if record.get("type") == "screencast-frame" and f"resources/{record['sha1']}" in there:
            yield Frame(name=record["sha1"], at_s=record["timestamp"] / 1000)


def listing(frames: list[Frame]) -> str:
    """What ffmpeg reads: each picture, and how long it is shown."""
    ends = [*(one.at_s for one in frames[1:]), frames[-1].at_s + LAST_S]
    lines = [
        f"file '{one.name}'\nduration {max(end - one.at_s, 0.001):.3f}\n" for one, end in zip(frames, ends, strict=True)
    ]
    return "".join((*lines, f"file '{frames[-1].name}'\n"))  # or the last one's duration is not kept
