"""What a run gives to accounts that stay is removed one by one, at its end or later."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from gonogo import leftovers, private_file
from gonogo.belongings import CONVERSATION, PROJECT, UPLOAD, Belonging, told

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.member import Member
    from gonogo.profile import Profile
    from tests.machinery.conftest import Company, Describe, Gather, Reply, Seen, Serve

PASSWORDS = {"ada": "ada-password", "bob": "bob-password"}
LENT = {
    "session": "cookie",
    "session_source": ["cookie:sid"],
    "sign_up": "accounts",
    "accounts": [{"email": f"{name}@example.com", "password": password} for name, password in PASSWORDS.items()],
}
MADE = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "harness"}
BODY = {"email": "{email}", "password": "{password}"}


def create(path: str, field_name: str, variable: str, id_name: str) -> dict[str, Any]:
    """An operation that creates something."""
    body = {field_name: f"{{{variable}}}"}
    return {"method": "POST", "path": path, "json": body, "expect": [201], "capture": {id_name: "json:/id"}}


def delete(path: str) -> dict[str, Any]:
    """An operation that deletes something."""
    return {"method": "DELETE", "path": path, "expect": [204]}


OPERATIONS: dict[str, Any] = {
    "signup": {"method": "POST", "path": "/signup", "json": BODY, "expect": [202], "credential": "none"},
    "signin": {"method": "POST", "path": "/signin", "json": BODY, "expect": [200], "credential": "none"},
    "create_conversation": create("/chats", "title", "title", "conversation_id"),
    "create_project": create("/projects", "name", "project_name", "project_id"),
    "create_order": create("/orders", "plan", "plan", "order_id"),
    "delete_conversation": delete("/chats/{conversation_id}"),
    "delete_project": delete("/projects/{project_id}"),
}


@dataclass
class Shelf:
    """A service on which members keep things; sessions end when it is told so."""

    reply: Reply
    things: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    stubborn: set[str] = field(default_factory=set)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def __call__(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Answer anything."""
        writer.write(self.answer(request))

    def answer(self, request: Seen) -> bytes:
        """Sign in, keep a thing, or delete one."""
        if request.path == "/signup":
            return self.reply(202)
        if request.path == "/signin":
            session = f"{request.json['email']}-{next(self.numbers)}"
            self.sessions.add(session)
            return self.reply(200, b"", f"Set-Cookie: sid={session}")
        if request.headers.get("cookie", "").removeprefix("sid=") not in self.sessions:
            return self.reply(401)
        if request.method == "GET":
            return self.reply(200, {"id": "1"})
        return self.keep(request) if request.method == "POST" else self.drop(request.path)

    def keep(self, request: Seen) -> bytes:
        """Keep a thing."""
        path = f"{request.path}/{next(self.numbers)}"
        self.things[path] = request.headers["cookie"]
        return self.reply(201, {"id": path.rpartition("/")[2]})

    def drop(self, path: str) -> bytes:
        """Delete a thing."""
        if path in self.stubborn:
            return self.reply(500)
        self.deleted.append(path)
        return self.reply(204 if self.things.pop(path, None) else 404)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the private files are."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "gonogo"


@pytest.fixture
def shelf(reply: Reply) -> Shelf:
    """The service."""
    return Shelf(reply)


@pytest.fixture
def profile(serve: Serve, describe: Describe, shelf: Shelf) -> Profile:
    """Its profile, with two accounts that are lent."""
    return describe(serve(shelf).url, identity=LENT, operations=OPERATIONS)


@pytest.fixture
def people(profile: Profile, company: Gather) -> Company:
    """People whose belongings are remembered."""
    return remembered(company(profile), profile)


def remembered(people: Company, profile: Profile) -> Company:
    """People whose belongings are written down."""
    people.cast.hold = lambda one: private_file.hold("run-1", profile, one)
    people.cast.keep = lambda account: private_file.keep("run-1", profile, account)
    return people


def files(folder: Path) -> list[Path]:
    """What is in a folder."""
    return list(folder.iterdir())


async def busy(member: Member) -> Member:
    """A member who has made a project and two conversations."""
    await member.join()
    await member.do("create_project", project_name="kitchen")
    await member.create_conversation("sink")
    await member.create_conversation("stove")
    return member


async def test_belongings_of_lent_accounts_go(people: Company, shelf: Shelf, state: Path) -> None:
    """The last goes first, whoever made it, and the private file goes with the last of all."""
    await busy(people.member())
    await people.member("bob").join()
    await people.member("bob").create_conversation("his")
    made = list(shelf.things)
    assert len(made) == 4
    await leftovers.remove(people.cast)
    assert shelf.things == {}
    assert shelf.deleted == made[::-1]
    assert files(state) == []
    assert people.said == []


async def test_the_private_file_holds_no_lent_password(people: Company, state: Path) -> None:
    """Of lent accounts only ids and the place in the profile's list are written down."""
    await busy(people.member("bob"))
    text = (state / "run-1.json").read_text(encoding="utf-8")
    assert [(one["kind"], one["owner"]) for one in json.loads(text)["belongings"]] == [
        ("project", "1"),
        ("conversation", "1"),
        ("conversation", "1"),
    ]
    assert not any(secret in text for secret in (*PASSWORDS.values(), "@example.com"))


async def test_a_lost_session_is_had_again(people: Company, shelf: Shelf) -> None:
    """Who was signed out signs in once more, and not once for each thing."""
    await busy(people.member())
    shelf.sessions.clear()
    await leftovers.remove(people.cast)
    assert shelf.things == {}
    assert len(shelf.sessions) == 1


