"""Steps of somebody on the pages beyond talking: the list, the settings, downloads and keys."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, TypeVar

from playwright.async_api import Error as BrowserError
from playwright.async_api import TimeoutError as TookTooLong

from e2e.visitor import first_line
from gonogo.flows import Asked, Listed, Pressed, Stopped, Themed, Typed, Unpacked
from gonogo.trouble import HarnessTrouble, OperationFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from pathlib import Path

    from playwright.async_api import Locator, Request

    from e2e.visitor import Visitor
    from gonogo import screens

T = TypeVar("T")
PAINTED = """
[document.documentElement, document.body].map((one) => getComputedStyle(one).backgroundColor).join(" and ")
"""
CHOSEN = "(field) => field.selectedOptions ? field.selectedOptions[0].label : field.textContent.trim()"
ROUND_TRIP = "fetch(location.href).then((answer) => answer.status)"


def described(one: T | None) -> T:
    """A part of the profile's ui that a mark has asked for."""
    if one is None:
        raise HarnessTrouble("the profile describes no such page: mark the part with needs")
    return one


def named(visitor: Visitor, one: screens.Locator, title: str) -> Locator:
    """A thing of a conversation, by its title."""
    name = one.name.replace("{title}", title) if one.name else None
    return visitor.found(one.model_copy(update={"name": name}))


async def managed(step: str, done: Awaitable[T]) -> T:
    """Do something on a page. Raises OperationFailed, with the step, where nobody can."""
    try:
        return await done
    except BrowserError as error:
        raise OperationFailed(f"nobody can do this on the page: {step}: {first_line(error)}") from None


async def listed(visitor: Visitor, step: str, wanted: Sequence[str] = (), unwanted: Sequence[str] = ()) -> Listed:
    """Wait for a list as it should be; the list as it is."""
    links = {title: named(visitor, described(visitor.ui.list).conversation, title) for title in (*wanted, *unwanted)}
    try:
        for title, link in links.items():
            await link.first.wait_for(state="visible" if title in wanted else "hidden", timeout=5000)
    except TookTooLong:
        pass  # the checks are told what there is
    shown = tuple([title for title, link in links.items() if await link.count()])
    return Listed(step=step, shown=shown, wanted=tuple(wanted), unwanted=tuple(unwanted))


async def search(visitor: Visitor, words: str) -> None:
    """Type words to look for into the list's field."""
    await managed("searching", visitor.found(described(visitor.ui.list).search).fill(words))


async def rename(visitor: Visitor, title: str, new: str) -> None:
    """Give a conversation another title, by its menu."""
    screen = described(visitor.ui.list)
    await managed("opening a menu", named(visitor, screen.actions, title).click())
    await managed("renaming", visitor.found(screen.rename).click())
    await managed("typing a title", visitor.found(screen.title).fill(new))
    await managed("saving a title", visitor.found(screen.save).click())
    await managed("seeing the title", named(visitor, screen.conversation, new).wait_for())


async def delete(visitor: Visitor, title: str) -> None:
    """Delete a conversation, by its menu."""
    screen = described(visitor.ui.list)
    await managed("opening a menu", named(visitor, screen.actions, title).click())
    await managed("deleting", visitor.found(screen.delete).click())
    await managed("seeing it go", named(visitor, screen.conversation, title).wait_for(state="hidden"))


async def undo(visitor: Visitor) -> None:
    """Take the deletion back."""
    await managed("taking a deletion back", visitor.found(described(visitor.ui.list).undo).click())


async def choose_theme(visitor: Visitor) -> Themed:
    """Choose another theme, save it, and come back later; the former one is chosen again in the end."""
    screen = described(visitor.ui.settings)
    await visitor.open(screen.path)
    field = visitor.found(screen.theme)
    former, before = await managed("choosing a theme", field.evaluate(CHOSEN)), await visitor.page.evaluate(PAINTED)
    await save_theme(visitor, screen, screen.other_theme)
    after = await visitor.page.evaluate(PAINTED)
    await visitor.open(visitor.chat.path)
    later = await visitor.page.evaluate(PAINTED)
    await visitor.open(screen.path)
    chosen = str(await managed("reading the theme", field.evaluate(CHOSEN)))
    await save_theme(visitor, screen, str(former))
    return Themed(
        chosen=screen.other_theme,
        later=chosen,
        painted_before=str(before),
        painted_after=str(after),
        painted_later=str(later),
    )


