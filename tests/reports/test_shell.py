"""A command stays the same command when it is made safe to show."""

import shutil
import subprocess

import pytest

from gonogo.visible import unseen
from reports.shell import command

COMMANDS = {
    "plain": "curl -sS 'https://chat.example/api' -H 'accept: */*'",
    "newline in single quotes": "curl -d 'one\ntwo'",
    "newline in double quotes": 'curl -d "one\ntwo"',
    "continuation": "curl \\\n  -d one \\\n  two",
    "continuation in double quotes": 'curl "one\\\ntwo"',
    "escape sequence": "curl -d '\x1b[31mred\x07'",
    "escape sequence, bare": "curl \x1b\x1b",
    "escaped escape sequence": "curl \\\x1b",
    "escaped in double quotes": 'curl "a\\\x1bb \\" c"',
    "runs backwards": "curl -d 'abc\u202edef\u2066'",
    "nobody sees it": "curl -d 'a\u200bb\U000e0041'",
    "second control block": "curl -d 'a\x9b31m\x85'",
    "azure order": "curl -d '##vso[task.setvariable]x' \"##[error]\" a##[b $'##[c'",
    "tab in quotes": "curl -d 'a\tb'",
    "tab between words": "curl\t-d\ta",
    "quotes in quotes": "curl -d 'it'\\''s' \"it's\"",
    "shell's own quotes": "curl $'a\\'b\\n' c",
    "raw escape in the shell's own quotes": "curl $'a\x1bb\\\x1bc'",
    "variable": 'curl -H "cookie: $GONOGO_COOKIE\x1b"',
}


def arguments(line: str) -> bytes:
    """What a shell makes of a command: its words, each ended by a NUL."""
    bash = shutil.which("bash")
    if not bash:
        pytest.skip("no bash here")
    script = f'curl() {{ printf "%s\\0" "$@"; }}\n{line}'
    environment = {"LC_ALL": "C.UTF-8", "GONOGO_COOKIE": "session=1"}
    return subprocess.run([bash, "-c", script], capture_output=True, check=True, env=environment).stdout


@pytest.mark.parametrize("line", COMMANDS.values(), ids=COMMANDS.keys())
def test_means_the_same(line: str) -> None:
    """A shell gets the same words from the command shown as from the command meant."""
    assert arguments(command(line)) == arguments(line)


@pytest.mark.parametrize("line", COMMANDS.values(), ids=COMMANDS.keys())
def test_shows_everything(line: str) -> None:
    """A command shown is one line, with nothing unseen and no order to a CI runner in it."""
    shown = command(line)

    assert not any(unseen(letter) for letter in shown)
    assert "##[" not in shown
    assert "##vso[" not in shown


def test_leaves_a_plain_command_alone() -> None:
    """A command with nothing unseen in it is shown as it is."""
    assert command(COMMANDS["quotes in quotes"]) == COMMANDS["quotes in quotes"]


def test_points_to_a_long_command() -> None:
    """A command nobody would paste is pointed to: half a command is worse than none."""
    shown = command("curl -d '" + "x" * 10_000 + "'")

    assert shown == "# this command has 10,010 characters: see verdict.json"


def test_does_not_start_with_an_order() -> None:
    """A command that a CI runner would obey is shown as a comment."""
    assert command("::error::no command").startswith("# ")
