"""Other ways in are tried as nobody, beside the member's own; passwords are changed where members follow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.byways import FIELDS, by_address, every_byway
from gonogo.evidence import Exchanged
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.outliving import Outlived, outlive
from gonogo.passwords import change, end_anothers, end_from_afar, forgotten
from gonogo.people import BRIEF, KEYHOLDER, LATER_PASSWORDS, NEW_PASSWORD, PHONE
from gonogo.planting import planted
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    import asyncio

    from gonogo.profile import Profile
    from tests.machinery.conftest import Company, Describe, Gather, Reply, Seen, Serve

HARNESS = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "harness"}
BODY = {"email": "{email}", "password": "{password}"}
OPEN = {"expect": [200], "credential": "none"}
OPERATIONS: dict[str, Any] = {
    "plans": {"method": "GET", "path": "/shop/plans", **OPEN},
    "signup": {"method": "POST", "path": "/signup", "json": BODY, **OPEN},
    "signin": {"method": "POST", "path": "/signin", "json": BODY, **OPEN},
    "signout": {"method": "POST", "path": "/signout", "expect": [200]},
    "session": {"method": "GET", "path": "/my/self", "expect": [200]},
    "change_password": {
        "method": "POST",
        "path": "/password",
        "json": {"old": "{password}", "new": "{new_password}"},
        "expect": [200],
    },
    "forgot_password": {"method": "POST", "path": "/forgot", "json": {"email": "{email}"}, **OPEN},
    "list_sessions": {"method": "GET", "path": "/sessions", "expect": [200], "capture": {"other": "json:/other"}},
    "end_session": {"method": "DELETE", "path": "/sessions/{other}", "expect": [200]},
}


class Accounts:
    """Accounts by their passwords, with sessions that are numbered from 10001 on."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.passwords: set[str] = set()
        self.alive: list[str] = []
        self.opened_with: dict[str, str] = {}
        self.count = 10_000
        self.asked: list[tuple[str, str]] = []

    def signed_in(self, request: Seen) -> str | None:
        """The session of a request, if it is alive."""
        self.asked.append((request.path, request.headers.get("cookie", "")))
        session = request.headers.get("cookie", "").removeprefix("sid=")
        return session if session in self.alive else None

    async def sign_up(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Take the password."""
        self.passwords.add(request.json["password"])
        writer.write(self.reply(200))

    async def sign_in(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Open a session for the right password."""
        if request.json["password"] not in self.passwords:
            writer.write(self.reply(401))
            return
        self.count += 1
        self.alive.append(f"session-{self.count}")
        self.opened_with[self.alive[-1]] = request.json["password"]
        writer.write(self.reply(200, b"", f"Set-Cookie: sid={self.alive[-1]}; Path=/"))

    async def who(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Say who is signed in."""
        writer.write(self.reply(200 if self.signed_in(request) else 401, {"name": "Ada"}))

    async def change(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Take another password, and end every other session."""
        session = self.signed_in(request)
        if not session or request.json["old"] not in self.passwords:
            writer.write(self.reply(403))
            return
        self.passwords, self.alive = {request.json["new"]}, [session]
        writer.write(self.reply(200))

    async def sessions(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Name the member's first session that is not the one that asks."""
        session = self.signed_in(request) or ""
        mine = [one for one in self.alive if self.opened_with[one] == self.opened_with.get(session)]
        writer.write(self.reply(200, {"other": next(one for one in mine if one != session)}))

    async def end(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """End a session, of whoever has one."""
        other = request.path.rpartition("/")[2]
        if self.signed_in(request) and other in self.alive:
            self.alive.remove(other)
            writer.write(self.reply(200))
        else:
            writer.write(self.reply(404))

    async def sign_out(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """End the session that asks."""
        session = self.signed_in(request)
        if session:
            self.alive.remove(session)
        writer.write(self.reply(200, b"", "Set-Cookie: sid=; Max-Age=0; Path=/"))

    @property
    def answers(self) -> dict[str, Any]:
        """What it does where."""
        ends = {f"DELETE /sessions/session-{10_000 + number}": self.end for number in range(9)}
        return {
            "POST /signup": self.sign_up,
            "POST /signin": self.sign_in,
            "POST /signout": self.sign_out,
            "GET /my/self": self.who,
            "POST /password": self.change,
            "POST /forgot": self.reply(200),
            "GET /sessions": self.sessions,
            "GET /shop/plans": self.reply(200),
            **ends,
        }


@pytest.fixture
def accounts(reply: Reply) -> Accounts:
    """The service's account."""
    return Accounts(reply)


@pytest.fixture
def profile(serve: Serve, describe: Describe, accounts: Accounts) -> Profile:
    """The service's profile."""
    return describe(serve(accounts.answers).url, identity=HARNESS, operations=OPERATIONS)


@pytest.fixture
def people(profile: Profile, company: Gather) -> Company:
    """People of that service."""
    return company(profile)


async def test_every_spelling_of_a_path(people: Company, accounts: Accounts) -> None:
    """Each other spelling is sent as it is, without a session, and the plain path with one."""
    tried = await every_byway(await people.member().join(), people.member("outsider"))
    paths = {one.refused.request.url.removeprefix(people.cast.profile.origins.api) for one in tried.tried}
    assert paths >= {
        *("/my/self/", "//my/self", "/my//self", "/my/self;x=y", "/my/%2e/self", "/MY/SELF", "/my/self%20"),
        *("/shop/plans/%2e%2e/%2e%2e/my/self", "/sessions/"),
    }
    assert not {"/my/self", "/sessions"} & paths
    assert {one.refused.request.headers.get("cookie") for one in tried.tried} == {""}
    assert all(one.after and one.after.request.headers.get("cookie") for one in tried.tried)
    assert tried.nowhere.status == 404
    assert len(tried.trail) == len(paths)
    assert accounts.asked[0] == ("/my/self", "sid=session-10001")


async def test_a_token_in_the_address(people: Company) -> None:
    """The session's credential stands under every usual name, in the address alone, and in no evidence."""
    refusal = await by_address(await people.member().join())
    query = "&".join(f"{name}=session-10001" for name in FIELDS)
    assert refusal.refused.request.url.endswith(f"/my/self?{query}")
    assert "cookie" not in refusal.refused.request.headers
    assert (refusal.before and refusal.before.ok, refusal.refused.status) == (True, 401)
    assert "session-10001" not in people.cast.recorder.journal.path.read_text(encoding="utf-8")


async def test_a_session_is_planted(people: Company) -> None:
    """Who signs in with a cookie of our own gets another one, and ours opens nothing."""
    done = await planted(await people.member().join())
    assert done.name == "sid"
    assert done.signed_in.request.headers.get("cookie") == f"sid={done.value}"
    assert done.tried.refused.request.headers.get("cookie") == f"sid={done.value}"
    assert (done.tried.refused.status, done.tried.after and done.tried.after.ok) == (401, True)


async def test_without_a_cookie_nothing_can_be_planted(
    serve: Serve, describe: Describe, company: Gather, accounts: Accounts
) -> None:
    """A profile must name the cookie."""
    url = serve(accounts.answers).url
    people = company(describe(url, identity={"session": "cookie", "sign_up": "harness"}, operations=OPERATIONS))
    with pytest.raises(HarnessTrouble, match="session_source"):
        await planted(await people.member().join())


async def test_a_password_is_changed(people: Company, accounts: Accounts) -> None:
    """The other device is out, the old password opens nothing, and both devices know the new one."""
    owner, phone = await people.member(KEYHOLDER).join(), await people.member(PHONE).join()
    done = await change(owner, phone)
    assert [one.refused.status for one in (done.guessed, done.session, done.password)] == [403, 401, 401]
    twins = [twin for one in (done.guessed, done.session, done.password) for twin in (one.before, one.after) if twin]
    assert all(twin.ok for twin in twins)
    (password,) = accounts.passwords
    assert password == owner.person.account.later_password(NEW_PASSWORD) == owner.person.account.password
    assert phone.person.variables["password"] == password
    assert people.kept == [owner.person.account.email] * 2
    told = people.cast.recorder.journal.path.read_text(encoding="utf-8")
    assert "GONOGO_KEYHOLDER_NEW_PASSWORD" in told
    assert password not in told


async def test_a_session_is_ended_from_afar(people: Company) -> None:
    """What another member tries comes first; then the owner ends the session of the phone, whichever it is now."""
    owner, phone = await people.member(KEYHOLDER).join(), await people.member(PHONE).join()
    tried = await end_anothers(owner, phone, await people.member("rival").join())
    assert (tried.refused.status, tried.before and tried.before.ok) == (200, True)
    ended = await end_from_afar(owner, phone)
    assert (ended.refused.status, ended.before and ended.before.ok, ended.after and ended.after.ok) == (401, True, True)


async def test_a_forgotten_password(people: Company) -> None:
    """The known address is asked for last, so that its mail is looked for from then on."""
    known, unknown = await forgotten(await people.member(KEYHOLDER).join())
    assert [b"nobody-here" in one.request.body for one in (known, unknown)] == [False, True]


async def test_a_session_is_outlived(people: Company, accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its credential is tried before its end and after it, with fresh ones beside; nothing is refreshed here."""

    async def no_time(_moment: float) -> None:
        accounts.alive.clear()

    monkeypatch.setattr("gonogo.outliving.until", no_time)
    done = await outlive(await people.member(BRIEF).join(), 4.0)
    twins = (done.expired.before, done.expired.after)
    assert (done.expired.refused.status, [one and one.ok for one in twins]) == (401, [True, True])
    assert (done.refreshed, done.renewed) == (None, None)


async def test_a_life_begins_when_its_answer_is_here(
    people: Company, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end is reckoned from the end of the sign-in, and a session that lives on gets one second more."""
    moments: list[float] = []

    async def no_time(moment: float) -> None:
        moments.append(moment)
        if len(moments) > 1:
            accounts.alive.clear()

    monkeypatch.setattr("gonogo.outliving.until", no_time)
    member = await people.member(BRIEF).join()
    done = await outlive(member, 4.0)
    signed_in = [one for one in people.of(Exchanged) if one.operation == "signin"][-2]
    end = signed_in.started_at + signed_in.timing["total"] + 4.0
    assert moments == [pytest.approx(end + 0.3), pytest.approx(end + 1.3)]
    assert done.expired.refused.status == 401


async def test_what_came_too_late_is_done_again(people: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that answers so slowly that the refreshed session may be over gets two more goes, and no more."""
    waited = iter([4.0, 3.1, 3.0])
    done: list[Outlived] = []

    async def once(_member: object, _lifetime_s: float) -> Outlived:
        request = Request(operation="refresh", method="POST", url="x")
        refreshed = Exchange(id="r", person="brief", request=request, status=200, started_at=10.0)
        renewed = replace(refreshed, started_at=10.0 + next(waited))
        done.append(Outlived(expired=Refusal(refused=renewed), refreshed=refreshed, renewed=renewed))
        return done[-1]

    monkeypatch.setattr("gonogo.outliving.outlive_once", once)
    assert await outlive(people.member(BRIEF), 4.0) is done[2]
    assert [one.in_time(4.0) for one in done] == [False, False, True]


def test_later_passwords(people: Company) -> None:
    """They differ from each other and from the first, and are the same whenever they are asked for."""
    account = people.cast.person(KEYHOLDER).account
    first = [account.later_password(one) for one in LATER_PASSWORDS]
    account.password = first[0]
    assert [account.later_password(one) for one in LATER_PASSWORDS] == first
    assert len({*first, account.first}) == 4
