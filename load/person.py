"""
A person under whose hands the target is loaded: a Locust user that chats, reads, lists and searches.

Each action takes one slot of the person's schedule. A chat is one Locust request whose response time is the time to
the first token from when it was meant, with an exception when the answer is not whole; other calls are requests of
their own. Nothing else is told to Locust, so that its counts stay right.
"""

from __future__ import annotations

import random
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import gevent
from locust import User, task
from locust.exception import StopUser

from gonogo import __version__
from gonogo.operation import build, variables_of
from gonogo.template import Filler
from load.broken import SENTENCES, Broken
from load.client import Answer, Client, Place, wire_format
from load.limits import least_interval_s
from load.measures import Measures
from load.schedule import Schedule
from load.stream import Dialected, Reading, of_status, of_trouble

if TYPE_CHECKING:
    from gonogo.profile import Profile
    from load.profiles import LoadProfile
    from load.session import Session

ACTIONS = {
    "chat": ("send_message",),
    "stop": ("send_message", "stop_message"),
    "history": ("history",),
    "list": ("list_conversations",),
    "search": ("search_conversations",),
    "settings": ("settings",),
    "upload": ("upload",),
    "export": ("export",),
}
"""What each kind of action asks of the target."""
SHORT, LONG = 5, 40
STOPPED_AFTER = 3
SECOND_NS = 1_000_000_000
MS_NS = 1_000_000


class NotWhole(Exception):
    """An answer that is not what it should be; its text is what Locust groups failures by."""


@dataclass(kw_only=True)
class Stagehands:
    """What all people of one process share: the target, the profile of the load, who they can be, what they measured."""

    profile: Profile
    plan: LoadProfile
    run_id: str
    users: int
    addresses: int
    people: list[Session] = field(default_factory=list)
    measures: Measures = field(default_factory=Measures)
    trust: ssl.SSLContext | None = None
    dialected: Dialected | None = None

    def __post_init__(self) -> None:
        """Read what the profile says once for all."""
        profile = self.profile
        self.dialected = Dialected(profile.stream) if profile.stream else None
        if profile.origins.api.startswith("https:"):
            self.trust = ssl.create_default_context(cafile=profile.tls.ca_file)
        self.mix = {name: weight for name, weight in self.plan.mix.items() if self.offers(name)}

    def offers(self, action: str) -> bool:
        """Whether the target offers what an action asks for."""
        return all(name in self.profile.operations for name in ACTIONS[action])

    def every_s(self) -> float:
        """The mean time between two actions of one person, at which no limit is met."""
        operations = {name for action in self.mix for name in ACTIONS[action]} | {"create_conversation"}
        least = least_interval_s(self.profile, operations & set(self.profile.operations), self.users, self.addresses)
        return max(self.plan.every_s, least)

    def place(self, source: str | None) -> Place:
        """Where to connect."""
        url = urlsplit(self.profile.origins.api)
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        if self.profile.connect_to:
            host, _, given = self.profile.connect_to.rpartition(":")
            port = int(given)
        return Place(host=host.strip("[]"), port=port, name=url.hostname or "", source=source, trust=self.trust)


STAGE: dict[str, Stagehands] = {}
"""The one stage of this process, once it is set."""


