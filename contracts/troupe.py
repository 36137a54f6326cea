"""
Who sends the requests: members with sessions of their own, and nobody, each within the limits that are promised.

What a member was given by the target, such as an id, is that member's; who asks for it again is the same member. On
loopback whoever is counted by address calls from another address before the limit is reached.
"""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from gonogo.addresses import loopback_address
from gonogo.cookies import parse_set_cookie
from gonogo.member import Member
from gonogo.trouble import HarnessTrouble, Trouble

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from contracts.routes import Route
    from gonogo.people import Cast, Person

T = TypeVar("T")
SCENARIO = "people"
AT_ONCE = 6
SPARE = 0.9
"""The share of a limit that is used before somebody else goes on."""
ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|\b[0-9a-f]{16,64}\b|\b(?=[A-Za-z_-]*\d)[\w-]{18,64}\b")
MOST_ENDED = 3
JOIN_S = 120.0


class FromAddress(HTTPAdapter):
    """Connects from one source address."""

    def __init__(self, address: str | None) -> None:
        self.address = address
        super().__init__(pool_connections=2, pool_maxsize=4)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  as requests passes them
        """Have the pool bind its connections."""
        if self.address:
            kwargs["source_address"] = (self.address, 0)
        super().init_poolmanager(*args, **kwargs)


@dataclass(kw_only=True)
class Hand:
    """Who sends one request, from where, over which connections."""

    person: Person | None
    address: str
    session: requests.Session


@dataclass(kw_only=True)
class Troupe:
    """Everybody who may send; used from one thread at a time."""

    cast: Cast
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    members: list[Person] = field(default_factory=list)
    owners: dict[str, Person] = field(default_factory=dict)
    sessions: dict[str, requests.Session] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    count: int = 0
    addresses: int = 0
    place: str = ""

    def __post_init__(self) -> None:
        """Have a loop of its own for what joins and waits."""
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def wait_for(self, coroutine: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        """What a coroutine returns."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    # -- members

    def gather(self, count: int) -> None:
        """Have so many members, or as many as the target lets in. Raises HarnessTrouble for nobody."""
        self.wait_for(self._join_all(count), JOIN_S * count)
        if not self.members:
            raise HarnessTrouble("nobody could join the target")

    async def _join_all(self, count: int) -> None:
        turn = asyncio.Semaphore(AT_ONCE)

        async def join() -> None:
            async with turn:
                await self._join()

        await asyncio.gather(*(join() for _ in range(count)))

    async def _join(self) -> Person | None:
        self.count += 1
        name = "alice" if self.count == 1 else f"member{self.count}"
        person = self.cast.person(name)
        try:
            await Member(person, self.cast, SCENARIO).join()
        except Trouble as trouble:
            self.cast.say(f"{name} could not join: {trouble}")
            return None
        self.members.append(person)
        return person

    def replaced(self, person: Person) -> None:
        """Have somebody else in the place of a member whose session is gone."""
        self.gone(person)
        if self.cast.profile.identity.sign_up == "harness":
            self.wait_for(self._join(), JOIN_S)
        else:
            person.signed_in_by = None
            self.wait_for(self._again(person), JOIN_S)

    async def _again(self, person: Person) -> None:
        await Member(person, self.cast, SCENARIO).sign_in()
        self.members.append(person)

    def gone(self, person: Person) -> None:
        """Count a member out."""
        self.members = [one for one in self.members if one is not person]

    def is_signed_in(self, person: Person) -> bool:
        """Whether a member's session still counts, by an operation that only reads."""
        if "session" not in self.cast.profile.operations:
            return True
        return self.wait_for(Member(person, self.cast, SCENARIO).attempt("session"), JOIN_S).ok

    # -- who sends

    def member_for(self, route: Route, text: str) -> Person:
        """The member whose ids stand in a text, or else who has done least. Raises HarnessTrouble for nobody."""
        owner = self.owner_of(text)
        if owner is not None and owner in self.members and self.has_room(route, owner):
            return owner
        if not self.members:
            self.wait_for(self._join(), JOIN_S)
        if not self.members:
            raise HarnessTrouble("no member is left, and nobody else could join")
        return min(self.members, key=lambda one: self.spent(route, one))

    def has_room(self, route: Route, person: Person) -> bool:
        """Whether a member can send at once; where everybody calls from one address, waiting is as good as any."""
        limit = self.cast.budget.limit_for(route.operation)
        if limit is None or not self.cast.profile.met_from_loopback:
            return True
        return self.spent(route, person) < limit.requests * SPARE

    def another(self, than: Person) -> Person | None:
        """Some other member."""
        return next((one for one in self.members if one.account.id != than.account.id), None)

    def owner_of(self, text: str) -> Person | None:
        """Whose ids stand in a text."""
        return next((self.owners[one] for one in ID.findall(text) if one in self.owners), None)

    def spent(self, route: Route, person: Person) -> int:
        """How much of the limit a member has used."""
        limit = self.cast.budget.limit_for(route.operation)
        return self.cast.budget.spent(limit, person.account.id, person.address or "") if limit else 0

    def hand(self, route: Route, person: Person | None) -> Hand:
        """Somebody, from an address that the limits let through."""
        limit = self.cast.budget.limit_for(route.operation)
        address = person.address or "" if person else self.place
        if limit and (limit.scope == "address" or person is None):
            address = self.free_address(route)
        return Hand(person=person, address=address, session=self.session_from(address))

    def free_address(self, route: Route) -> str:
        """An address that has room; the next one where the last has not. The one that there is, off loopback."""
        limit = self.cast.budget.limit_for(route.operation)
        room = limit is None or self.cast.budget.spent(limit, "", self.place) < limit.requests * SPARE
        if not self.place or not room:
            self.addresses += 1
            url, run = self.cast.profile.origins.api, f"{self.cast.run_id}-anybody"
            self.place = loopback_address(url, run, self.addresses) or ""
        return self.place

    def session_from(self, address: str) -> requests.Session:
        """Connections from an address."""
        if address not in self.sessions:
            session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # who sends says which cookies go out
            session.mount("https://", FromAddress(address or None))
            session.mount("http://", FromAddress(address or None))
            self.sessions[address] = session
        return self.sessions[address]

    def pace(self, route: Route, hand: Hand) -> None:
        """Wait until the limits let a request through, and count it."""
        user = hand.person.account.id if hand.person else ""
        self.wait_for(self.cast.budget.take(route.operation, user, hand.address))

    # -- what came back

    def learn(self, person: Person | None, text: str) -> None:
        """Remember whose the ids of a good answer are."""
        if person:
            for one in ID.findall(text):
                self.owners.setdefault(one, person)

    def hear_cookies(self, person: Person | None, fields: list[str]) -> None:
        """Keep what an answer sets out of everything that is written down."""
        for cookie in map(parse_set_cookie, fields):
            if len(cookie.value) >= 16:  # noqa: PLR2004  shorter is no session's
                prefix = person.prefix if person else "GONOGO_"
                self.cast.vault.add(
                    cookie.value, f"{prefix}COOKIE_{re.sub('[^A-Za-z0-9]+', '_', cookie.name).strip('_').upper()}"
                )

    def close(self) -> None:
        """Close every connection."""
        for session in self.sessions.values():
            session.close()
        self.wait_for(self.cast.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
