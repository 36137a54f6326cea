"""A limit is spent for real, got around in vain, and waited out as long as it says."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest

from gonogo import burst as burst_module
from gonogo.burst import SPOOFS, burst, exceeds, exhaust, renew

if TYPE_CHECKING:
    import asyncio

    from tests.machinery.conftest import Company, Describe, Gather, Reply, Seen, Serve

LIMIT = {"name": "api", "requests": 3, "window_s": 60, "scope": "user", "operations": "*"}
SESSION = {"session": {"method": "GET", "path": "/me", "expect": [200], "headers": {"X-User": "{email}"}}}


REFUSALS = 2 + len(SPOOFS)  # the one too many, the tricks, and the plain one after them


class Limiter:
    """Lets so many requests of each user through, and again after so many refusals; may believe an address."""

    def __init__(self, reply: Reply, promised: str | None = "1", *, believes: str | None = None) -> None:
        self.reply = reply
        self.promised = promised
        self.believes = believes
        self.counts: dict[str, int] = {}
        self.refusals = 0

    async def __call__(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        key = request.headers["x-user"] + request.headers.get(self.believes or "", "")
        if self.refusals == REFUSALS:
            self.counts, self.refusals = {}, 0
        self.counts[key] = self.counts.get(key, 0) + 1
        if self.counts[key] <= 3:
            writer.write(self.reply(200))
            return
        self.refusals += 1
        writer.write(self.reply(429, b"", *([f"Retry-After: {self.promised}"] if self.promised else [])))


@pytest.fixture
def meet(serve: Serve, describe: Describe, company: Gather, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401  a factory
    """People of a target with this limiter; a promised second is over in no time."""
    monkeypatch.setattr(burst_module, "GRACE_S", -0.85)

    def met(limiter: Limiter) -> Company:
        return company(describe(serve(limiter).url, operations=SESSION, promises={"limits": [LIMIT]}))

    return met


async def test_a_limit_is_spent(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """One more than the limit is sent, at once; the last stands for all, in a line that repeats it."""
    people = meet(Limiter(reply))
    alice = people.member()
    limit = people.cast.profile.promises.limits[0]
    done = await burst(alice, alice.request("session"), limit)
    assert [one.status for one in done.exchanges] == [200, 200, 200, 429]
    assert (len(done.accepted), len(done.refused), done.unanswered, done.spent) == (3, 1, [], 0)
    assert [one.status for one in done.spoofed] == [429] * len(SPOOFS)
    assert done.still is not None
    assert done.sent == (*done.exchanges, *done.spoofed, done.still)
    assert 0 < done.took_s < 5
    lines = [record.curl for record in people.records]
    assert lines[3].startswith("for n in $(seq 4); do ")
    assert not any(line.startswith("for") for line in (*lines[:3], *lines[4:]))


async def test_what_was_spent_before_counts(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """Requests of the same window that went before, or between, are told, so that nobody calls the limit early."""
    people = meet(Limiter(reply))
    alice = people.member()
    await alice.do("session")
    done = await burst(alice, alice.request("session"), people.cast.profile.promises.limits[0])
    assert (done.spent, len(done.accepted), len(done.refused)) == (1, 2, 2)
    assert done.freed == 0


async def test_what_leaves_the_window_meanwhile_is_told(
    meet: Any,  # noqa: ANN401  a factory
    reply: Reply,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A request of before whose window ends during the burst leaves room for one more, which is no mistake."""
    people = meet(Limiter(reply))
    alice, limit = people.member(), people.cast.profile.promises.limits[0]
    await alice.do("session")
    later = itertools.count(time.monotonic() + limit.window_s - 0.5, 0.2)
    monkeypatch.setattr(people.cast.budget, "_clock", lambda: next(later))
    assert (await burst(alice, alice.request("session"), limit)).freed == 1