class Person(User):  # type: ignore[misc]  locust decides at run time which of its users are typed
    """Somebody who uses the target."""

    abstract = True

    def on_start(self) -> None:
        """Be one of the people who have joined, and begin a conversation. Stops where nobody is left to be."""
        self.stage = STAGE["here"]
        if not self.stage.people:
            self.stage.measures.counts["nobody_to_be"] += 1
            raise StopUser
        self.session = self.stage.people.pop()
        self.number = self.session.number
        self.dice = random.Random(f"{self.stage.plan.seed}/acts/{self.number}")  # noqa: S311  no secret
        self.client = Client(self.stage.place(self.session.address))
        self.variables: dict[str, Any] = {**self.session.variables, "query": "load", "media_type": "text/plain"}
        self.words = 0
        self.schedule = Schedule(
            number=self.number,
            every_s=self.stage.every_s(),
            pacing=self.stage.plan.pacing,
            seed=self.stage.plan.seed,
            began_ns=time.monotonic_ns(),
        )
        if "create_conversation" in self.stage.profile.operations:
            self.begin_conversation()
        self.free_ns = time.monotonic_ns()
        gevent.sleep(self.wait_time())

    def on_stop(self) -> None:
        """Leave, and be free for somebody else to be."""
        if not hasattr(self, "session"):
            return
        self.stage.measures.counts["missed"] += self.schedule.missed
        self.client.close()
        self.stage.people.append(self.session)

    def wait_time(self) -> float:
        """How long it is until the next slot, in seconds; Locust waits so long between two actions."""
        self.intended_ns = self.schedule.next(time.monotonic_ns())
        return max((self.intended_ns - time.monotonic_ns()) / SECOND_NS, 0.0)

    @task
    def act(self) -> None:
        """Do one of the things that people do."""
        intended = self.intended_ns
        self.stage.measures.time("schedule_lag", time.monotonic_ns() - max(intended, self.free_ns))
        mix = self.stage.mix
        kind = self.dice.choices(list(mix), list(mix.values()))[0]
        getattr(self, f"do_{kind}")(intended)
        self.free_ns = time.monotonic_ns()

    def begin_conversation(self) -> None:
        """Begin a conversation, in which this person will talk."""
        answer = self.call("create_conversation", time.monotonic_ns(), title=f"load {self.number}")
        source = self.stage.profile.operations["create_conversation"].capture.get("conversation_id", "")
        found = captured(source, answer)
        if found:
            self.variables["conversation_id"] = found

    def do_chat(self, intended_ns: int) -> None:
        """Send a message, and read the answer to its end."""
        self.chat(intended_ns, None)

    def do_stop(self, intended_ns: int) -> None:
        """Send a message, and stop the answer after a few tokens, which takes the next slot too."""
        self.chat(intended_ns, STOPPED_AFTER)
        self.schedule.next(time.monotonic_ns())
        self.call("stop_message", time.monotonic_ns())

    def do_history(self, intended_ns: int) -> None:
        """Read the conversation."""
        self.call("history", intended_ns)

    def do_list(self, intended_ns: int) -> None:
        """List the conversations."""
        self.call("list_conversations", intended_ns)

    def do_search(self, intended_ns: int) -> None:
        """Search the conversations."""
        self.call("search_conversations", intended_ns)

    def do_settings(self, intended_ns: int) -> None:
        """Look at the settings."""
        self.call("settings", intended_ns)

    def do_upload(self, intended_ns: int) -> None:
        """Upload a small file."""
        self.call("upload", intended_ns, filename=f"load-{self.number}.txt", content="a small file " * 20)

    def do_export(self, intended_ns: int) -> None:
        """Export the conversation."""
        chosen = [self.variables.get("conversation_id", "")]
        self.call("export", intended_ns, conversation_ids=chosen, formats=["json"])

    def question(self) -> str:
        """A question of varied length, which nobody has asked before, so that no cache can answer it."""
        self.words += 1
        count = self.dice.randint(SHORT, LONG)
        words = " ".join(f"w{self.number}x{self.words}y{place}" for place in range(count))
        template = self.stage.profile.means.fixed_prompt
        if template is None:
            return f"Tell me something about each of these: {words}"
        return Filler(operation="load", variables={"words": words}, environ={}).text(template)

    def chat(self, intended_ns: int, stop_after: int | None) -> None:
        """Send a message, measure the answer, and tell Locust once."""
        stage = self.stage
        if stage.dialected is None:
            raise StopUser
        reading = Reading(stage.dialected, stop_after)
        data = self.bytes_of("send_message", content=self.question())
        answer = self.client.send(data, reading)
        broken = reading.judge(answer, stage.profile.operations["send_message"].expect)
        stage.measures.chat(intended_ns, answer, reading, broken)
        first = reading.first_token_ns or answer.ended_ns
        self.told("CHAT", "chat" if stop_after is None else "chat, stopped", first - intended_ns, broken, reading.said)

    def call(self, operation: str, intended_ns: int, **values: Any) -> Answer:  # noqa: ANN401  a template takes any value
        """Send a plain request, measure it, and tell Locust."""
        described = self.stage.profile.operations[operation]
        answer = self.client.send(self.bytes_of(operation, **values), head=described.method == "HEAD")
        broken = judged_call(answer, described.expect)
        self.stage.measures.call(operation, intended_ns, answer, broken)
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
        known = {**self.variables, **values}
        for name in variables_of(profile, operation):
            known.setdefault(name, "")
        if "conversation_id" in known and not known["conversation_id"]:
            known["conversation_id"] = "none"
        request = build(profile, operation, known, credentials=self.session.credentials)
        fields = [("Accept", "*/*"), ("User-Agent", f"gonogo/{__version__} ({self.stage.run_id})")]
        return wire_format(request, urlsplit(request.url).netloc, fields)


def judged_call(answer: Answer, expected: tuple[int, ...]) -> Broken | None:
    """What is wrong with the answer to a plain request, None if nothing is."""
    if answer.status and answer.status not in expected:
        return of_status(answer.status)
    if answer.complete:
        return None
    trouble = of_trouble(answer, framed_by_close=False)
    framed = answer.header(b"content-length") or answer.header(b"transfer-encoding")
    return None if trouble is Broken.CUT and answer.headers_ns and not framed else trouble


def captured(source: str, answer: Answer) -> str | None:
    """What a JSON pointer finds in an answer; other sources are not read under load."""
    kind, _, pointer = source.partition(":")
    if kind != "json" or not answer.complete:
        return None
    from gonogo.dialect import at_pointer, document_of  # noqa: PLC0415  only here

    found = at_pointer(document_of(answer.body.decode("utf-8", "replace")), pointer)
    return found if isinstance(found, str) else None if found is None else str(found)
