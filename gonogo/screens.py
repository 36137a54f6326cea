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


class Ui(Section):
    """The pages of the target."""

    ready: str | None = Field(
        default=None, min_length=1, description="A CSS selector of what is there once a page has finished its set-up."
    )
    sign_in: SignInPage | None = Field(default=None, description="The page where members sign in.")
    chat: ChatPage | None = Field(default=None, description="The page where members talk to a model.")
    sign_out: Locator | None = Field(default=None, description="What signs out, on every page of a member.")
    pages: tuple[Path, ...] = Field(default=(), description="Further pages of a member, which are opened and watched.")
