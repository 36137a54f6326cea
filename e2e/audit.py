"""Looks at a page as those do who see badly, have no mouse, or hold a telephone."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gonogo.browsed import Audited, Laid, Walked

if TYPE_CHECKING:
    from playwright.async_api import Page, ViewportSize

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
RUN = """(tags) => axe.run(document, {runOnly: tags, resultTypes: ["violations"], preload: false}).then((found) => ({
  rules: found.passes.length + found.violations.length,
  violations: found.violations.map((one) => ({
    id: one.id, help: one.help, times: one.nodes.length, where: one.nodes[0].target.join(" ")
  })),
}))"""
WIDE: ViewportSize = {"width": 1366, "height": 768}
NARROW: ViewportSize = {"width": 390, "height": 844}
ROUNDS = 2
"""How often the Tab key may go around a page: where it starts is the page's affair."""
SPARE = 10
STUCK = 3


@cache
def axe() -> str:
    """The script of axe-core."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


@cache
def ours() -> str:
    """Our own script."""
    return Path(__file__).with_suffix(".js").read_text("utf-8")


async def call(page: Page, name: str) -> Any:  # noqa: ANN401  what a script returns
    """Call a function of our script in the page."""
    return await page.evaluate(f"({ours()}\n).{name}()")


async def audit(page: Page, path: str, theme: Theme) -> Audited:
    """Have axe look at the page in a theme."""
    await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    await page.evaluate(axe())
    found = await page.evaluate(RUN, WCAG)
    said = tuple(f"{one['id']}: {one['help']} ({one['times']} times, at {one['where']})" for one in found["violations"])
    return Audited(path=path, theme=theme, rules=found["rules"], violations=said)


async def narrow(page: Page, path: str) -> Laid:
    """Show the page as a telephone does; how wide it is."""
    await page.set_viewport_size(NARROW)
    found = await call(page, "width")
    return Laid(path=path, shown_px=found["shown"], wide_px=found["wide"], beyond=tuple(found["beyond"]))


async def walk(page: Page, path: str) -> Walked:
    """Press Tab until it has led to everything, or leads nowhere; where it led."""
    await page.emulate_media(reduced_motion="reduce")
    stops = await call(page, "begin")
    unseen: dict[str, None] = {}
    same, last = 0, -1
    whole, stuck_at = False, ""
    for _ in range(ROUNDS * stops + SPARE):
        await page.keyboard.press("Tab")
        here = await call(page, "here")
        if not here["shown"]:
            unseen[here["name"]] = None
        same = same + 1 if here["at"] == last >= 0 else 0
        if same == STUCK and stops > 1:
            stuck_at = here["name"]
        if stuck_at or (whole and not same):
            break  # caught, or led on from the last thing, too
        last, whole = here["at"], not here["left"]
    missed = tuple(await call(page, "left"))
    return Walked(path=path, stops=stops, missed=missed, unseen=tuple(unseen), stuck_at=stuck_at)
