"""
The people that a run sends to the target: accounts with their sessions, each with an address of its own.

They last for the whole suite; `gonogo.member` says what they do in a scenario.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gonogo.addresses import loopback_address
from gonogo.cookies import CookieStore
from gonogo.driver import Driver
from gonogo.naming import Names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gonogo.budget import Budget
    from gonogo.exchange import Exchange
    from gonogo.mailbox import Mail
    from gonogo.profile import Profile
    from gonogo.recorder import Recorder
    from gonogo.redaction import Vault

LENT = {
    "bob": 1,
    "rival": 1,
    "carol": 2,
}  # who uses which of the profile's accounts; everybody else the first


@dataclass(kw_only=True)
class Account:
    """Who a person is to the target; `made` says that the harness signed it up, and so removes it."""

    email: str
    password: str
    api_key: str | None = None
    made: bool = True
    exists: bool = False
    messages: int = 0

    @property
    def id(self) -> str:
        """What tells it from every other account."""
        return self.email or self.api_key or ""


@dataclass(frozen=True, kw_only=True)
class MailWait:
    """What came of waiting for a verification mail; `groups` are those of the profile's link pattern."""

    recipient: str
    waited_s: float
    mail: Mail | None
    groups: dict[str, str]


@dataclass(kw_only=True)
class Person:
    """An account, its session, and the address it calls from."""

    name: str
    account: Account
    driver: Driver
    address: str | None = None
    store: CookieStore = field(default_factory=CookieStore)
    bearer: str | None = None
    csrf: str | None = None
    signed_in_by: Exchange | None = None
    proven: bool = False
    kept_out: bool = False
    variables: dict[str, Any] = field(default_factory=dict)
    shown_as: dict[str, str] = field(default_factory=dict)
    ready: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def prefix(self) -> str:
        """How this person's shell variables begin; alice's are the plain ones."""
        return "GONOGO_" if self.name == "alice" else f"GONOGO_{self.name.upper()}_"


@dataclass(kw_only=True)
class Cast:
    """Everything that people need of their suite."""

    profile: Profile
    recorder: Recorder
    vault: Vault
    budget: Budget
    run_id: str
    canary: str
    mail_folder: Path
    tracker_folder: Path
    keep: Callable[[Account], None]
    say: Callable[[str], None]
    persons: dict[str, Person] = field(default_factory=dict)
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        """Have names for what this run makes."""
        self.names = Names(self.run_id)

    def person(self, name: str) -> Person:
        """The person of that name, made at the first call."""
        if name not in self.persons:
            self.persons[name] = self._new_person(name)
        return self.persons[name]

    async def close(self) -> None:
        """Close every person's connections."""
        for person in self.persons.values():
            await person.driver.close()

    def _new_person(self, name: str) -> Person:
        account = self._account(name)
        address = loopback_address(self.profile.origins.api, self.run_id, len(self.persons))
        person = Person(
            name=name,
            account=account,
            driver=Driver(self.profile, self.run_id, address),
            address=address,
            bearer=account.api_key,
        )
        person.variables |= {"email": account.email, "password": account.password, "name": name.title()}
        if account.email:
            person.shown_as[account.email] = f"{person.prefix}EMAIL"
        for secret, variable in ((account.password, "PASSWORD"), (account.api_key, "API_KEY")):
            if secret:
                self.vault.add(secret, f"{person.prefix}{variable}")
                person.shown_as[secret] = f"{person.prefix}{variable}"
        return person

    def _account(self, name: str) -> Account:
        identity = self.profile.identity
        if identity.sign_up == "accounts":
            lent = identity.accounts[min(LENT.get(name, 0), len(identity.accounts) - 1)]
            return Account(email=lent.email or "", password=lent.password or "", api_key=lent.api_key, made=False)
        address = f"gonogo-{self.run_id.lower()}-{name}-{secrets.token_hex(3)}@{identity.email_domain}"
        return Account(email=address, password=f"{self.canary}-{secrets.token_urlsafe(9)}aA1!")
