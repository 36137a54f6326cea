"""Facts from outside count for the build that they are of, while they hold, and with the file that shows them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gonogo.attest import attest, found
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from pathlib import Path

FACT = "build-passed"


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """A file that shows that something is so."""
    path = tmp_path / "report.xml"
    path.write_text("<testsuites/>", encoding="utf-8")
    return path


def state(runs: Path, build: str | None = "b-1", later_s: float = 0.0) -> tuple[str, str]:
    """What is found of the fact."""
    return found(runs, FACT, build, time.time() + later_s)


def test_what_is_attested_is_found(tmp_path: Path, proof: Path) -> None:
    """A fact is told with who attested it, the file, its digest, the build, and until when it holds."""
    one = attest(tmp_path, FACT, proof, "b-1", 3600.0)
    proof.unlink()  # whoever asks later finds the copy
    outcome, told = state(tmp_path)
    assert outcome == "ok"
    for part in (one.by, "report.xml", one.sha256[:16], "build b-1", "UTC"):
        assert part in told


def test_what_is_not_good_any_more(tmp_path: Path, proof: Path) -> None:
    """Nothing, another build, no known build, and an outlived fact are each unknown, with the way out."""
    assert state(tmp_path)[1].startswith("nobody has attested it: attest it with `python -m gonogo attest build-passed")
    attest(tmp_path, FACT, proof, "b-1", 3600.0)
    assert state(tmp_path, "b-2")[0] == "unknown"
    assert "and b-2 answers" in state(tmp_path, "b-2")[1]
    assert state(tmp_path, None)[0] == "unknown"
    assert "and nothing tells which build answers" in state(tmp_path, None)[1]
    assert state(tmp_path, later_s=3599.0)[0] == "ok"
    assert state(tmp_path, later_s=3601.0)[0] == "unknown"
    assert "which held until" in state(tmp_path, later_s=3601.0)[1]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (f"{FACT}.file", "<testsuites failures='0'/>", "the file is not what was attested"),
        (f"{FACT}.json", "{", "what was attested cannot be read"),
        (f"{FACT}.json", '{"id": "build-passed"}', "what was attested cannot be read"),
    ],
)
def test_what_was_changed_counts_no_more(tmp_path: Path, proof: Path, name: str, content: str, why: str) -> None:
    """A file that was changed afterwards shows nothing."""
    attest(tmp_path, FACT, proof, "b-1", 3600.0)
    (tmp_path / "attested" / name).write_text(content, encoding="utf-8")
    outcome, told = state(tmp_path)
    assert outcome == "unknown"
    assert told.startswith(why)


def test_the_last_word_counts(tmp_path: Path, proof: Path) -> None:
    """Attested again for another build, the fact is of that one."""
    attest(tmp_path, FACT, proof, "b-1", 3600.0)
    attest(tmp_path, FACT, proof, "b-2", 3600.0)
    assert (state(tmp_path, "b-1")[0], state(tmp_path, "b-2")[0]) == ("unknown", "ok")


@pytest.mark.parametrize(
    ("name", "build", "lasts_s", "content", "why"),
    [
        ("Build passed", "b-1", 60.0, "x", "'Build passed': the id must be small letters, digits and hyphens"),
        ("../../etc", "b-1", 60.0, "x", "the id must be small letters"),
        (FACT, "", 60.0, "x", "the build must be"),
        (FACT, "b-1", 0.0, "x", "a fact holds for 30 days at most"),
        (FACT, "b-1", 31 * 86400.0, "x", "a fact holds for 30 days at most"),
        (FACT, "b-1", 60.0, " \n", "it is empty, and shows nothing of build-passed"),
    ],
)
def test_what_makes_no_sense(
    tmp_path: Path, proof: Path, name: str, build: str, lasts_s: float, content: str, why: str
) -> None:
    """What cannot be attested is refused in a sentence, and nothing is kept."""
    proof.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=why):
        attest(tmp_path, name, proof, build, lasts_s)
    assert not (tmp_path / "attested").exists()


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(UsageError, match=r"gone\.xml: No such file or directory; name a file"):
        attest(tmp_path, FACT, tmp_path / "gone.xml", "b-1", 60.0)
