"""Sessions of lent accounts are kept privately, and taken again only while they last and are known."""

from __future__ import annotations

import stat
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from gonogo.cookies import parse_set_cookie
from gonogo.exchange import Exchange, Request
from load import kept as kept_module
from load.kept import Kept, ends_at, place_of, read_kept, write_kept
from load.profiles import PROFILES
from load.provision import joined
from load.session import Session

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from gonogo.profile import Profile
    from tests.machinery.conftest import Company, Describe, Gather, Reply, Seen, Serve

SMOKE = PROFILES["smoke"]
LENT = [{"email": f"{name}@example.com", "password": f"{name}-password"} for name in ("ada", "bob")]
IDENTITY = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "accounts", "accounts": LENT}
BODY = {"email": "{email}", "password": "{password}"}
OPERATIONS = {
    "signin": {"method": "POST", "path": "/signin", "json": BODY, "expect": [200], "credential": "none"},
    "session": {"method": "GET", "path": "/me", "expect": [200]},
}


class Door:
    """Signs in whoever comes for so many seconds, and knows the sessions that it has not forgotten."""

    def __init__(self, reply: Reply, lasts_s: int) -> None:
        self.reply, self.lasts_s = reply, lasts_s
        self.signed_in = 0
        self.known: set[str] = set()

    async def sign_in(self, _: Seen, writer: asyncio.StreamWriter) -> None:
        """Give a new session."""
        self.signed_in += 1
        session = f"session-number-{self.signed_in}"
        self.known.add(session)
        writer.write(self.reply(200, b"", f"Set-Cookie: sid={session}; Max-Age={self.lasts_s}"))

    async def me(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Tell whether a session is known."""
        known = request.headers.get("cookie", "").removeprefix("sid=") in self.known
        writer.write(self.reply(200 if known else 401))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where private files are."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "gonogo" / "sessions"


@pytest.fixture
def meet(serve: Serve, describe: Describe, company: Gather, reply: Reply) -> Any:  # noqa: ANN401  a factory
    """A door whose sessions last so long, and what brings people to it."""

    def made(lasts_s: int) -> tuple[Door, Any]:
        door = Door(reply, lasts_s)
        url = serve({"POST /signin": door.sign_in, "GET /me": door.me}).url
        profile = describe(url, identity=IDENTITY, operations=OPERATIONS)
        return door, lambda: company(profile)

    return made


async def cookies(people: Company) -> list[str]:
    """The sessions of two people who join."""
    return [one.cookies for one in await joined(people.cast, 2, SMOKE)]


def mode_of_all(folder: Path) -> list[int]:
    """Who may do what with each file."""
    return [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()]


def spoil(folder: Path) -> None:
    """Write what nobody can read into every file."""
    for file in folder.iterdir():
        file.write_text('{"sessions": [{"account": 1}]}', encoding="utf-8")


async def test_the_next_load_begins_at_once(meet: Any, state: Path) -> None:  # noqa: ANN401  a factory
    """Who signed in before is not signed in again, and the file is for us alone."""
    door, again = meet(3600)
    first = await cookies(again())
    assert (door.signed_in, len(set(first))) == (2, 2)
    assert mode_of_all(state) == [0o600]
    people = again()
    assert await cookies(people) == first
    assert door.signed_in == 2
    assert "COOKIE_SID" in people.cast.vault.redact(first[0])


async def test_what_the_target_forgot_is_had_anew(meet: Any) -> None:  # noqa: ANN401  a factory
    """A session that the target does not know any more is replaced, and the new one is kept."""
    door, again = meet(3600)
    first = await cookies(again())
    door.known.discard(first[0].removeprefix("sid="))
    second = await cookies(again())
    assert (second[0] != first[0], second[1] == first[1], door.signed_in) == (True, True, 3)
    assert await cookies(again()) == second


async def test_what_ends_too_soon_is_not_taken(meet: Any) -> None:  # noqa: ANN401  a factory
    """A session that would end during the load is of no use."""
    door, again = meet(int(SMOKE.seconds) + 200)
    await cookies(again())
    await cookies(again())
    assert door.signed_in == 4


async def test_a_file_that_cannot_be_read(meet: Any, state: Path) -> None:  # noqa: ANN401  a factory
    """A file that is broken is as good as none."""
    door, again = meet(3600)
    await cookies(again())
    spoil(state)
    await cookies(again())
    assert door.signed_in == 4


def signed_in(*raw: str, **captured: str) -> Exchange:
    """A sign-in's answer."""
    request = Request(operation="signin", method="POST", url="https://chat.example.com/signin")
    found = tuple(parse_set_cookie(one) for one in raw)
    return Exchange(
        id="1", person="ada", request=request, status=200, started_at=1000.0, cookies=found, captured=captured
    )


def token(**claims: float) -> str:
    """A signed token."""
    return jwt.encode(claims, "a-secret-of-thirty-two-characters", algorithm="HS256")


def test_when_a_session_ends(describe: Describe, nowhere: str) -> None:
    """The earliest of what the cookie, the token and the promise say; what says nothing is not kept."""
    profile: Profile = describe(nowhere, identity=IDENTITY, operations=OPERATIONS)
    assert ends_at(profile, signed_in("sid=x; Max-Age=60", "other=y; Max-Age=5")) == 1060.0
    assert ends_at(profile, signed_in("sid=x")) is None
    assert ends_at(profile, signed_in(f"sid={token(exp=1030)}; Max-Age=60")) == 1030.0
    assert ends_at(profile, signed_in(bearer=token(exp=1500))) == 1500.0
    promises = profile.promises.model_copy(update={"session_lifetime_s": 20})
    assert ends_at(profile.model_copy(update={"promises": promises}), signed_in("sid=x; Max-Age=60")) == 1020.0


def test_accounts_that_are_made_leave_nothing(describe: Describe, nowhere: str, state: Path) -> None:
    """Where the run makes its accounts, and removes them, nothing is kept nor read."""
    made = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "harness"}
    session = Session(number=0, address=None, cookies="sid=x", bearer=None, csrf=None)
    one = Kept(account="ada@example.com", session=session, until=time.time() + 9999)
    for identity, kept in ((made, False), (IDENTITY, True)):
        signup = {"method": "POST", "path": "/signup", "json": BODY, "expect": [202], "credential": "none"}
        profile = describe(nowhere, identity=identity, operations={**OPERATIONS, "signup": signup})
        write_kept(profile, [one, replace(one, until=time.time() + 60)])
        found = read_kept(profile, time.time(), 10.0)
        assert (list(found), state.exists()) == (([place_of("ada@example.com", 0)] if kept else []), kept)
    assert kept_module.PROOF == "session"
