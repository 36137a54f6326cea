"""A profile's section about pages: where they are, and what the things on them are called. No I/O."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from gonogo.section import Path, Section

Role = Literal[
    "alert",
    "article",
    "button",
    "checkbox",
    "combobox",
    "dialog",
    "heading",
    "link",
    "log",
    "menuitem",
    "navigation",
    "option",
    "radio",
    "region",
    "searchbox",
    "status",
    "switch",
    "tab",
    "textbox",
]


class Locator(Section):
    """How a thing on a page is found: by its role and name, or by its label, as assistive technology finds it."""

    role: Role | None = Field(default=None, description="Its ARIA role.")
    name: str | None = Field(default=None, min_length=1, description="Its accessible name, whole.")
    label: str | None = Field(default=None, min_length=1, description="Its label, for what has no role: a password.")

    @model_validator(mode="after")
    def _either(self) -> Locator:
        if (self.role is None) == (self.label is None) or (self.name is not None and self.role is None):
            raise ValueError("a locator is a role, with a name if need be, or else a label")
        return self


class SignInPage(Section):
    """The page where members sign in."""

    path: Path = Field(description="Where it is.")
    email: Locator = Field(description="What takes the address.")
    password: Locator = Field(description="What takes the password.")
    submit: Locator = Field(description="What signs in.")


class ChatPage(Section):
    """The page where members talk to a model."""

    path: Path = Field(description="Where a new conversation begins; signing in leads there.")
    message: Locator = Field(description="What takes a message.")
    send: Locator = Field(description="What sends it.")
    answer: Locator = Field(description="Each answer of the model.")
    answer_s: float = Field(default=15.0, gt=0, description="How long an answer may take to be shown.")


class ListPage(Section):
    """The list of conversations, on the page of the chat. {title} in a name stands for a conversation's title."""

    search: Locator = Field(description="What takes the words to look for.")
    conversation: Locator = Field(description="A conversation in the list.")
    actions: Locator = Field(description="What opens the menu of a conversation.")
    rename: Locator = Field(description="What begins to rename it, in that menu.")
    title: Locator = Field(description="What takes its new title.")
    save: Locator = Field(description="What keeps the new title.")
    delete: Locator = Field(description="What deletes it, in that menu.")
    undo: Locator = Field(description="What takes the deletion back.")


class SettingsPage(Section):
    """The page of settings."""

    path: Path = Field(description="Where it is.")
    theme: Locator = Field(description="What chooses the theme.")
    other_theme: str = Field(min_length=1, description="The name of a theme that a new member does not have.")
    save: Locator = Field(description="What keeps the settings.")
    saved: Locator = Field(description="Where the page says that they are kept.")
    saved_text: str = Field(min_length=1, description="What it says there.")


class ExportPage(Section):
    """The page where conversations are downloaded."""

    path: Path = Field(description="Where it is.")
    formats: dict[str, Locator] = Field(min_length=1, description="The box of each format, by the ending of its files.")
    submit: Locator = Field(description="What begins the download.")


class Keys(Section):
    """Keys that do something on the page of the chat."""

    help_key: str = Field(min_length=1, description="The key that shows all shortcuts.")
    help: Locator = Field(description="What shows them.")
    letters: str = Field(min_length=1, description="Keys that do something, and must not while somebody types.")


class Stop(Section):
    """How an answer is stopped."""

    button: Locator = Field(description="What stops the answer that is coming.")
    prompt: str = Field(min_length=1, description="A message whose answer takes much longer than `within_s`.")
    within_s: float = Field(default=5.0, gt=0, description="How soon the answer has to end.")


class Ui(Section):
    """The pages of the target."""

    ready: str | None = Field(
        default=None, min_length=1, description="A CSS selector of what is there once a page has finished its set-up."
    )
    sign_in: SignInPage | None = Field(default=None, description="The page where members sign in.")
    chat: ChatPage | None = Field(default=None, description="The page where members talk to a model.")
    sign_out: Locator | None = Field(default=None, description="What signs out, on every page of a member.")
    list: ListPage | None = Field(default=None, description="The list of conversations.")
    settings: SettingsPage | None = Field(default=None, description="The page of settings.")
    export: ExportPage | None = Field(default=None, description="The page where conversations are downloaded.")
    keys: Keys | None = Field(default=None, description="Keys that do something on the page of the chat.")
    stop: Stop | None = Field(default=None, description="How an answer is stopped.")
    pages: tuple[Path, ...] = Field(default=(), description="Further pages of a member, which are opened and watched.")
