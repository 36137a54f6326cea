"""Settings and downloads on the pages: what was asked for is what people get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Complaints, Severity, check

if TYPE_CHECKING:
    from gonogo.flows import Themed, Unpacked


@check(
    "ui.theme-kept",
    Severity.MAJOR,
    scenarios={"e2e/web-settings"},
    needs={"ui.settings", "ui.chat", "ui.sign_in"},
)
def theme_kept(themed: Themed) -> Complaints:
    """
    A theme that was chosen and saved is still chosen, and painted, on a page that is opened later.

    People who need a dark or a light page would have to choose it again and again.

    Fix: have the page send the theme, and the service write it into every page.
    """
    if themed.later != themed.chosen:
        yield f"{themed.chosen} was saved, and {themed.later or 'nothing'} was chosen when the page was loaded again"
    if themed.painted_after == themed.painted_before:
        yield f"the page was painted {themed.painted_after} before {themed.chosen} was chosen, and after"
    elif themed.painted_later != themed.painted_after:
        yield f"the page was painted {themed.painted_after}, and {themed.painted_later} when it was loaded again"


@check(
    "ui.export-downloads",
    Severity.CRITICAL,
    scenarios={"e2e/web-export"},
    needs={"ui.export", "ui.chat", "ui.sign_in", "create_conversation", "delete_conversation"},
)
def export_downloads(unpacked: Unpacked) -> Complaints:
    """
    The button that exports downloads a ZIP, with a file that is not empty of each format asked for.

    Who leaves or keeps records would find out too late that they have nothing.

    Fix: hold what the page saves against the answer of the API.
    """
    if unpacked.files is None:
        yield f"what was downloaded is no ZIP: {unpacked.size} bytes"
        return
    for ending in unpacked.endings:
        if not any(name.endswith(f".{ending}") and size for name, size in unpacked.files.items()):
            yield f"no file ending in .{ending} that is not empty was downloaded"
