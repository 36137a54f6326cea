"""What a run made is remembered privately until it is gone, and removed whatever happened to the run."""

from __future__ import annotations

import json
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from gonogo import leftovers, private_file
from gonogo.member import Member
from gonogo.people import KEYHOLDER, PHONE, Account

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from gonogo.profile import Profile
    from tests.machinery.conftest import Company, Describe, Gather, Reply, Seen, Serve

HARNESS = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "harness"}
BODY = {"email": "{email}", "password": "{password}"}
CSRF = {"fetch": "csrf_token", "source": "json:/token", "send_as": "header", "name": "X-CSRF-Token"}
OPERATIONS: dict[str, Any] = {
    "health": {"method": "GET", "path": "/health", "expect": [200], "credential": "none"},
    "signup": {"method": "POST", "path": "/signup", "json": BODY, "expect": [202], "credential": "none"},
    "signin": {"method": "POST", "path": "/signin", "json": BODY, "expect": [200], "credential": "none"},
    "csrf_token": {"method": "GET", "path": "/csrf", "expect": [200]},
    "delete_account": {"method": "DELETE", "path": "/me", "expect": [204]},
}


class Accounts:
    """A service with accounts, which can be told to keep some."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.there: set[str] = set()
        self.stubborn: set[str] = set()
        self.signed_up: list[str] = []

    async def sign_up(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Make an account."""
        self.there.add(request.json["email"])
        self.signed_up.append(request.json["email"])
        writer.write(self.reply(202))

    async def sign_in(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Let in whoever has an account."""
        known = request.json["email"] in self.there
        cookie = f"Set-Cookie: sid={request.json['email']}"
        writer.write(self.reply(200, b"", cookie) if known else self.reply(401))

    async def delete(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        """Remove the account of whoever is signed in."""
        email = request.headers.get("cookie", "").removeprefix("sid=")
        if email not in self.there or request.headers.get("x-csrf-token") != "token-1":
            writer.write(self.reply(401))
        elif any(name in email for name in self.stubborn):
            writer.write(self.reply(500))
        else:
            self.there.discard(email)
            writer.write(self.reply(204))

    @property
    def answers(self) -> dict[str, Any]:
        """What it does where."""
        return {
            "POST /signup": self.sign_up,
            "POST /signin": self.sign_in,
            "GET /csrf": self.reply(200, {"token": "token-1"}),
            "DELETE /me": self.delete,
        }


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the private files are."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "gonogo"


@pytest.fixture
def accounts(reply: Reply) -> Accounts:
    """The service's accounts."""
    return Accounts(reply)


@pytest.fixture
def profile(serve: Serve, describe: Describe, accounts: Accounts) -> Profile:
    """The service's profile."""
    return describe(serve(accounts.answers).url, identity=HARNESS, csrf=CSRF, operations=OPERATIONS)


@pytest.fixture
def people(profile: Profile, company: Gather) -> Company:
    """People whose accounts are remembered."""
    gathered = company(profile)
    gathered.cast.keep = lambda account: private_file.keep("run-1", profile, account)
    return gathered


def mode_of(path: Path) -> int:
    """Who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def files(folder: Path) -> list[Path]:
    """What is in a folder."""
    return list(folder.iterdir())


def kept(state: Path) -> list[str]:
    """The addresses that the private file remembers."""
    path = state / "run-1.json"
    return [one["email"] for one in json.loads(path.read_text(encoding="utf-8"))["accounts"]] if path.exists() else []


async def test_accounts_are_remembered_before_they_are_made(people: Company, accounts: Accounts, state: Path) -> None:
    """A private file that only we may read names every account, and goes with the last."""
    alice, bob = await people.member().join(), await people.member("bob").join()
    assert (mode_of(state / "run-1.json"), mode_of(state)) == (0o600, 0o700)
    assert kept(state) == [alice.person.account.email, bob.person.account.email]
    await leftovers.remove(people.cast)
    assert accounts.there == set()
    assert files(state) == []
    assert people.said == []


async def test_a_new_password_takes_the_place_of_the_old_one(people: Company, state: Path) -> None:
    """An account is remembered once, with its password of now."""
    alice = await people.member().join()
    alice.person.account.password = "another-password-1A!"
    people.cast.keep(alice.person.account)
    (one,) = json.loads((state / "run-1.json").read_text(encoding="utf-8"))["accounts"]
    assert one == {"email": alice.person.account.email, "password": "another-password-1A!"}


async def test_an_account_on_two_devices_is_removed_once(people: Company, accounts: Accounts, state: Path) -> None:
    """Two people who share an account sign up once, and it is gone with the first."""
    keyholder, phone = await people.member(KEYHOLDER).join(), await people.member(PHONE).join()
    assert keyholder.person.account is phone.person.account
    assert len(accounts.signed_up) == 1
    await leftovers.remove(people.cast)
    assert (accounts.there, files(state), people.said) == (set(), [], [])


async def test_an_account_that_is_gone_is_forgotten(people: Company, accounts: Accounts, state: Path) -> None:
    """What a scenario deleted is removed no second time, and whoever began anew with its address is."""
    alice, bob = await people.member().join(), await people.member("bob").join()
    await alice.delete_account()
    await bob.delete_account()
    anew = await Member(people.cast.again(bob.person), people.cast, "authentication").join()
    assert accounts.there == {anew.person.account.email} == {bob.person.account.email}
    await leftovers.remove(people.cast)
    assert (accounts.there, files(state), people.said) == (set(), [], [])


async def test_an_account_is_remembered_although_sign_up_fails(
    serve: Serve, reply: Reply, describe: Describe, company: Gather, state: Path
) -> None:
    """A target that answers wrongly may have made the account all the same."""
    profile = describe(serve({"POST /signup": reply(500)}).url, identity=HARNESS, csrf=CSRF, operations=OPERATIONS)
    people = company(profile)
    people.cast.keep = lambda account: private_file.keep("run-1", profile, account)
    with pytest.raises(Exception, match="signup answered 500"):
        await people.member().join()
    assert len(kept(state)) == 1


async def test_a_lost_session_is_had_again(people: Company, accounts: Accounts) -> None:
    """Whoever was signed out is signed in again to be removed."""
    alice = await people.member().join()
    alice.person.store.kept.clear()
    await leftovers.remove(people.cast)
    assert accounts.there == set()
    assert people.said == []


async def test_trouble_with_one_keeps_no_other(people: Company, accounts: Accounts, state: Path) -> None:
    """What cannot be removed stays in the file and is said, and the others go."""
    accounts.stubborn = {"alice"}
    alice, bob = await people.member().join(), await people.member("bob").join()
    alice.person.variables.clear()
    bob.person.store.kept.clear()
    await leftovers.remove(people.cast)
    assert kept(state) == [alice.person.account.email]
    assert accounts.there == {alice.person.account.email}
    (sentence,) = people.said
    assert sentence.startswith(f"account {alice.person.account.email} could not be removed (")
    assert sentence.endswith("; `python -m gonogo cleanup` tries again")


async def test_who_cannot_sign_in_again_stays(people: Company, accounts: Accounts, state: Path) -> None:
    """An account that nobody gets into any more is said."""
    alice = await people.member().join()
    alice.person.store.kept.clear()
    accounts.there.clear()
    await leftovers.remove(people.cast)
    assert kept(state) == [alice.person.account.email]
    assert "could not be removed;" in people.said[0]


async def test_a_target_that_removes_nothing(
    serve: Serve, describe: Describe, company: Gather, accounts: Accounts
) -> None:
    """Without an operation for it, accounts stay, and that is said."""
    operations = {name: one for name, one in OPERATIONS.items() if name != "delete_account"}
    people = company(describe(serve(accounts.answers).url, identity=HARNESS, csrf=CSRF, operations=operations))
    await leftovers.remove(people.cast)
    assert people.said == []
    await people.member().join()
    await leftovers.remove(people.cast)
    assert people.said == ["1 account(s) stay: the profile describes no delete_account"]


async def test_who_signs_in_with_a_key_has_no_other_session(describe: Describe, company: Gather, nowhere: str) -> None:
    """Where nobody signs in, nobody can sign in again."""
    people = company(describe(nowhere))
    assert not await leftovers.signed_in_again(people.member())


def test_lent_accounts_are_nobodys_to_remove(state: Path) -> None:
    """Forgetting what was never remembered does nothing."""
    private_file.forget("run-1", "ada@example.com")
    assert not state.exists()


# -- cleanup ----------------------------------------------------------------------------------------


def crashed(profile: Profile, run_id: str, *names: str, age_s: float = 0.0) -> None:
    """Leave accounts behind."""
    for name in names:
        private_file.keep(run_id, profile, Account(email=f"{name}@example.com", password=f"{name}-password"))
    path = private_file.state_folder() / f"{run_id}.json"
    content = private_file.read(path)
    private_file.write(path, {**content, "made_at": time.time() - age_s})


def test_cleanup_removes_what_a_crash_left(
    profile: Profile, accounts: Accounts, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every run's accounts are removed, and that is told."""
    crashed(profile, "run-1", "ada", "bob")
    accounts.there = {"ada@example.com", "bob@example.com"}
    assert leftovers.clean(0.0) == 0
    assert accounts.there == set()
    assert list(state.iterdir()) == []
    assert capsys.readouterr().out == f"run-1: 2 of 2 account(s) removed at {profile.origins.api}\n"
    assert leftovers.clean(0.0) == 0


def test_cleanup_leaves_alone_what_is_young(profile: Profile, accounts: Accounts, state: Path) -> None:
    """A run that is not older than asked for may still be at work."""
    crashed(profile, "run-1", "ada", age_s=60.0)
    assert leftovers.clean(3600.0) == 0
    assert kept(state) == ["ada@example.com"]
    accounts.there = {"ada@example.com"}
    assert leftovers.clean(30.0) == 0
    assert kept(state) == []


def test_cleanup_goes_on(profile: Profile, accounts: Accounts, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken file, a profile that is gone and an account that will not go are told, and stop nothing else."""
    crashed(profile, "run-1", "ada", "bob")
    crashed(profile, "run-3", "cy")
    path = state / "run-3.json"
    private_file.write(path, {**private_file.read(path), "profile": "/nowhere/x.yaml"})
    for name, text in {"run-0": "{", "run-4": '{"made_at": 1}'}.items():
        (state / f"{name}.json").write_text(text, encoding="utf-8")
    accounts.there, accounts.stubborn = {"ada@example.com", "bob@example.com"}, {"ada"}
    assert leftovers.clean(0.0) == 20
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("run-0: ")
    assert "cannot be read (JSONDecodeError); nothing is removed" in lines[0]
    assert lines[1] == f"run-1: 1 of 2 account(s) removed at {profile.origins.api}"
    assert lines[2].startswith("run-3: nothing is removed: ")
    assert "cannot be read (KeyError)" in lines[3]
    assert kept(state) == ["ada@example.com"]


def test_cleanup_finishes_a_sign_up_that_was_cut_short(profile: Profile, accounts: Accounts, state: Path) -> None:
    """An account that cannot sign in, as nobody verified it, is signed up again, and then removed."""
    crashed(profile, "run-1", "ada")
    assert accounts.there == set()
    assert leftovers.clean(0.0) == 0
    assert (accounts.signed_up, accounts.there) == (["ada@example.com"], set())
    assert list(state.iterdir()) == []


def test_without_a_way_to_sign_up_an_account_stays(
    serve: Serve, describe: Describe, accounts: Accounts, state: Path
) -> None:
    """Where nobody can sign up, what cannot sign in stays, and that is told."""
    operations = {name: one for name, one in OPERATIONS.items() if name != "signup"}
    target = serve(accounts.answers).url
    lent = {**HARNESS, "sign_up": "accounts", "accounts": [{"email": "a@example.com", "password": "p"}] * 2}
    crashed(describe(target, identity=lent, csrf=CSRF, operations=operations), "run-1", "ada")
    assert leftovers.clean(0.0) == 20
    assert kept(state) == ["ada@example.com"]
