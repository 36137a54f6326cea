"""What is said of things that were done on pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import ui_keys, ui_list, ui_pages
from gonogo.flows import Asked, Listed, Pressed, Stopped, Themed, Typed, Unpacked

KEPT = Themed(chosen="Dark", later="Dark", painted_before="white", painted_after="black", painted_later="black")


@pytest.mark.parametrize(
    "one", [ui_list.search_finds, ui_list.rename_kept, ui_list.undo_restores, ui_list.delete_lasts]
)
@pytest.mark.parametrize(("shown", "wrong"), [(("new",), 0), ((), 1), (("old",), 2), (("new", "old"), 1)])
def test_a_list_has_what_it_should(one: object, shown: tuple[str, ...], wrong: int) -> None:
    """What is missing is said, and what should be gone."""
    listed = Listed(step="loading the page", shown=shown, wanted=("new",), unwanted=("old",))
    assert len(list(one().looks(listed))) == wrong  # type: ignore[operator]


@pytest.mark.parametrize(
    ("themed", "wrong"),
    [
        (KEPT, 0),
        (replace(KEPT, later="System"), 1),
        (replace(KEPT, painted_later="white"), 1),
        (replace(KEPT, painted_after="white"), 1),
    ],
)
def test_a_theme_is_chosen_and_painted(themed: Themed, wrong: int) -> None:
    """A theme that is named and not painted is not kept, nor is one that is painted and not named."""
    assert len(list(ui_pages.theme_kept().looks(themed))) == wrong


@pytest.mark.parametrize(
    ("files", "wrong"), [(None, 1), ({}, 2), ({"a.md": 3, "a.json": 0}, 1), ({"a.md": 3, "a.json": 2}, 0)]
)
def test_an_export_has_each_format(files: dict[str, int] | None, wrong: int) -> None:
    """A ZIP without a file of a format, or with an empty one, is not what was asked for."""
    assert len(list(ui_pages.export_downloads().looks(Unpacked(size=0, endings=("md", "json"), files=files)))) == wrong


def test_blanks_send_nothing() -> None:
    """Each request that blanks caused is said."""
    assert not list(ui_keys.blank_not_sent().looks(Asked(step="Enter")))
    assert list(ui_keys.blank_not_sent().looks(Asked(step="Enter", requests=("POST /x",))))


def test_typing_and_keys_are_told_apart() -> None:
    """Letters that are lost are said, and a key that shows nothing."""
    assert not list(ui_keys.typing_stays().looks(Typed(wanted="n/?", found="n/?")))
    assert list(ui_keys.typing_stays().looks(Typed(wanted="n/?", found="")))
    assert not list(ui_keys.shortcut_works().looks(Pressed(key="?", shown=True)))
    assert list(ui_keys.shortcut_works().looks(Pressed(key="?", shown=False)))


def test_an_answer_that_goes_on_is_said() -> None:
    """Only an answer that ended was stopped."""
    assert not list(ui_keys.stop_stops().looks(Stopped(ended=True, within_s=5)))
    assert list(ui_keys.stop_stops().looks(Stopped(ended=False, within_s=5)))
