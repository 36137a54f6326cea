"""
The people that a run sends to the target: accounts with their sessions, each with an address of its own.

They last for the whole suite; `gonogo.member` says what they do in a scenario.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gonogo.addresses import loopback_address
from gonogo.belongings import made_in
from gonogo.cookies import CookieStore
from gonogo.driver import Driver
from gonogo.naming import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from gonogo.belongings import Belonging
    from gonogo.budget import Budget
    from gonogo.exchange import Exchange
    from gonogo.mailbox import Mail
    from gonogo.profile import Profile
    from gonogo.recorder import Recorder
    from gonogo.redaction import Vault
    from gonogo.trouble import Trouble

SETTLES_WITHIN_S = 5.0
FRUGAL = "frugal"
"""Who has few messages, and is to use them up."""
BRIEF = "brief"
"""Whose sessions are short, and who is to outlive one."""
KEYHOLDER, PHONE = "keyholder", "phone"
"""A member on two devices, whose password may be changed."""
NEW_PASSWORD, RESET_PASSWORD, ANOTHER_PASSWORD = "NEW_PASSWORD", "RESET_PASSWORD", "ANOTHER_PASSWORD"
LATER_PASSWORDS = (NEW_PASSWORD, RESET_PASSWORD, ANOTHER_PASSWORD)
LENT = {
    "bob": 1,
    "rival": 1,
    "leon": 1,
    "carol": 2,
}  # who uses which of the profile's accounts; everybody else the first


@dataclass(kw_only=True)
class Account:
    """
    Who a person is to the target; `made` says that the harness signed it up, and so removes it.

    What is `gone` was deleted in a scenario, and not at the end. Of accounts that are not made, `lent` is the place in
    the profile's list. Others may use them at the same time.
    """

    email: str
    password: str
    api_key: str | None = None
    made: bool = True
    lent: int = 0
    exists: bool = False
    gone: bool = False
    proven: bool = False
    messages: int = 0
    first: str = field(init=False)

    def __post_init__(self) -> None:
        """Remember the password that it was made with."""
        self.first = self.password

    def later_password(self, variable: str) -> str:
        """Another password, the same whenever it is asked for under a variable's name."""
        return f"{hashlib.sha256(f'{variable} {self.first}'.encode()).hexdigest()[:24]}aA1!"

    @property
    def id(self) -> str:
        """What tells it from every other account."""
        return self.email or self.api_key or ""

    @property
    def owner(self) -> str:
        """What tells it from every other account, and is no secret."""
        return self.email if self.made else str(self.lent)


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
    kept_out: Trouble | None = None
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
    hold: Callable[[Belonging], None] = lambda _: None
    persons: dict[str, Person] = field(default_factory=dict)
    made: list[Belonging] = field(default_factory=list)
    making: set[asyncio.Future[Exchange]] = field(default_factory=set)
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        """Have names for what this run makes."""
        self.names = Names(self.run_id)

    def person(self, name: str, account: Account | None = None) -> Person:
        """The person of that name, made at the first call, with an account that is known or one of the usual."""
        if name not in self.persons:
            self.persons[name] = self._new_person(name, account or self._account(name))
        return self.persons[name]

    def again(self, person: Person) -> Person:
        """Somebody with the address and the password of a person who is gone, and nothing else of theirs."""
        account = person.account
        return self.person(f"{person.name}again", Account(email=account.email, password=account.password))

    def owner(self, owner: str) -> Person:
        """Somebody who uses the account of that owner, signed in if any of them is."""
        theirs = [one for one in self.persons.values() if one.account.owner == owner]
        return next((one for one in theirs if one.signed_in_by), theirs[0])

    def made_by(self, person: Person, exchange: Exchange) -> None:
        """Remember what a person has made, unless it goes with the account."""
        if person.account.made and "delete_account" in self.profile.operations:
            return
        one = made_in(exchange, person.account.owner)
        if one and one not in self.made:
            self.made.append(one)
            if one.why_it_stays(self.profile) is None:
                self.hold(one)

    async def see_through(self, making: Coroutine[Any, Any, Exchange]) -> Exchange:
        """Send what makes something to its end, also when whoever waits for it is stopped: it must be removed again."""
        task = asyncio.ensure_future(making)
        self.making.add(task)
        task.add_done_callback(self.making.discard)
        return await asyncio.shield(task)

    async def settle(self) -> None:
        """Wait a moment for what is being made although nobody waits for it any more."""
        if self.making:
            done, _ = await asyncio.wait(self.making, timeout=SETTLES_WITHIN_S)
            for trouble in filter(None, (one.exception() for one in done if not one.cancelled())):
                self.say(f"what was being made when the run was stopped: {trouble}")

    async def close(self) -> None:
        """Close every person's connections."""
        await self.settle()
        for person in self.persons.values():
            await person.driver.close()

    def _new_person(self, name: str, account: Account) -> Person:
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
        secrets_of = [(account.first, "PASSWORD"), (account.api_key, "API_KEY")]
        if name in {KEYHOLDER, PHONE}:
            secrets_of += [(account.later_password(one), one) for one in LATER_PASSWORDS]
        for secret, variable in secrets_of:
            if secret:
                self.vault.add(secret, f"{person.prefix}{variable}")
                person.shown_as[secret] = f"{person.prefix}{variable}"
        return person

    def _account(self, name: str) -> Account:
        identity = self.profile.identity
        if name == PHONE:
            return self.person(KEYHOLDER).account
        small = self.profile.means.small_quota if name == FRUGAL else None
        if identity.sign_up == "accounts":
            return self.lent(len(identity.accounts) if small else LENT.get(name, 0))
        short = self.profile.means.short_session if name == BRIEF else None
        domain = next((one.email_domain for one in (small, short) if one and one.email_domain), identity.email_domain)
        address = f"gonogo-{self.run_id.lower()}-{name}-{secrets.token_hex(3)}@{domain}"
        return Account(email=address, password=f"{self.canary}-{secrets.token_urlsafe(9)}aA1!")

    def lent(self, number: int) -> Account:
        """One of the profile's own accounts; where there are too few, the last. Behind them is that of few messages."""
        small, accounts = self.profile.means.small_quota, self.profile.identity.accounts
        own = small.account if small and number == len(accounts) else None
        place = number if own else min(number, len(accounts) - 1)
        one = own or accounts[place]
        return Account(email=one.email or "", password=one.password or "", api_key=one.api_key, made=False, lent=place)
