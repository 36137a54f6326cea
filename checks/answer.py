"""Answers that are cut, stopped, left or asked for twice: nothing is lost, nothing doubled, nothing goes on unheard."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from checks.chat import kept_apart, keyed_strings, strings
from checks.leaks import leaks_of_health
from gonogo.check import Severity, check
from gonogo.exchange import StreamedExchange
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal
    from gonogo.talking import Left, Resumed, Retried, Stopped

CHAT = {"chat"}
SPOKEN = {"create_conversation", "send_message", "messages-in-conversations"}
STOPS_WITHIN_S = 2.0
BEING_ANSWERED = 409


@check("chat.resumed-whole", Severity.MAJOR, scenarios=CHAT, needs={*SPOKEN, "resume_message", "means.fixed_prompt"})
def resumed_whole(resumed: Resumed, words: str) -> Complaints:
    """
    Who was cut off and comes back with Last-Event-ID hears the rest: nothing twice, nothing lost (WHATWG HTML, 9.2.4).

    A phone changes its network many times a day; each time the answer must go on where it was.

    Fix: number the events of an answer, keep what was told, and go on after the number that the client names.
    """
    cut, rest = resumed.cut, resumed.rest
    if any(event.terminal for event in cut.events):
        raise NotEvaluable("the answer was over before its client could be cut off")
    if not rest.ok:
        yield f"who came back for the rest was answered with {rest.status or rest.failure}"
        return
    events = rest.events if isinstance(rest, StreamedExchange) else ()
    said = cut.said + (rest.said if isinstance(rest, StreamedExchange) else "")
    lost = [word for word in words.split() if word not in said]
    doubled = [word for word in words.split() if said.count(word) > 1]
    twice = {event.id for event in cut.events if event.id} & {event.id for event in events}
    if lost:
        yield f"{len(lost)} of {len(words.split())} words were lost when the client came back: {' '.join(lost[:3])}"
    if doubled or twice:
        yield f"{len(doubled)} words and {len(twice)} events came twice when the client came back"
    if not any(event.terminal for event in events):
        yield f"the rest has no terminal event among its {len(events)}"


@check("stream.failure-clean", Severity.CRITICAL, scenarios=CHAT, needs={"send_message", "means.fail_prompt"})
def failure_tells_nothing(reply: StreamedExchange) -> Complaints:
    """
    A stream that reports a failure tells nothing of the inside: no key, no trace, no backend (OWASP ASVS 5.0, 16.5.1).

    Providers quote the key that they refuse, and libraries the address that they could not reach.

    Fix: send a sentence of your own in the error event, and write the provider's into the log.
    """
    errors = [event for event in reply.events if event.error is not None]
    if not errors:
        raise NotEvaluable("the stream reports no failure that could tell anything")
    for event in errors:
        yield from (f"the error event shows {found}" for found in leaks_of_health(event.data))


@check("chat.isolation-resume", Severity.BLOCKER, scenarios=CHAT, needs={*SPOKEN, "resume_message"})
def others_cannot_resume(refusals: Sequence[Refusal]) -> Complaints:
    """
    Nobody hears the rest of another member's answer (OWASP API1:2023).

    The stream of an answer is the conversation by another door.

    Fix: look the answer up by its conversation, and that by its owner, also where a stream goes on.
    """
    yield from kept_apart(refusals, "resuming in")


@check("chat.stop-ends", Severity.MAJOR, scenarios=CHAT, needs={*SPOKEN, "stop_message", "means.fixed_prompt"})
def stop_ends_the_answer(stopped: Stopped, words: str) -> Complaints:
    """
    An answer that is stopped ends within two seconds, in the middle of its words.

    Who stops an answer has read enough of it, and pays for every further word.

    Fix: tell the worker that writes the answer, whichever it is, and close the request to the model.
    """
    if stopped.went_on_s > STOPS_WITHIN_S:
        yield f"the answer went on for {stopped.went_on_s:.1f} s after its stop, within {STOPS_WITHIN_S:.1f} s expected"
    elif words in stopped.reply.said:
        raise NotEvaluable("the answer was over before it could be stopped")


@check("chat.stop-told", Severity.MAJOR, scenarios=CHAT, needs={*SPOKEN, "stop_message", "means.fixed_prompt"})
def stop_is_told(stopped: Stopped) -> Complaints:
    """
    An answer that is stopped ends with its terminal event, as every other does.

    A stream that just breaks off looks like a lost connection, and the client asks for the rest again.

    Fix: send the terminal event, with its reason, from the block that closes the stream, whatever ended it.
    """
    if not any(event.terminal for event in stopped.reply.events):
        yield f"the stopped stream broke off after {len(stopped.reply.events)} events without a terminal event"


@check(
    "chat.stop-kept",
    Severity.MAJOR,
    scenarios=CHAT,
    needs={*SPOKEN, "stop_message", "history", "means.fixed_prompt"},
)
def stop_keeps_what_was_said(history: Exchange, stopped: Stopped) -> Complaints:
    """
    What a stopped answer had said is in the history, as it was read.

    People stop an answer because it has said what they need.

    Fix: save what was said so far when an answer ends early, whatever ended it.
    """
    said = stopped.reply.said.strip()
    if not said:
        raise NotEvaluable("the answer was stopped before it said anything")
    if not any(text.startswith(said) for text in strings(history.json())):
        yield f"the history lacks what was said before the stop: {said[:60]!r}"


@check("chat.retry-adds-nothing", Severity.MAJOR, scenarios=CHAT, needs={*SPOKEN, "history", "promises.message_key"})
def retry_adds_nothing(retried: Retried, question: str) -> Complaints:
    """
    A message that is sent again with the same key is there once, and gets the same answer.

    A client that lost the answer tries again; without a key that counts, it asks, and pays, twice.

    Fix: keep the key with the message under a unique index, and answer a known key with what was answered.
    """
    told = [one for one in (*retried.together, retried.again) if one.ok and isinstance(one, StreamedExchange)]
    if not any(one in told for one in retried.together):
        raise NotEvaluable("the message was not answered at all")
    for one in retried.together:
        if not one.ok and one.status != BEING_ANSWERED:
            yield f"one of two messages with the same key was answered with {one.status or one.failure}"
    if not retried.again.ok:
        yield f"the message was sent again with its key, and answered with {retried.again.status}"
    if len({one.said for one in told}) > 1:
        yield f"the same key got different answers: {told[0].said[:40]!r} and {told[-1].said[:40]!r}"
    texts = list(keyed_strings(retried.history.json()))
    for side, text in (("question", question), ("answer", told[0].said)):
        found = max(Counter(key for key, one in texts if one == text).values(), default=0)
        if found != 1:
            yield f"after three messages with one key the {side} stands {found} times in the history, once expected"


@check(
    "chat.leaving-ends",
    Severity.MAJOR,
    scenarios=CHAT,
    needs={*SPOKEN, "history", "promises.abandoned_s", "means.fixed_prompt"},
)
def unheard_answer_ends(left: Left, question: str, words: str) -> Complaints:
    """
    An answer that nobody hears any more is not written to its end.

    Closed tabs would go on costing money, and hold the places of those who wait.

    Fix: notice that the client is gone, and close the request to the model.
    """
    if any(event.terminal for event in left.cut.events):
        raise NotEvaluable("the answer was over before its client left")
    if left.history is None:
        raise NotEvaluable("there is no history to see what was written")
    if any(words in text for text in strings(left.history.json()) if text != question):
        yield f"the client left at the first word, and all {len(words.split())} were written"


@check(
    "chat.leaving-frees",
    Severity.CRITICAL,
    scenarios=CHAT,
    needs={*SPOKEN, "history", "promises.abandoned_s", "means.fixed_prompt"},
)
def unheard_answer_makes_room(left: Left, promised_s: float | None) -> Complaints:
    """
    After an answer that nobody heard out, the next message is answered.

    A conversation that stays busy for a client that is gone is lost to its owner.

    Fix: free the conversation in the block that ends an answer, whatever ended it.
    """
    if left.next is None:
        raise NotEvaluable("nothing was said afterwards")
    if left.next.broke_off:
        raise NotEvaluable(f"the next answer broke off as well: {left.next.failure}")
    if not left.next.ok:
        got = left.next.status or left.next.failure
        yield f"{promised_s:g} s after a client left, the next message was answered with {got}"
