"""A limit that others spend too is waited out, and what they do to our requests is nobody's finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from gonogo import others
from gonogo.choosing import choose
from gonogo.evidence import Checked, Exchanged
from gonogo.trouble import HarnessTrouble, OperationFailed

if TYPE_CHECKING:
    import asyncio

    from tests.machinery.conftest import Company, Describe, Gather, Reply, Seen, Serve

MADE = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "harness"}
SIGN_UP = {"method": "POST", "path": "/signup", "expect": [200]}
OPERATIONS = {"session": {"method": "GET", "path": "/me", "expect": [200]}, "signup": SIGN_UP}
BY_USER = {"name": "api", "requests": 9, "window_s": 60, "scope": "user", "operations": "*"}
BY_ADDRESS, OVERALL = {**BY_USER, "scope": "address"}, {**BY_USER, "scope": "global"}


@dataclass
class Crowded:
    """A target whose limit others have spent for so many requests."""

    reply: Reply
    refusals: int
    told: str = "0"

    async def __call__(self, _: Seen, writer: asyncio.StreamWriter) -> None:
        """Refuse, until it is over."""
        self.refusals -= 1
        refused = self.reply(429, b"", f"Retry-After: {self.told}")
        writer.write(refused if self.refusals >= 0 else self.reply(200))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits longer than told."""
    monkeypatch.setattr(others, "APART_S", 0.0)


@pytest.fixture
def meet(serve: Serve, describe: Describe, company: Gather) -> Any:  # noqa: ANN401  a factory
    """People with lent accounts, or others, at a target."""

    def met(target: Crowded, limit: dict[str, Any] = BY_USER, **sections: Any) -> Company:  # noqa: ANN401  passed on
        described = {"operations": OPERATIONS, "promises": {"limits": [limit]}, **sections}
        return company(describe(serve(target).url, **described))

    return met


async def test_others_are_waited_for(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """With a lent account a refusal is obeyed and said, and the step goes well in the end."""
    people = meet(Crowded(reply, 2))
    assert (await people.member().do("session")).status == 200
    assert [one.status for one in people.of(Exchanged)] == [429, 429, 200]
    assert people.said == ["waiting 0 s: others spend the target's api limit too"] * 2
    assert all(not one.complaints for one in people.of(Checked))


async def test_a_crowd_that_does_not_go_is_no_finding(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """Who is refused again and again cannot say whose fault it is, and says what would help."""
    people = meet(Crowded(reply, 99))
    with pytest.raises(HarnessTrouble, match="which others may have spent: give each gate accounts of its own"):
        await people.member().do("session")
    assert people.of(Checked) == []


async def test_a_crowd_that_never_goes_is_waited_for_once(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """Who waited for a limit in vain does not wait for it again: a target that refuses everything ends the run soon."""
    people = meet(Crowded(reply, 99))
    for _ in range(2):
        with pytest.raises(HarnessTrouble):
            await people.member().do("session")
    assert len(people.of(Exchanged)) == others.TRIES + 1


@pytest.mark.parametrize("told", ["3600", "99999"])
async def test_nobody_waits_for_ever(meet: Any, reply: Reply, told: str) -> None:  # noqa: ANN401  a factory
    """A wait far beyond the window is not waited."""
    people = meet(Crowded(reply, 99, told))
    with pytest.raises(HarnessTrouble):
        await people.member().do("session")
    assert len(people.of(Exchanged)) == 1


async def test_who_is_alone_does_not_wait(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """With an account and an address of one's own, a refusal below the limit is the target's."""
    for limit in (BY_USER, BY_ADDRESS):
        people = meet(Crowded(reply, 1), limit, identity=MADE)
        with pytest.raises(OperationFailed):
            await people.member().do("session")
        assert len(people.of(Exchanged)) == 1


async def test_an_address_may_be_shared(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """Who has no address of one's own shares a limit by address; a limit on everything is always shared."""
    people = meet(Crowded(reply, 1), BY_ADDRESS, identity=MADE)
    alice = people.member()
    alice.person.address = None
    assert (await alice.do("session")).status == 200
    people = meet(Crowded(reply, 1), OVERALL, identity=MADE)
    assert (await people.member().do("session")).status == 200


async def test_a_burst_does_not_wait(meet: Any, reply: Reply) -> None:  # noqa: ANN401  a factory
    """What is not paced, or must show the refusal itself, is sent once."""
    people = meet(Crowded(reply, 2))
    alice = people.member()
    request = alice.request("session")
    assert (await alice.exchange(request, paced=False)).status == 429
    assert (await alice.exchange(request, patient=False)).status == 429


# -- settings -----------------------------------------------------------------------------------------


@dataclass
class Wardrobe:
    """A target that keeps one theme, and for a while another gate that chooses too."""

    reply: Reply
    rivals: int
    theme: str = "dark"
    asked: list[str] = field(default_factory=list)

    async def __call__(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Keep the theme of whoever is ada; the rival undoes it at once."""
        self.asked.append(request.method)
        if request.method == "PATCH":
            self.theme = request.json["theme"]
            writer.write(self.reply(200, {"theme": self.theme}))
            self.rivals -= 1
            self.theme = "rival" if self.rivals >= 0 else self.theme
            return
        mine = "ada" in request.headers.get("x-user", "")
        writer.write(self.reply(200, {"theme": self.theme if mine else "light"}))


@pytest.mark.parametrize(
    ("identity", "rivals", "tries", "clean"), [({}, 2, 2, True), ({}, 99, 4, False), (MADE, 2, 1, False)]
)
async def test_choices_are_made_until_nobody_interferes(
    serve: Serve,
    describe: Describe,
    company: Gather,
    reply: Reply,
    identity: dict[str, Any],
    rivals: int,
    tries: int,
    *,
    clean: bool,
) -> None:
    """In a lent account somebody else may choose meanwhile; what stays wrong is the target's."""
    capture = {"theme_now": "json:/theme"}
    operations = {
        "settings": {
            "method": "GET",
            "path": "/s",
            "expect": [200],
            "capture": capture,
            "headers": {"X-User": "{email}"},
        },
        "update_settings": {
            "method": "PATCH",
            "path": "/s",
            "json": {"theme": "{theme}"},
            "expect": [200],
            "capture": capture,
        },
        "signup": SIGN_UP,
    }
    target = Wardrobe(reply, rivals)
    more = {"identity": identity} if identity else {}
    people = company(describe(serve(target).url, operations=operations, **more))
    choice = await choose(people.member(), people.member("bob"), ["light", "dark"])
    assert choice.clean is clean
    assert target.asked.count("PATCH") == 2 * tries