async def test_what_went_before_is_gone(people: Company, shelf: Shelf, state: Path) -> None:
    """What a scenario has deleted itself is no trouble."""
    await busy(people.member())
    shelf.things.clear()
    await leftovers.remove(people.cast)
    assert (people.said, files(state)) == ([], [])


async def test_what_stays_is_said_once(people: Company, shelf: Shelf, state: Path) -> None:
    """What cannot be removed is one sentence with its number for each reason, and stays remembered if it may help."""
    await busy(people.member())
    for _ in range(2):
        await people.member().do("create_order", plan="x")
    shelf.stubborn = {path for path in shelf.things if path.startswith("/chats")}
    await leftovers.remove(people.cast)
    assert people.said[0] == "2 orders stay on the target: the profile describes no delete_order"
    assert people.said[1].startswith("2 conversations stay on the target: delete_conversation (")
    assert people.said[1].endswith("; `python -m gonogo cleanup` tries again")
    assert len(people.said) == 2
    kept = json.loads((state / "run-1.json").read_text(encoding="utf-8"))["belongings"]
    assert [one["kind"] for one in kept] == ["conversation", "conversation"]


async def test_who_is_kept_out_does_not_knock_for_each(
    people: Company, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cannot sign in any more is not asked to for each thing."""
    alice = await busy(people.member())
    alice.leave()
    asked: list[str] = []

    def refuse(request: Seen) -> bytes:
        asked.append(request.path)
        return shelf.reply(401)

    monkeypatch.setattr(shelf, "answer", refuse)
    await leftovers.remove(people.cast)
    assert asked == ["/signin"]
    assert people.said == [
        "2 conversations and 1 project stay on the target: alice cannot sign in; `python -m gonogo cleanup` tries again"
    ]


async def test_what_goes_with_the_account_is_not_remembered(
    serve: Serve, describe: Describe, company: Gather, shelf: Shelf
) -> None:
    """Where accounts are made and deleted, what they own goes along; where they stay, it is removed."""
    operations = {**OPERATIONS, "delete_account": delete("/me")}
    mortal = company(describe(serve(shelf).url, identity=MADE, operations=operations))
    await busy(mortal.member())
    assert mortal.cast.made == []
    immortal = company(describe(serve(shelf).url, identity=MADE, operations=OPERATIONS))
    alice = await busy(immortal.member())
    assert {one.owner for one in immortal.cast.made} == {alice.person.account.email}


def test_cleanup_removes_what_a_crash_left(
    profile: Profile, shelf: Shelf, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Belongings of lent accounts are removed by who the environment says they are."""
    shelf.things = {"/projects/1": "ada", "/chats/2": "bob"}
    private_file.hold("run-1", profile, Belonging(kind=PROJECT, owner="0", id="1"))
    private_file.hold("run-1", profile, Belonging(kind=CONVERSATION, owner="1", id="2"))
    assert leftovers.clean(0.0) == 0
    assert shelf.things == {}
    assert sorted(one.rpartition("-")[0] for one in shelf.sessions) == ["ada@example.com", "bob@example.com"]
    assert files(state) == []
    assert capsys.readouterr().out == f"run-1: 2 of 2 belonging(s) removed at {profile.origins.api}\n"


def test_cleanup_says_what_stays(profile: Profile, shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    """What still cannot be removed is counted, and stays for another time."""
    shelf.stubborn = {"/chats/2"}
    private_file.hold("run-1", profile, Belonging(kind=CONVERSATION, owner="0", id="2"))
    assert leftovers.clean(0.0) == 20
    assert leftovers.clean(0.0) == 20
    assert "run-1: 0 of 1 belonging(s) removed" in capsys.readouterr().out


def test_cleanup_of_an_account_that_is_lent_no_more(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever took an account out of the profile is told."""
    private_file.hold("run-1", profile, Belonging(kind=CONVERSATION, owner="7", id="2"))
    assert leftovers.clean(0.0) == 20
    assert "nothing is removed: small.yaml lends no account 7" in capsys.readouterr().out


async def test_a_link_makes_nothing(people: Company, shelf: Shelf) -> None:
    """What only reads where something is made, or is refused, has made nothing."""
    alice = await people.member().join()
    request = alice.request("create_conversation", title="x")
    await alice.exchange(replace(request, method="GET"))
    shelf.sessions.clear()
    await alice.exchange(request)
    assert people.cast.made == []


def test_kinds_are_counted() -> None:
    """One and many read as they should."""
    ones = [Belonging(kind=kind, owner="0", id=str(n)) for n, kind in enumerate((UPLOAD, PROJECT, UPLOAD))]
    assert told(ones) == "2 uploads and 1 project"


async def test_what_is_being_made_when_all_is_stopped_is_removed(people: Company, shelf: Shelf) -> None:
    """A request under way makes its thing whether we wait or not: its answer is heard out, and the thing removed."""
    alice = await people.member().join()
    sent, answered = asyncio.Event(), asyncio.Event()
    send = alice.person.driver.send

    async def slowly(*request: Any) -> Any:  # noqa: ANN401  passed on
        exchange = await send(*request)
        sent.set()
        await answered.wait()
        return exchange

    alice.person.driver.send = slowly  # type: ignore[method-assign, assignment]
    making = asyncio.create_task(alice.create_conversation("chat"))
    await sent.wait()
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert len(shelf.things) == 1

    answered.set()
    await leftovers.remove(people.cast)
    assert shelf.things == {}
