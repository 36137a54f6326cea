"""Faults of the pages for who sees badly, has no mouse, or holds a telephone."""

from fastapi import FastAPI

from target_app.fault import fault


@fault("ui-label-missing", detected_by={"ui.accessible"})
def label_missing(app: FastAPI) -> None:
    """The list of themes has no label any more: it is said beside it, for those who see it."""
    app.state.site.rewrite("settings.html", '<label for="theme">Theme</label>', "<span>Theme</span>")


@fault("ui-low-contrast", detected_by={"ui.accessible"})
def low_contrast(app: FastAPI) -> None:
    """Hints are of a fashionable grey, in the dark theme alone."""
    app.state.site.rewrite("tokens.css", "light-dark(#5a605b, #a9b2ac)", "light-dark(#5a605b, #59605c)")


@fault("ui-too-wide", detected_by={"ui.fits-narrow"})
def too_wide(app: FastAPI) -> None:
    """Plans stand beside each other, however little room there is."""
    rule = "\n.plans { grid-template-columns: repeat(3, 15rem) !important; }\n"
    sheet = app.state.site.static["pages.css"]
    app.state.site.rewrite("pages.css", sheet, sheet + rule)


@fault("ui-focus-trap", detected_by={"ui.keyboard-reaches"})
def focus_trap(app: FastAPI) -> None:
    """The Tab key writes a tab into the message, and never leads on from it."""
    start = "  key(event) {\n"
    takes = (
        '    if (event.key === "Tab") {\n      event.preventDefault();\n      this.field.setRangeText("\\t");\n    }\n'
    )
    app.state.site.rewrite("chat-composer.js", start, start + takes)


@fault("ui-focus-unseen", detected_by={"ui.focus-shown"})
def focus_unseen(app: FastAPI) -> None:
    """Nothing has an outline when it has the focus: somebody found it ugly."""
    app.state.site.rewrite("tokens.css", "outline: 2px solid var(--brand)", "outline: 0 solid var(--brand)")