async def test_a_limit_is_waited_out(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """Tricks and others come while the limit is spent; then the wait is as long as the refusal says."""
    people = meet(Limiter(reply))
    alice, bob = people.member(), people.member("bob")
    limit = people.cast.profile.promises.limits[0]
    began = time.monotonic()
    spent = await exhaust(alice, alice.request("session"), limit, [(bob, bob.request("session"))])
    assert [(one.person, one.status) for one in spent.meanwhile] == [("bob", 200)]
    assert spent.recovered is not None
    assert (spent.promised_s, spent.recovered.status) == (1.0, 200)
    assert time.monotonic() - began >= 0.15
    claims = [
        set(one.request.headers) & {pair for fields in SPOOFS for pair in fields.items()} for one in spent.burst.spoofed
    ]
    assert claims == [set(fields.items()) for fields in SPOOFS]


async def test_whoever_is_believed_gets_around(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """A target that believes what a client writes lets it through."""
    people = meet(Limiter(reply, believes="x-real-ip"))
    alice = people.member()
    spent = await exhaust(alice, alice.request("session"), people.cast.profile.promises.limits[0], [])
    assert [one.status for one in spent.burst.spoofed[:3]] == [429, 200, 429]
    assert spent.burst.still is not None
    assert spent.burst.still.status == 429


class FixedWindow(Limiter):
    """Begins to count anew after its second request, as if a window ended then, and whenever it was waited out."""

    async def __call__(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        key = request.headers["x-user"]
        if self.counts.get(key) == 2 and not self.turned:
            self.turned, self.counts[key] = True, 0
        await super().__call__(request, writer)

    turned = False


async def test_a_window_that_ends_meanwhile(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """Where more passed than promised and the limit does not slide, a second burst begins with a window of its own."""
    people = meet(FixedWindow(reply))
    alice = people.member()
    spent = await exhaust(alice, alice.request("session"), people.cast.profile.promises.limits[0], [])
    assert [one.status for one in spent.burst.exchanges] == [200] * 5 + [429]
    assert exceeds(spent.burst)
    assert spent.again is not None
    assert [one.status for one in spent.again.exchanges] == [200, 200, 429, 429]
    assert spent.trail == spent.again.trail


async def test_a_limit_that_slides_is_held_to_its_number(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """One request too many is enough to know, and no second burst is made."""
    people = meet(FixedWindow(reply))
    alice = people.member()
    limit = people.cast.profile.promises.limits[0].model_copy(update={"sliding": True})
    spent = await exhaust(alice, alice.request("session"), limit, [])
    assert [one.status for one in spent.burst.exchanges] == [200] * 4
    assert (spent.again, spent.burst.spoofed) == (None, ())


@pytest.mark.parametrize("promised", [None, "soon", "3600"])
async def test_what_cannot_be_waited_for_is_not(meet: Any, reply: Reply, promised: str | None) -> None:  # noqa: ANN401  a factory
    """A refusal that says nothing, or far too much, is not waited out."""
    people = meet(Limiter(reply, promised))
    alice = people.member()
    spent = await exhaust(alice, alice.request("session"), people.cast.profile.promises.limits[0], [])
    assert spent.recovered is None
    assert spent.promised_s == (3600.0 if promised == "3600" else None)


async def test_an_open_door(serve: Serve, describe: Describe, company: Gather, reply: Reply) -> None:
    """A target without a limit refuses nothing, and there is nothing to wait for."""
    people = company(describe(serve(reply(503)).url, operations=SESSION, promises={"limits": [LIMIT]}))
    alice = people.member()
    spent = await exhaust(alice, alice.request("session"), people.cast.profile.promises.limits[0], [])
    assert (spent.burst.refused, spent.promised_s, spent.recovered) == ([], None, None)
    assert len(spent.burst.unanswered) == 4


@pytest.mark.parametrize(("status", "tries"), [(200, [429, 429, 429]), (401, None)])
async def test_a_session_is_renewed_while_the_limit_is_spent(
    serve: Serve, describe: Describe, company: Gather, reply: Reply, status: int, tries: list[int] | None
) -> None:
    """Where the profile describes a refresh, it is asked for in the midst, and whoever got it asks again."""
    limiter = Limiter(reply)

    async def answered(request: Seen, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            writer.write(reply(status))
        else:
            await limiter(request, writer)

    refresh = {"method": "POST", "path": "/renew", "expect": [200]}
    promises = {"limits": [{**LIMIT, "operations": ["session"]}]}
    profile = describe(serve(answered).url, operations={**SESSION, "refresh": refresh}, promises=promises)
    alice = company(profile).member()
    spent = [await alice.exchange(alice.request("session"), paced=False) for _ in range(4)]
    assert spent[-1].status == 429
    found = await renew(alice, "session", profile.promises.limits[0])
    assert (found and [one.status for one in found.exchanges]) == tries


async def test_nothing_is_renewed_that_has_no_refresh(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """Without a refresh there is nothing to ask again with."""
    people = meet(Limiter(reply))
    assert await renew(people.member(), "session", people.cast.profile.promises.limits[0]) is None
