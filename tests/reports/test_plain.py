"""Text of the target is shown, never obeyed."""

import pytest

from gonogo.visible import ORDER_IN_LOG, visible
from reports.plain import cut, one_line

SHOWN = {
    "plain": ("Grüße, 你好, مرحبا, 😀", "Grüße, 你好, مرحبا, 😀"),
    "escape sequence": ("\x1b[31mred", "\\x1b[31mred"),
    "second control block": ("\x9b31m", "\\x9b31m"),
    "nul and del": ("\x00\x7f", "\\x00\\x7f"),
    "carriage return": ("good\rbad", "good\\rbad"),
    "runs backwards": ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
    "no width": ("a\u200bb\ufeffc\u00add", "a\\u200bb\\ufeffc\\xadd"),
    "tag letters": ("a\U000e0041", "a\\U000e0041"),
    "selectors that hide data": ("a\U000e0100", "a\\U000e0100"),
    "blank letter": ("a\u3164b\u2800", "a\\u3164b\\u2800"),
    "line separators": ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
    "half a character": ("\ud800", "\\ud800"),
    "no character": ("\ufffe\U0001ffff\ufdd0", "\\ufffe\\U0001ffff\\ufdd0"),
    "private use": ("\ue000", "\\ue000"),
    "a pile of marks": ("a" + "\u0301" * 4, "a" + "\\u0301" * 4),
    "accents as they are written": ("e\u0301o\u0302\u0323", "e\u0301o\u0302\u0323"),
    "order to GitHub": ("::error::no", ":\\x3aerror:\\x3ano"),
    "order in the middle": ("a ::set-output name=x::1", "a :\\x3aset-output name=x::1"),
    "older order": ("a ##[error]b", "a #\\x23[error]b"),
    "order to Azure": ("##vso[task.complete]", "#\\x23vso[task.complete]"),
    "order to TeamCity": ("##teamcity[x]", "#\\x23teamcity[x]"),
    "address": ("https://[::1]:8443/", "https://[::1]:8443/"),
    "heading": ("## Findings", "## Findings"),
    "lines and tabs": ("a\n\tb", "a\n\tb"),
}


@pytest.mark.parametrize(("said", "shown"), SHOWN.values(), ids=SHOWN.keys())
def test_shows(said: str, shown: str) -> None:
    """What cannot be seen, or is an order to a CI runner, is shown as an escape; the rest as it is."""
    assert visible(said) == shown


def test_one_line_is_one() -> None:
    """A text of several lines is shown on one, its line feeds and tabs as escapes."""
    assert one_line("a\n::error::b\tc") == "a\\n:\\x3aerror:\\x3ab\\tc"


def test_cut_says_so() -> None:
    """A text that is too long keeps its start and says how long it was; one that fits is whole."""
    assert cut("x" * 10_000, 3) == "xxx… (10,000 characters in all)"
    assert cut("xxx", 3) == "xxx"


def test_a_log_keeps_the_names_of_parts() -> None:
    """In a log a part's name stays as pytest writes it; an order to a CI runner does not."""
    assert visible("FAILED smoke/test_chat.py::test_it", ORDER_IN_LOG) == "FAILED smoke/test_chat.py::test_it"
    assert visible("a\n  ::error::no ##[error]b", ORDER_IN_LOG) == "a\n  :\\x3aerror:\\x3ano #\\x23[error]b"
