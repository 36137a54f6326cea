"""What a suite says is heard to its end, without the secrets that it told before."""

from __future__ import annotations

import io
import json
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.hearing import KEPT_BACK, LONGEST_LINE, Hearing, Speech, TellingVault
from gonogo.redaction import Vault

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "session-of-alice-0123456789"


@pytest.fixture
def speech() -> Speech:
    """Speech of somebody who knows one secret."""
    vault = Vault()
    vault.add(SECRET, "S")
    return Speech(vault.redact)


def test_a_secret_in_two_pieces_is_masked(speech: Speech) -> None:
    """A pipe may cut anywhere, also inside a letter; whole lines are what is looked at."""
    data = f"ä sid={SECRET}\nrest".encode()
    said = [speech.hear(data[place : place + 1]) for place in range(len(data))]
    assert "".join(said) == "ä sid=$S\n"
    assert speech.hear(b"") == "rest"


def test_nobody_obeys_it(speech: Speech) -> None:
    """Control characters, text that runs backwards and orders to a CI runner become escapes."""
    hostile = "\x1b[2J\u202eno\r\n::error::x\n  ::stop-commands::y\n##[error]z\n"
    shown = "\\x1b[2J\\u202eno\\r\n:\\x3aerror:\\x3ax\n  :\\x3astop-commands:\\x3ay\n#\\x23[error]z\n"
    assert speech.hear(hostile.encode()) == shown


@pytest.mark.parametrize("before", [0, 1, KEPT_BACK - 30, KEPT_BACK - 5, KEPT_BACK])
def test_a_line_without_end_is_cut_around_a_secret(speech: Speech, before: int) -> None:
    """A line that never ends does not fill our memory, and no secret is cut in two where it is."""
    line = "x" * (LONGEST_LINE - before) + SECRET + "x" * (KEPT_BACK + 1)
    said = [speech.hear(line[place : place + 65_536].encode()) for place in range(0, len(line), 65_536)]
    assert any(said)
    assert "".join([*said, speech.hear(b"")]) == line.replace(SECRET, "$S")


def test_a_vault_tells_what_is_new() -> None:
    """Each secret is told once, under its first name."""
    told: list[tuple[str, str]] = []
    vault = TellingVault(lambda value, name: told.append((value, name)))
    vault.add(SECRET, "FIRST")
    vault.add(SECRET, "SECOND")
    assert told == [(SECRET, "FIRST")]
    assert vault.redact(SECRET) == "$FIRST"


def test_what_was_told_before_is_known(tmp_path: Path) -> None:
    """A secret that was told before a text was said is not in that text, whichever pipe is looked at first."""
    vault = Vault()
    run: Any = SimpleNamespace(vault=vault, folder=tmp_path, learn=vault.add)
    (told, tell), (out, say) = os.pipe(), os.pipe()
    os.write(tell, json.dumps([SECRET, "S"]).encode() + b"\n")
    os.write(say, f"sid={SECRET}\n".encode())
    os.close(tell)
    os.close(say)
    with os.fdopen(told, "rb", buffering=0) as secrets, os.fdopen(out, "rb", buffering=0) as text:
        hearing = Hearing(run, "smoke", secrets, io.StringIO())
        assert hearing.pass_on(text, Speech(vault.redact), hearing.write)
    assert hearing.log.getvalue() == "sid=$S\n"  # type: ignore[attr-defined]  # it is the one from above
