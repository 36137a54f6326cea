"""
A person under whose hands the target is loaded: a Locust user that chats, reads, lists and searches.

Each action takes one slot of the person's schedule. A chat is one Locust request whose response time is the time to
the first token from when it was meant, with an exception when the answer is not whole; other calls are requests of
their own. Nothing else is told to Locust, so that its counts stay right.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import gevent
from gevent.queue import LifoQueue
from locust import User, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from gonogo import __version__
from gonogo.dialect import at_pointer, document_of
from gonogo.operation import build
from load.broken import SENTENCES
from load.client import Answer, Client, wire_format
from load.profiles import ACTIONS
from load.schedule import Schedule
from load.stagehands import STAGE
from load.stream import Reading
from load.whole import judged_call
from load.words import question

if TYPE_CHECKING:
    from load.broken import Broken

STOPPED_AFTER = 3
CONNECTIONS = 6  # as many as a browser has to one place
CONVERSATIONS = 3
PATIENCE_S = 10.0
SECOND_NS = 1_000_000_000
MS_NS = 1_000_000


class NotWhole(Exception):
    """An answer that is not what it should be; its text is what Locust groups failures by."""


class Person(User):
    """Somebody who uses the target."""

    abstract = True

    def on_start(self) -> None:
        """Be one of the people who have joined, and begin some conversations. Stops where nobody is left to be."""
        self.stage = STAGE["here"]
        if not self.stage.people:
            self.stage.measures.counts["nobody_to_be"] += 1
            raise StopUser
        self.session = self.stage.people.pop()
        self.number = self.session.number
        self.dice = random.Random(f"{self.stage.plan.seed}/acts/{self.number}")  # noqa: S311  no secret
        self.variables: dict[str, Any] = {**self.session.variables, "query": "load", "media_type": "text/plain"}
        self.words = 0
        self.clients = [Client(self.stage.place(self.session.address)) for _ in range(CONNECTIONS)]
        self.free = LifoQueue(items=list(self.clients))
        self.busy: set[Any] = set()
        self.windows = self.stage.windows()
        self.conversations = LifoQueue(items=[""] * CONNECTIONS)
        if "create_conversation" in self.stage.profile.operations:
            self.conversations = LifoQueue(items=[self.new_conversation() for _ in range(CONVERSATIONS)])
        self.schedule = Schedule(
            number=self.number,
            every_s=self.stage.every_s(),
            pacing=self.stage.plan.pacing,
            seed=self.stage.plan.seed,
            began_ns=time.monotonic_ns(),
        )
        self.held_up_until = time.monotonic_ns()
        gevent.sleep(self.wait_time())

    def stop(self, force: bool = False) -> bool:  # noqa: FBT001, FBT002  Locust's own signature
        """Stop; who is stopping already is not asked twice, which Locust takes for a mistake of its own."""
        if not force and self._state == LOCUST_STATE_STOPPING:
            return False
        return bool(super().stop(force))

    def on_stop(self) -> None:
        """Read what is being said to its end, leave, and be free for somebody else to be."""
        if not hasattr(self, "schedule"):
            return
        gevent.joinall(list(self.busy), timeout=PATIENCE_S)
        self.stage.measures.counts["missed"] += self.schedule.missed
        self.stage.measures.counts["unfinished"] += len(self.busy)
        gevent.killall(list(self.busy))
        for client in self.clients:
            client.close()
        self.stage.people.append(self.session)

    def wait_time(self) -> float:
        """How long it is until the next slot, in seconds; Locust waits so long between two actions."""
        self.intended_ns = self.schedule.next(time.monotonic_ns())
        return max((self.intended_ns - time.monotonic_ns()) / SECOND_NS, 0.0)

    @task
    def act(self) -> None:
        """
        Begin one of the things that people do, without waiting for its end.

        Who waits for an answer before doing the next thing asks less of a slow target, and does not see how slow it is.
        """
        stage, intended = self.stage, self.intended_ns
        if stage.closing:
            gevent.sleep(1.0)
            return
        kind = self.dice.choices(list(stage.mix), list(stage.mix.values()))[0]
        if not self.windows.have_room(ACTIONS[kind]):  # chance may bunch them
            stage.measures.counts["held_back"] += 1
            return
        waits = self.free.empty()
        client = self.free.get()
        now = time.monotonic_ns()
        if waits:
            self.held_up_until = now  # by the target: what is late for that is not our lag
        stage.measures.time("schedule_lag", now - max(intended, self.held_up_until))
        one = gevent.spawn(self.do, kind, intended, client)
        self.busy.add(one)
        one.rawlink(self.busy.discard)
        if stage.plan.pacing == "closed":
            one.join()

    def do(self, kind: str, intended_ns: int, client: Client) -> None:
        """Do one thing over a connection that is free."""
        try:
            getattr(self, f"do_{kind}")(intended_ns, client)
        finally:
            self.free.put(client)

    def new_conversation(self) -> str:
        """Begin a conversation; its id."""
        answer = self.call("create_conversation", time.monotonic_ns(), self.clients[0], title=f"load {self.number}")
        source = self.stage.profile.operations["create_conversation"].capture.get("conversation_id", "")
        self.variables["conversation_id"] = captured(source, answer) or "none"
        return str(self.variables["conversation_id"])

    def do_chat(self, intended_ns: int, client: Client) -> None:
        """Send a message, and read the answer to its end."""
        self.chat(intended_ns, client, None)

    def do_stop(self, intended_ns: int, client: Client) -> None:
        """Send a message, and stop the answer after a few tokens."""
        conversation = self.chat(intended_ns, client, STOPPED_AFTER)
        self.call("stop_message", time.monotonic_ns(), client, conversation_id=conversation)

    def do_history(self, intended_ns: int, client: Client) -> None:
        """Read a conversation."""
        self.call("history", intended_ns, client, conversation_id=self.any_conversation())

    def do_list(self, intended_ns: int, client: Client) -> None:
        """List the conversations."""
        self.call("list_conversations", intended_ns, client)

    def do_search(self, intended_ns: int, client: Client) -> None:
        """Search the conversations."""
        self.call("search_conversations", intended_ns, client)

    def do_settings(self, intended_ns: int, client: Client) -> None:
        """Look at the settings."""
        self.call("settings", intended_ns, client)

    def do_upload(self, intended_ns: int, client: Client) -> None:
        """Upload a small file."""
        content = "a small file " * 20
        self.call("upload", intended_ns, client, filename=f"load-{self.number}.txt", content=content)

    def do_export(self, intended_ns: int, client: Client) -> None:
        """Export a conversation."""
        self.call("export", intended_ns, client, conversation_ids=[self.any_conversation()], formats=["json"])

    def any_conversation(self) -> str:
        """A conversation of this person's, whether somebody writes in it or not."""
        known: str = self.variables.get("conversation_id", "none")
        return known

    def chat(self, intended_ns: int, client: Client, stop_after: int | None) -> str:
        """Send a message where no answer is being written, measure the answer, tell Locust once; the conversation."""
        conversation: str = self.conversations.get()
        try:
            self.talk(intended_ns, client, stop_after, conversation)
        finally:
            self.conversations.put(conversation)
        return conversation

    def talk(self, intended_ns: int, client: Client, stop_after: int | None, conversation: str) -> None:
        """Send a message, and measure the answer."""
        stage = self.stage
        reading = Reading(stage.dialected, stop_after)
        self.words += 1
        content = question(self.dice, f"w{self.number}x{self.words}", stage.profile.means.fixed_prompt)
        data = self.bytes_of("send_message", content=content, conversation_id=conversation)
        answer = client.send(data, reading)
        broken = reading.judge(answer, stage.profile.operations["send_message"].expect)
        stage.measures.chat(intended_ns, answer, reading, broken)
        if stage.raw:
            stage.raw.keep(self.number, intended_ns, answer, reading, broken)
        stage.measures.counts["not_good"] += bool(broken) or not reading.is_in_time(
            intended_ns, stage.profile.slo.goodput
        )
        first = reading.first_token_ns or answer.ended_ns
        self.told("CHAT", "chat" if stop_after is None else "chat, stopped", first - intended_ns, broken, reading.said)

    def call(self, operation: str, intended_ns: int, client: Client, **values: Any) -> Answer:  # noqa: ANN401  a template takes any value
        """Send a plain request, measure it, and tell Locust."""
        described = self.stage.profile.operations[operation]
        answer = client.send(self.bytes_of(operation, **values), head=described.method == "HEAD")
        broken = judged_call(answer, described.expect)
        here = hasattr(self, "schedule")
        self.stage.measures.call(operation, intended_ns, answer, broken, judged=here)
        self.told(described.method, operation, answer.ended_ns - intended_ns, broken, len(answer.body))
        return answer

    def told(self, kind: str, name: str, ns: int, broken: Broken | None, size: int) -> None:
        """Tell Locust of one request."""
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=ns / MS_NS,
            response_length=size,
            context={},
            exception=NotWhole(f"{broken}: {SENTENCES[broken]}") if broken else None,
        )

    def bytes_of(self, operation: str, **values: Any) -> bytes:  # noqa: ANN401  the same
        """A request of this person, as it goes over the wire."""
        profile = self.stage.profile
        self.windows.count(operation)
        known = {**self.variables, **values}
        request = build(profile, operation, known, credentials=self.session.credentials)
        fields = [("Accept", "*/*"), ("User-Agent", f"gonogo/{__version__} ({self.stage.run_id})")]
        return wire_format(request, urlsplit(request.url).netloc, fields)


def captured(source: str, answer: Answer) -> str | None:
    """What a JSON pointer finds in an answer; other sources are not read under load."""
    kind, _, pointer = source.partition(":")
    if kind != "json" or not answer.complete:
        return None
    found = at_pointer(document_of(answer.body.decode("utf-8", "replace")), pointer)
    return found if isinstance(found, str) else None if found is None else str(found)
