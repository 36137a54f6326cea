"""What is kept of a failure shows it, and no secret."""

from __future__ import annotations

import json
import subprocess
import zipfile
from typing import TYPE_CHECKING

from imageio_ffmpeg import get_ffmpeg_exe

from e2e import kept
from gonogo.redaction import Vault

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SESSION = "0123456789abcdef-session"
FORGERY = "fedcba9876543210-csrf"
LATER = "the-refresh-token-0123456789"


def exchange() -> str:
    """A line of a trace about one exchange."""
    sent = [{"name": "Cookie", "value": f"theme=dark; sid={SESSION}"}, {"name": "X-CSRF-Token", "value": FORGERY}]
    came = [{"name": "set-cookie", "value": f"again={LATER}; Path=/; Max-Age=2592000000000000000"}]
    return json.dumps({"snapshot": {"request": {"headers": sent}, "response": {"headers": came}}})


def trace(path: Path, **entries: bytes) -> Path:
    """A trace with an exchange, and these entries."""
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("trace.network", exchange())
        for name, content in entries.items():
            made.writestr(name.replace("__", "."), content)
    return path


def test_trace_has_no_credential(tmp_path: Path) -> None:
    """What opens a session is in no entry of a trace, wherever it stood."""
    seen = f'["META", {{"name": "csrf-token", "content": "{FORGERY}"}}]'.encode()
    raw = trace(tmp_path / "raw.zip", trace__trace=seen)
    kept.redact_trace(raw, tmp_path / "kept.zip", Vault())
    with zipfile.ZipFile(tmp_path / "kept.zip") as written:
        whole = b"".join(written.read(name) for name in written.namelist()).decode()
    assert not [secret for secret in (SESSION, FORGERY, LATER) if secret in whole]
    assert "theme=dark" in whole
    assert "Max-Age=2592000000000000000" in whole


def test_trace_keeps_pictures_and_bytes(tmp_path: Path) -> None:
    """A picture is copied as it is, and so is what is no text."""
    picture = bytes(range(256))
    raw = trace(tmp_path / "raw.zip", one__jpeg=picture, two__bin=picture)
    kept.redact_trace(raw, tmp_path / "kept.zip", Vault())
    with zipfile.ZipFile(tmp_path / "kept.zip") as written:
        assert written.read("one.jpeg") == picture
        assert written.read("two.bin") == picture


def test_film_shows_the_pictures(tmp_path: Path) -> None:
    """The pictures of a trace, whatever their sizes, become a film."""
    made = tmp_path / "made.zip"
    with zipfile.ZipFile(made, "w") as zipped:
        lines = []
        for at, size in enumerate(("64x36", "30x64")):
            name = f"page@1-{at}.jpeg"
            lines.append(json.dumps({"type": "screencast-frame", "sha1": name, "timestamp": 1000 + 40 * at}))
            zipped.writestr(f"resources/{name}", jpeg(size))
        zipped.writestr("trace.trace", "\n".join(lines))
    assert kept.film(made, tmp_path / "film.webm")
    assert (tmp_path / "film.webm").read_bytes().startswith(b"\x1a\x45\xdf\xa3")
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_no_pictures_are_no_film(tmp_path: Path) -> None:
    """A trace without pictures gives no empty film."""
    assert not kept.film(trace(tmp_path / "raw.zip", trace__trace=b""), tmp_path / "film.webm")


def test_a_film_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program there is no film, and nothing breaks: the trace has the pictures."""
    line = json.dumps({"type": "screencast-frame", "sha1": "a.jpeg", "timestamp": 1})
    raw = trace(tmp_path / "raw.zip", trace__trace=line.encode())
    with zipfile.ZipFile(raw, "a") as made:
        made.writestr("resources/a.jpeg", b"")
    monkeypatch.setattr(kept, "get_ffmpeg_exe", lambda: str(tmp_path / "nowhere"))
    assert not kept.film(raw, tmp_path / "film.webm")


def jpeg(size: str) -> bytes:
    """A picture of that size."""
    source = ["-f", "lavfi", "-i", f"color=red:size={size}", "-frames:v", "1", "-f", "mjpeg", "-"]
    return subprocess.run([get_ffmpeg_exe(), *source], check=True, capture_output=True).stdout
