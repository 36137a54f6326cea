"""Conversations: what was asked is answered, kept once, and shown to nobody else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from checks.refusal import FORBIDDEN, INVALID, refused_with
from gonogo.check import Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal, StreamedExchange

CHAT = {"chat"}
SAID_IN_CONVERSATIONS = {"create_conversation", "send_message", "messages-in-conversations"}


@check("chat.answers", Severity.CRITICAL, scenarios=CHAT, needs={"send_message", "means.fixed_prompt"})
def says(reply: StreamedExchange, words: str) -> Complaints:
    """
    The model answers what it was asked.

    A stream can be perfect in form and come from the wrong model, an empty prompt or a cache of
    somebody else's question.

    Fix: look at which provider and which prompt the message really reached.
    """
    if words.casefold() not in reply.said.casefold():
        yield f"asked for the words {words!r}, it said {reply.said[:120]!r}"


@check("chat.whole-answer", Severity.CRITICAL, scenarios=CHAT, needs={"send_message", "means.fixed_prompt"})
def says_all(reply: StreamedExchange, words: str) -> Complaints:
    """
    An answer of some length is written to its end, and once.

    A short default for the most tokens, or a proxy's limit, cuts each answer that is worth something, and the stream
    ends in good form all the same. A call to the model that is tried again leaves in it what the first had said.

    Fix: say how long an answer may be with each request to the model, and look where a stream tells why it ended.
    """
    if began_again(reply.said.casefold().strip(), words.casefold()):
        yield "the answer begins twice: its first words come again before the rest"
        return
    wanted, said = words.casefold().split(), set(reply.said.casefold().split())
    missing = [number for number, word in enumerate(wanted) if word not in said]
    if missing and missing[0] and len(missing) == len(wanted) - missing[0]:
        yield f"the answer stops after {missing[0]} of {len(wanted)} words"
    elif missing:
        yield f"the answer lacks {len(missing)} of {len(wanted)} words, the first of them number {missing[0] + 1}"


def began_again(said: str, words: str) -> bool:
    """Whether the answer is some of its beginning, and then the whole of it."""
    beginning = said.removesuffix(words)
    return bool(beginning) and beginning != said and words.startswith(beginning.strip())


@check(
    "chat.remembers",
    Severity.CRITICAL,
    scenarios=CHAT,
    needs={*SAID_IN_CONVERSATIONS, "means.fixed_prompt", "means.recall_prompt"},
)
def remembers(reply: StreamedExchange, words: str) -> Complaints:
    """
    The model knows what was said before in the same conversation.

    A history that is kept and shown, and not sent along, is one that only people remember.

    Fix: send what was said before with each message, as far as it fits, and look at what a proxy leaves of it.
    """
    if words.casefold() not in reply.said.casefold():
        yield f"asked what was said just before, which was {words!r}, it said {reply.said[:120]!r}"


@check(
    "chat.saved-once",
    Severity.CRITICAL,
    scenarios=CHAT,
    needs={"history", *SAID_IN_CONVERSATIONS},
)
def keeps_both_sides(history: Exchange, question: str, reply: StreamedExchange) -> Complaints:
    """
    After the stream both sides are in the history, each exactly once, word for word.

    A message that is lost or doubled is a conversation that cannot be trusted.

    Fix: save both messages in transactions of their own, under the id that the stream told.
    """
    texts = list(keyed_strings(history.json()))
    for side, text in (("question", question), ("answer", reply.said)):
        found = max(Counter(key for key, one in texts if one == text).values(), default=0)
        if found != 1:
            yield f"the {side} stands {found} times in the history, once expected: {text[:60]!r}"


def keyed_strings(node: Any, key: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  JSON has no narrower type
    """Every text in a JSON document with the name of the field that holds it: a title may say what a message says."""
    if isinstance(node, str):
        yield key, node
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from keyed_strings(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from keyed_strings(value, key)


def strings(node: Any) -> Iterator[str]:  # noqa: ANN401  JSON has no narrower type
    """Every text in a JSON document, wherever it stands."""
    yield from (text for _, text in keyed_strings(node))


@check("chat.isolation", Severity.BLOCKER, scenarios=CHAT, needs={"create_conversation", "send_message", "history"})
def others_cannot_read(refusals: Sequence[Refusal]) -> Complaints:
    """
    Nobody reads another member's conversation (OWASP API1:2023).

    It is the one thing that a chat service must never get wrong.

    Fix: look every object up by its id and its owner together.
    """
    yield from kept_apart(refusals, "look at")


def kept_apart(refusals: Sequence[Refusal], act: str) -> Complaints:
    """
    Complain of each who got at another member's conversation.

    Raises NotEvaluable unless each of them is shown to have a session that is alive.
    """
    alive = {twin.person for refusal in refusals for twin in (refusal.before, refusal.after) if twin}
    for refusal in refusals:
        who = refusal.refused.person
        if who not in alive:
            raise NotEvaluable(f"nothing shows that {who}'s session is alive, so that a refusal proves nothing")
        yield from refused_with(refusal, (401, *FORBIDDEN), f"{who}'s {act} another member's conversation")


@check("chat.isolation-writing", Severity.BLOCKER, scenarios=CHAT, needs=SAID_IN_CONVERSATIONS)
def others_cannot_write(refusals: Sequence[Refusal]) -> Complaints:
    """
    Nobody speaks in another member's conversation (OWASP API1:2023).

    Whoever can write there can put words in somebody's mouth, and spend what they paid for.

    Fix: look the conversation up by its id and its owner together, for writing as for reading.
    """
    yield from kept_apart(refusals, "message in")


@check("chat.separate", Severity.BLOCKER, scenarios=CHAT, needs={"send_message", "means.fixed_prompt"})
def streams_do_not_mix(told: Sequence[tuple[StreamedExchange, str]]) -> Complaints:
    """
    Streams that run at the same time keep their words apart.

    Shared state between requests shows one member what another one asked.

    Fix: keep nothing of a stream in module or class variables, and key caches by the whole prompt.
    """
    for reply, mine in told:
        said = reply.said.split()
        theirs = [words for _, words in told if words != mine]
        strange = [word for words in theirs for word in words.split() if word in said]
        whole = [words for words in theirs if words in reply.text]
        if strange or whole:
            yield f"{reply.person}'s stream holds the words {' '.join(strange or whole)!r} of another one"
        if mine not in reply.said:
            yield f"{reply.person}'s stream lacks its own words {mine!r}"


@check(
    "chat.separate-histories",
    Severity.BLOCKER,
    scenarios=CHAT,
    needs={"history", "means.fixed_prompt", *SAID_IN_CONVERSATIONS},
)
def histories_do_not_mix(kept: Sequence[tuple[Exchange, str]]) -> Complaints:
    """
    What is kept of answers that were given at the same time is kept where it belongs.

    A stream can be clean, and the history show another member's answer for ever.

    Fix: pass the answer on as a value; keep none in a module or class variable until it is saved.
    """
    for history, mine in kept:
        texts = list(strings(history.json()))
        theirs = [word for _, words in kept if words != mine for word in words.split()]
        strange = [word for word in theirs if any(word in text for text in texts)]
        if strange:
            yield f"{history.person}'s history holds the words {' '.join(strange)!r} of another conversation"
        if not any(mine in text for text in texts):
            yield f"{history.person}'s history lacks its own words {mine!r}"


@check("chat.blank-refused", Severity.MAJOR, scenarios=CHAT, needs={"send_message", "promises.blank_refused"})
def blank_is_refused(refusal: Refusal) -> Complaints:
    """
    A message without words is refused, and costs nothing.

    It would spend quota and money on nothing.

    Fix: validate the message before the model is called.
    """
    yield from refused_with(refusal, INVALID, "a blank message")
