"""Faults of the pages that only show when somebody does more than one thing."""

from fastapi import FastAPI

from target_app.fault import fault


@fault("ui-search-nothing", detected_by={"ui.search-finds"})
def search_nothing(app: FastAPI) -> None:
    """The search of the page asks for something else than what was typed."""
    app.state.site.rewrite("chat-list.js", "q: text }", "q: `${text}\\u2026` }")


@fault("ui-rename-lost", detected_by={"ui.rename-kept"})
def rename_lost(app: FastAPI) -> None:
    """The page shows a conversation's new title and tells nobody."""
    asks = "const { title } = await patch(`/conversations/${row.id}`, { title: text });"
    app.state.site.rewrite("chat-list.js", asks, "const { title } = await { title: text, patch };")


@fault("ui-undo-nothing", detected_by={"ui.undo-restores"})
def undo_nothing(app: FastAPI) -> None:
    """The button that takes a deletion back says so, and the conversation stays away."""
    app.state.site.rewrite("chat-undo.js", '  deleted.undo(id);\n  back();\n  say("Restored");', '  say("Restored");')


@fault("ui-stale-list", detected_by={"ui.delete-lasts"})
def stale_list(app: FastAPI) -> None:
    """A conversation that was deleted is listed again when the page is loaded again at once."""
    app.state.site.rewrite("chat-undo.js", "  deleted.add(id);\n", "")
    app.state.site.rewrite(
        "chat-undo.js", "for (const [id, { timer }] of pending) {", "for (const [id, { timer }] of []) {"
    )


@fault("ui-theme-forgotten", detected_by={"ui.theme-kept"})
def theme_forgotten(app: FastAPI) -> None:
    """Every page is painted as the machine is, whatever theme was saved."""
    app.state.site.rewrite("layout.html", "{{ visit.preferences.theme if visit else 'system' }}", "system")


@fault("ui-export-empty", detected_by={"ui.export-downloads"})
def export_empty(app: FastAPI) -> None:
    """The page of exports saves a file with nothing in it."""
    app.state.site.rewrite("export.js", "download(await answer.blob(),", "download(new Blob([]),")


@fault("ui-shortcut-hijacks", detected_by={"ui.typing-stays"})
def shortcut_hijacks(app: FastAPI) -> None:
    """Keys that are shortcuts act while somebody types a message."""
    app.state.site.rewrite("shortcuts.js", " || event.target.closest?.(TYPING))", " || TYPING === null)")


@fault("ui-help-silent", detected_by={"ui.shortcut-works"})
def help_silent(app: FastAPI) -> None:
    """The key that shows all shortcuts is never heard."""
    app.state.site.rewrite("shell.js", '  shortcut("?", "Show this sheet", showShortcuts);\n', "")


@fault("ui-blank-sent", detected_by={"ui.blank-not-sent"})
def blank_sent(app: FastAPI) -> None:
    """A message of nothing but blanks is sent as three dots."""
    app.state.site.rewrite("chat-composer.js", 'this.busy || text.trim() === ""', "this.busy")
    app.state.site.rewrite("chat-composer.js", "this.onSend(text);", 'this.onSend(text.trim() || "...");')


@fault("ui-stop-nothing", detected_by={"ui.stop-stops"})
def stop_nothing(app: FastAPI) -> None:
    """The button that stops an answer tells nobody."""
    app.state.site.rewrite("chat-thread.js", "await stop(this.id);", "await [stop, this.id];")
