"""What the service can do wrong, what a release engineer would expect to be told, and the checks that tell it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A defect: its name, what is expected to be told, and which checks say it."""

    name: str
    told: str
    named: frozenset[str]


def fault(name: str, told: str, *named: str) -> Fault:
    """A fault of this name."""
    return Fault(name=name, told=told, named=frozenset(named))


FAULTS = {
    one.name: one
    for one in (
        fault("any-key", "Whatever key is sent opens the first member's threads.", "auth.tampered-refused"),
        fault("no-limit", "No number of requests is too many.", "rate.api-enforced"),
        fault("one-limit", "All members share one limit.", "rate.others-unaffected"),
        fault("anybodys-thread", "Whoever knows a thread's number reads it.", "chat.isolation", "auth.own-things-only"),
        fault("everybodys-list", "The list of threads shows everybody's.", "features.list-own-only", "chat.pages-own"),
        fault("kept-thread", "A thread that was deleted is there.", "chat.deleted-gone", "chat.deleted-unlisted"),
        fault("half-answer", "Answers are cut in the middle, and end as if they were whole.", "stream.text-intact"),
        fault("quiet-failure", "An answer that failed ends as if it were whole.", "stream.reports-failure"),
        fault("lost-spaces", "The spaces between words are lost on the way.", "stream.text-intact"),
        fault("forgets-answers", "What was said is not in the thread afterwards.", "chat.saved-once"),
        fault("no-end", "Answers end without their last event.", "stream.terminal-event"),
        fault("open-figures", "The operator's figures are there for anybody.", "metrics.protected"),
    )
}
