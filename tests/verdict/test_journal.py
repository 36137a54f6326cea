"""What a journal's reader notices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gonogo.evidence import Checked, End, Fact, Record
from gonogo.journal import Journal, read_evidence, read_journal
from gonogo.policy import Policy
from gonogo.published import Decision
from gonogo.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.verdict.conftest import Story

RECORDS = tuple(Fact(name=f"fact-{number}", state="ok", detail=f"détail {number}") for number in range(4))


def written(path: Path, records: Sequence[Record] = RECORDS) -> Path:
    """A closed journal."""
    journal = Journal(path)
    for record in records:
        journal.write(record)
    journal.close()
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A journal of four facts."""
    return written(tmp_path / "gate.jsonl")


def test_whole(whole: Path) -> None:
    """A journal that was closed is read back as it was written, without trouble."""
    read = read_journal(whole)

    assert (read.name, read.records, read.trouble) == ("gate", RECORDS, None)


def test_empty_but_closed(tmp_path: Path) -> None:
    """A journal of nothing is whole when it was closed."""
    assert read_journal(written(tmp_path / "smoke.jsonl", ())).trouble is None


def test_closed_twice(whole: Path) -> None:
    """Closing a second time changes nothing."""
    journal = Journal(whole.with_name("other.jsonl"))
    journal.write(RECORDS[0])
    journal.close()
    before = journal.path.read_bytes()
    journal.close()

    assert journal.path.read_bytes() == before
    assert read_journal(journal.path).trouble is None


def test_not_closed(tmp_path: Path) -> None:
    """A journal that was never closed says so, and keeps what was written, each line as soon as it was."""
    journal = Journal(tmp_path / "smoke.jsonl")
    journal.write(RECORDS[0])
    read = read_journal(journal.path)
    journal.close()

    assert (read.records, read.trouble) == (RECORDS[:1], "it was never closed")


def test_existing_journal_is_not_touched(whole: Path) -> None:
    """A journal is never written over."""
    before = whole.read_bytes()

    with pytest.raises(FileExistsError):
        Journal(whole)
    assert whole.read_bytes() == before


def test_torn_tail(whole: Path) -> None:
    """A line that was cut in the middle is trouble at whatever byte, and the lines before it are kept."""
    content = whole.read_bytes()
    for size in range(len(content) - 1):
        whole.write_bytes(content[:size])
        read = read_journal(whole)
        assert read.trouble is not None
        assert read.records == RECORDS[: len(read.records)]


def test_missing_line(whole: Path) -> None:
    """A line that is missing is trouble, whichever it is."""
    lines = whole.read_bytes().splitlines(keepends=True)
    for number in range(len(lines)):
        whole.write_bytes(b"".join(lines[:number] + lines[number + 1 :]))
        assert read_journal(whole).trouble is not None


def test_swapped_lines(whole: Path) -> None:
    """Lines in another order are trouble."""
    lines = whole.read_bytes().splitlines(keepends=True)
    whole.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))

    assert read_journal(whole).trouble == "line 1 has seq 1: a record is missing"


def test_changed_byte(whole: Path) -> None:
    """A byte that was changed is trouble, wherever it is."""
    content = whole.read_bytes()
    for at in range(len(content)):
        other = b"7" if content[at : at + 1] != b"7" else b"8"
        whole.write_bytes(content[:at] + other + content[at + 1 :])
        assert read_journal(whole).trouble is not None, (at, content[at - 10 : at + 10])


def test_duplicate_end(whole: Path) -> None:
    """Something behind the end is trouble, even another end."""
    end = whole.read_bytes().splitlines(keepends=True)[-1]
    whole.write_bytes(whole.read_bytes() + end)

    assert read_journal(whole).trouble == "something follows its end"


def test_forged_end(whole: Path) -> None:
    """An end with the right count but another hash is trouble."""
    lines = whole.read_bytes().splitlines(keepends=True)
    forged = {"seq": 4, **End(count=4, sha256="0" * 64).model_dump()}
    whole.write_bytes(b"".join(lines[:-1]) + json.dumps(forged).encode() + b"\n")

    assert read_journal(whole).trouble == "its content does not match its closing hash"


@pytest.mark.parametrize(
    "line", [b"[]\n", b"[" * 90_000, b"{}\n", b"null\n", b'{"seq": 0, "kind": "guess"}\n', b"\xff\xfe\n", b"\n"]
)
def test_no_record(tmp_path: Path, line: bytes) -> None:
    """A line that is no record is trouble, not an exception."""
    path = tmp_path / "smoke.jsonl"
    path.write_bytes(line)

    assert read_journal(path).trouble == "line 1 is torn or not a record"


def test_redacted_before_it_is_written(tmp_path: Path) -> None:
    """What the redactor takes out never reaches the disk, and the journal is whole all the same."""
    journal = Journal(tmp_path / "smoke.jsonl", lambda line: line.replace("détail", "[gone]"))
    journal.write(RECORDS[0])
    journal.close()

    assert "détail" not in journal.path.read_text(encoding="utf-8")
    assert read_journal(journal.path).trouble is None


def test_line_separators_stay_inside(tmp_path: Path) -> None:
    """Characters that some readers take for line ends do not break a record."""
    odd = Checked(suite="smoke", scenario="chat", check="any", subjects=1, complaints=("a\u2028b\x85c\x0bd\re\nf",))

    assert read_journal(written(tmp_path / "smoke.jsonl", [odd])).records == (odd,)


# -- a whole run on disk ----------------------------------------------------------------------------


def on_disk(story: Story, run: Path) -> Path:
    """Write a story as the folder of a run."""
    for name, records in story.journals.items():
        written(run / "evidence" / f"{name}.jsonl", records)
    return run


def decision(run: Path) -> Decision:
    """Judge what is on disk."""
    return judge(read_evidence(run), Policy(), None, 0.0).verdict


def test_read_back(well: Story, tmp_path: Path) -> None:
    """A run that is written and read back is judged like the one in memory."""
    evidence = read_evidence(on_disk(well, tmp_path))

    assert judge(evidence, well.policy, None, well.verdict.judged_as_of) == well.verdict


def test_any_line_that_is_lost_ends_the_go(well: Story, tmp_path: Path) -> None:
    """A run that loses any one line of any journal is no GO any more."""
    on_disk(well, tmp_path)
    assert decision(tmp_path) is Decision.GO

    for path in (tmp_path / "evidence").iterdir():
        content = path.read_bytes()
        lines = content.splitlines(keepends=True)
        for number in range(len(lines)):
            path.write_bytes(b"".join(lines[:number] + lines[number + 1 :]))
            assert decision(tmp_path) is Decision.INCONCLUSIVE, (path.name, number)
        path.write_bytes(content)


@pytest.mark.parametrize("name", ["plan", "smoke", "gate"])
def test_any_journal_that_is_lost_ends_the_go(well: Story, tmp_path: Path, name: str) -> None:
    """A run that loses a whole journal is no GO any more."""
    (on_disk(well, tmp_path) / "evidence" / f"{name}.jsonl").unlink()

    assert decision(tmp_path) is Decision.INCONCLUSIVE


def test_folder_without_evidence(tmp_path: Path) -> None:
    """A folder without evidence is INCONCLUSIVE, not an exception."""
    assert decision(tmp_path) is Decision.INCONCLUSIVE
