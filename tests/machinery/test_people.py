"""People have accounts, secrets and addresses of their own."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.addresses import loopback_address

if TYPE_CHECKING:
    from tests.machinery.conftest import Describe, Gather

URL = "http://127.0.0.1:1"
HARNESS = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "harness"}
SIGN_UP = {"signup": {"method": "POST", "path": "/s", "expect": [200]}}


async def test_made_accounts_are_recognisable(describe: Describe, company: Gather) -> None:
    """An account that is made says whose it is and for which run, and its password holds the canary."""
    people = company(describe(URL, identity=HARNESS, operations=SIGN_UP))
    alice, bob = people.cast.person("alice"), people.cast.person("bob")
    assert people.cast.person("alice") is alice
    assert alice.account.email.startswith("gonogo-run-1-alice-")
    assert alice.account.email.endswith("@example.com")
    assert (alice.account.made, alice.account.exists) == (True, False)
    assert "canary" in alice.account.password
    assert alice.account.id != bob.account.id
    assert people.vault.found_in(f"{alice.account.password} {bob.account.password}") == [
        "GONOGO_BOB_PASSWORD",
        "GONOGO_PASSWORD",
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("a", "b", "c"), {"alice": "a", "bob": "b", "carol": "c", "newcomer": "a"}),
        (("a", "b"), {"alice": "a", "bob": "b", "carol": "b", "newcomer": "a"}),
    ],
)
async def test_lent_accounts(
    describe: Describe, company: Gather, names: tuple[str, ...], expected: dict[str, str]
) -> None:
    """Accounts that are lent are shared out so that alice and bob never share, nor carol where there are enough."""
    lent = [{"email": f"{name}@example.com", "password": f"{name}-password"} for name in names]
    people = company(describe(URL, identity={**HARNESS, "sign_up": "accounts", "accounts": lent}))
    got = {name: people.cast.person(name).account for name in expected}
    assert {name: account.email[0] for name, account in got.items()} == expected
    assert not any(account.made for account in got.values())


async def test_keys(describe: Describe, company: Gather) -> None:
    """A key is what tells an account apart where there is no address; it is secret, and sent from the start."""
    identity: dict[str, Any] = {"session": "api-key", "sign_up": "accounts"}
    identity["accounts"] = [{"api_key": "key-of-ada"}, {"api_key": "key-of-bob"}]
    people = company(describe(URL, identity=identity))
    alice, bob = people.cast.person("alice"), people.cast.person("bob")
    assert (alice.account.id, bob.account.id) == ("key-of-ada", "key-of-bob")
    assert alice.bearer == "key-of-ada"
    assert people.vault.redact("key-of-bob") == "$GONOGO_BOB_API_KEY"
    assert "" not in alice.shown_as


async def test_each_has_an_address(describe: Describe, company: Gather) -> None:
    """On loopback everybody calls from another address; elsewhere from wherever this machine does."""
    people = company(describe(URL, identity=HARNESS, operations=SIGN_UP))
    mine = {people.cast.person(name).address for name in ("alice", "bob", "carol")}
    assert len(mine) == 3
    assert None not in mine
    remote = company(describe("https://chat.example.com", identity=HARNESS, operations=SIGN_UP))
    assert remote.cast.person("alice").address is None


def test_addresses_differ_by_run_and_person() -> None:
    """Two runs at once, and two people of one, meet the target from different addresses, the same each time."""
    first = loopback_address(URL, "20260101T090000Z-abcd", 0)
    assert first is not None
    assert first.startswith("127.")
    assert first == loopback_address(URL, "20260101T090000Z-abcd", 0)
    assert first != loopback_address(URL, "20260101T090000Z-abcd", 1)
    assert first != loopback_address(URL, "20260101T090000Z-abce", 0)


@pytest.mark.parametrize("url", ["https://chat.example.com", "http://[::1]:80", "http://10.0.0.1"])
def test_no_address_elsewhere(url: str) -> None:
    """A target that is not on 127.0.0.1 is met from whatever address the system chooses."""
    assert loopback_address(url, "run-1", 0) is None


def test_a_system_with_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only 127.0.0.1 is there, nobody gets an address that cannot be had."""

    class Refusing(socket.socket):
        def bind(self, _address: object) -> None:
            """Refuse, as a system does that has not that address."""
            raise OSError(99, "cannot assign")

    monkeypatch.setattr(socket, "socket", Refusing)
    assert loopback_address(URL, "run-1", 0) is None