async def save_theme(visitor: Visitor, screen: screens.SettingsPage, theme: str) -> None:
    """Choose a theme on the page of settings, and save it."""
    await managed("choosing a theme", visitor.found(screen.theme).select_option(label=theme))
    await managed("saving the settings", visitor.found(screen.save).click())
    await managed(
        "being told that they are saved", visitor.found(screen.saved).filter(has_text=screen.saved_text).wait_for()
    )


async def download(visitor: Visitor) -> Unpacked:
    """Export everything that is offered, in each format of the profile."""
    screen = described(visitor.ui.export)
    await visitor.open(screen.path)
    for box in screen.formats.values():
        await managed("choosing a format", tick(visitor.found(box)))
    try:
        async with visitor.page.expect_download() as downloading:
            await visitor.found(screen.submit).click()
        path = await (await downloading.value).path()
    except BrowserError as error:
        raise OperationFailed(f"nothing was downloaded: {first_line(error)}") from None
    return Unpacked(size=path.stat().st_size, endings=tuple(screen.formats), files=files_in(path))


async def tick(box: Locator) -> None:
    """Tick a box by its key, since a label may lie over it."""
    if not await box.is_checked():
        await box.press("Space")


def files_in(path: Path) -> dict[str, int] | None:
    """The files of a ZIP and their sizes, or None if it is none."""
    try:
        with zipfile.ZipFile(path) as packed:
            return {one.filename: one.file_size for one in packed.infolist() if not one.is_dir()}
    except zipfile.BadZipFile:
        return None


async def send_blank(visitor: Visitor) -> Asked:
    """Press Enter on a message of blanks; whatever that had the page send."""
    sent: list[str] = []

    def seen(request: Request) -> None:
        if request.method != "GET":
            sent.append(f"{request.method} {request.url.removeprefix(visitor.member.profile.origins.api)}")

    visitor.page.on("request", seen)
    field = visitor.found(visitor.chat.message)
    await managed("typing a message", field.fill("   "))
    await managed("sending with Enter", field.press("Enter"))
    await visitor.page.evaluate(ROUND_TRIP)  # whatever was sent before has been told by now
    visitor.page.remove_listener("request", seen)
    return Asked(step="pressing Enter on a message of blanks", requests=tuple(sent))


async def type_letters(visitor: Visitor) -> Typed:
    """Type the letters of shortcuts into a message; what is in it."""
    letters = described(visitor.ui.keys).letters
    field = visitor.found(visitor.chat.message)
    await managed("typing a message", field.fill(""))
    await managed("typing letters", field.press_sequentially(letters))
    found = await managed("reading what was typed", field.input_value())
    return Typed(wanted=letters, found=found)


async def press_for_help(visitor: Visitor) -> Pressed:
    """Press the key that shows all shortcuts, with the focus in no field, and close them again."""
    keys = described(visitor.ui.keys)
    await visitor.page.evaluate("document.activeElement?.blur()")
    await visitor.page.keyboard.press(keys.help_key)
    try:
        await visitor.found(keys.help).wait_for(timeout=3000)
    except TookTooLong:
        return Pressed(key=keys.help_key, shown=False)
    await visitor.page.keyboard.press("Escape")
    return Pressed(key=keys.help_key, shown=True)


async def stop(visitor: Visitor) -> Stopped:
    """Send a message with a long answer, and stop it once it can be seen."""
    screen = described(visitor.ui.stop)
    answers = visitor.found(visitor.chat.answer)
    before = await answers.count()
    await managed("typing a message", visitor.found(visitor.chat.message).fill(screen.prompt))
    await managed("sending it", visitor.found(visitor.chat.send).click())
    await managed("seeing an answer come", answers.nth(before).wait_for())
    button = visitor.found(screen.button)
    await managed("stopping an answer", button.click())
    try:
        await button.wait_for(state="hidden", timeout=screen.within_s * 1000)
    except TookTooLong:
        return Stopped(ended=False, within_s=screen.within_s)
    return Stopped(ended=True, within_s=screen.within_s)
