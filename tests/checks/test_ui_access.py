"""What is said of pages that not everybody can use."""

from __future__ import annotations

import pytest

from checks import ui_access
from gonogo.browsed import Audited, Laid, Walked
from gonogo.trouble import NotEvaluable


def test_each_broken_rule_is_told_with_page_and_theme() -> None:
    """A rule is broken somewhere, and only there."""
    audited = Audited(path="/plan", theme="dark", rules=9, violations=("label: missing", "color-contrast: low"))
    assert list(ui_access.accessible().looks(audited)) == [
        "/plan, dark theme: label: missing",
        "/plan, dark theme: color-contrast: low",
    ]


def test_no_rule_is_no_evidence() -> None:
    """An auditor that found nothing to look at passes nothing."""
    with pytest.raises(NotEvaluable):
        list(ui_access.accessible().looks(Audited(path="/plan", theme="dark", rules=0)))


@pytest.mark.parametrize(("wide", "wrong"), [(390, 0), (391, 0), (392, 1)])
def test_a_page_is_as_wide_as_what_is_shown(wide: int, wrong: int) -> None:
    """A pixel is a rounding, more is a page that scrolls to the side."""
    laid = Laid(path="/plan", shown_px=390, wide_px=wide, beyond=tuple("abcdef"))
    said = list(ui_access.fits_narrow().looks(laid))
    assert len(said) == wrong
    assert all("a, b, c, d, e and 1 more" in one for one in said)


def test_what_the_keyboard_misses_is_told() -> None:
    """What Tab does not lead to is told."""
    walked = Walked(path="/chat", stops=3, missed=('button "Send"',))
    assert list(ui_access.keyboard_reaches().looks(walked)) == ['on /chat Tab does not lead to button "Send"']
    assert not list(ui_access.focus_shown().looks(walked))


def test_where_the_keyboard_is_caught_is_told() -> None:
    """What Tab does not lead on from is told, though it led to everything."""
    walked = Walked(path="/chat", stops=3, stuck_at='textarea "Message"')
    said = list(ui_access.keyboard_reaches().looks(walked))
    assert said == ['on /chat Tab does not lead on from textarea "Message"']


def test_a_focus_that_nothing_shows_is_told() -> None:
    """What looks the same with the focus is told."""
    walked = Walked(path="/chat", stops=3, unseen=('link "Plan"',))
    assert list(ui_access.focus_shown().looks(walked)) == ['on /chat nothing shows the focus of link "Plan"']
    assert not list(ui_access.keyboard_reaches().looks(walked))


def test_a_page_without_stops_is_no_evidence() -> None:
    """Where no key leads anywhere nothing passes."""
    for check in (ui_access.keyboard_reaches, ui_access.focus_shown):
        with pytest.raises(NotEvaluable):
            list(check().looks(Walked(path="/chat", stops=0)))


def test_a_page_that_is_not_shown_is_no_evidence() -> None:
    """Nothing fits into nothing."""
    with pytest.raises(NotEvaluable):
        list(ui_access.fits_narrow().looks(Laid(path="/chat", shown_px=0, wide_px=0)))
