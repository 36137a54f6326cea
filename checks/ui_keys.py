"""Keys, blanks and the button that stops: the page does what somebody meant, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Complaints, Severity, check

if TYPE_CHECKING:
    from gonogo.flows import Asked, Pressed, Stopped, Typed

HERE = {"e2e/web-keys"}
CHAT = {"ui.chat", "ui.sign_in"}


@check("ui.blank-not-sent", Severity.MAJOR, scenarios=HERE, needs=CHAT)
def blank_not_sent(asked: Asked) -> Complaints:
    """
    A message of nothing but blanks is not sent.

    A key that was hit by chance would begin a conversation, or spend a message.

    Fix: do nothing while the field holds no letter, whichever way it is sent.
    """
    for request in asked.requests:
        yield f"{asked.step} had the page send {request}"


@check("ui.typing-stays", Severity.CRITICAL, scenarios=HERE, needs={*CHAT, "ui.keys"})
def typing_stays(typed: Typed) -> Complaints:
    """
    Keys that are shortcuts elsewhere are letters while somebody types a message.

    Nobody could write a sentence with these letters.

    Fix: leave shortcuts of a single key alone where the focus is in a field.
    """
    if typed.found != typed.wanted:
        yield f"“{typed.wanted}” was typed, and “{typed.found}” is in the field"


@check("ui.shortcut-works", Severity.MAJOR, scenarios=HERE, needs={*CHAT, "ui.keys"})
def shortcut_works(pressed: Pressed) -> Complaints:
    """
    The key that shows all shortcuts shows them.

    Who works without a mouse would not learn what the keys do.

    Fix: press the key by hand with the focus in no field.
    """
    if not pressed.shown:
        yield f"pressing {pressed.key} showed no shortcuts"


@check("ui.stop-stops", Severity.CRITICAL, scenarios=HERE, needs={*CHAT, "ui.stop"})
def stop_stops(stopped: Stopped) -> Complaints:
    """
    An answer ends soon after somebody has it stopped.

    People would wait, and pay, for what they do not want to read.

    Fix: have the button tell the service, and the service end the stream.
    """
    if not stopped.ended:
        yield f"the answer went on for {stopped.within_s:g} s after it was stopped"
