"""Says in ten lines at most why a verdict is what it is, what would change it, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.published import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gonogo.published import Verdict

REASONS_SHOWN = 3
CHANGES_SHOWN = 3
LONGEST = 300


def explain(verdict: Verdict) -> str:
    """The verdict, its rule, what made it match, what would change it, and the action: one line each."""
    return "\n".join(plain(line) for line in lines(verdict))


def lines(verdict: Verdict) -> Iterator[str]:
    """The lines, at most ten: verdict and rule, a few reasons, a few changes, the action."""
    conditional = " with conditions" if verdict.conditional else ""
    yield f"{verdict.verdict}{conditional}: {verdict.target.name} at {verdict.target.base_url or 'no known address'}"
    yield f"Rule {verdict.decided_by.rule}: {verdict.decided_by.sentence}"
    yield from first("because", verdict.decided_by.reasons, REASONS_SHOWN)
    yield from first("it changes", changes(verdict), CHANGES_SHOWN)
    yield f"Action: {verdict.action}{rollback(verdict)}"


def plain(line: str) -> str:
    """A line that a target's words cannot break, colour or turn around, cut to a readable length."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in " ".join(line.split()))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def first(word: str, sentences: Sequence[str], shown: int) -> Iterator[str]:
    """The first few sentences, the last of them with how many more there are."""
    more = len(sentences) - shown
    for number, sentence in enumerate(sentences[:shown], start=1):
        yield f"{word}: {sentence}" + (f" (and {more} more)" if number == shown and more > 0 else "")


def rollback(verdict: Verdict) -> str:
    """The triggers that fired."""
    fired = [trigger.id for trigger in verdict.triggers if trigger.state == "fired"]
    return f" (fired: {', '.join(fired)})" if fired else ""


def changes(verdict: Verdict) -> tuple[str, ...]:
    """Of a GO the ways out of it, which name what they lead to; of anything else all that must be so at once."""
    if verdict.verdict is Decision.GO:
        return tuple(f"to {way}" for way in verdict.would_change_if)
    return tuple(f"if {fact}" for fact in verdict.would_change_if)
