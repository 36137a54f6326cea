"""A target as data: what it offers and promises, how it is spoken to, and what may be done to it where. No I/O."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, model_serializer

from gonogo.capabilities import PAGES, SECTIONS, covered_by
from gonogo.check import Effects
from gonogo.cookies import is_loopback
from gonogo.description import Operation  # noqa: TC001  pydantic reads it when the program runs
from gonogo.dialect import Dialect  # noqa: TC001  the same
from gonogo.policy import Policy, Slos
from gonogo.promises import Means, Promises
from gonogo.screens import Ui  # noqa: TC001  the same
from gonogo.section import Address, Section, Url
from gonogo.sections import (
    GENTLE,
    Access,
    Build,
    Csrf,
    Environment,
    Identity,
    Mail,
    Operator,
    Origins,
    Payment,
    Tls,
    Tracker,
)
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import SerializerFunctionWrapHandler

PRODUCTION = "production"


class Profile(Section):
    """One target. What is shown of it never holds a secret's value; see `secrets`."""

    name: str = Field(min_length=1, description="The target's short name.")
    title: str = Field(default="", description="What it is, for people.")
    origins: Origins = Field(description="Where it answers.")
    environments: dict[str, Environment] = Field(default_factory=dict, description="What may be done where.")
    access: Access = Field(default=Access(), description="What every request needs to pass a gateway.")
    tls: Tls = Field(default=Tls(), description="How its certificate is trusted.")
    connect_to: Address | None = Field(default=None, description="Where to connect, instead of to the URL's host.")
    control_url: Url | None = Field(default=None, description="Another place that answers when our network is fine.")
    build: Build | None = Field(default=None, description="Where it tells which build it is.")
    identity: Identity = Field(description="How a member comes to be and stays known.")
    mail: Mail | None = Field(default=None, description="Where verification mails land.")
    csrf: Csrf | None = Field(default=None, description="The token against forged requests.")
    payment: Payment | None = Field(default=None, description="How a payment is made to happen without money.")
    operator: Operator | None = Field(default=None, description="How the operator's endpoints are opened.")
    tracker: Tracker | None = Field(default=None, description="Where its error reports land.")
    operations: dict[str, Operation] = Field(min_length=1, description="Each request that it answers.")
    public: tuple[str, ...] = Field(
        default=(),
        description="Operations that need no session; of the OpenAPI document by '/path' or 'id:operationId'.",
    )
    stream: Dialect | None = Field(default=None, description="Its way of streaming an answer.")
    promises: Promises = Field(default=Promises(), description="What it promises.")
    ui: Ui | None = Field(default=None, description="Its pages, as a browser meets them.")
    means: Means = Field(default=Means(), description="What provokes a state in it.")
    policy: Policy = Field(default=Policy(), description="What a decision is made under.")
    absent: dict[str, str] = Field(default_factory=dict, description="What it does not offer, and why.")

    _path: Path = PrivateAttr()
    _environment: str = PrivateAttr(default=PRODUCTION)
    _secrets: Mapping[str, str] = PrivateAttr(default_factory=dict)

    def loaded(self, path: Path, environment: str, secrets: Mapping[str, str]) -> Profile:
        """Note where it was read from, for which environment, and the variables that it used."""
        self._path, self._environment, self._secrets = path, environment, MappingProxyType(dict(secrets))
        return self

    @property
    def path(self) -> Path:
        """The file, absolute."""
        return self._path

    @property
    def environment(self) -> str:
        """Where the target runs; production when nothing says otherwise."""
        return self._environment

    @property
    def secrets(self) -> Mapping[str, str]:
        """Every environment variable that the file used, with its value."""
        return self._secrets

    @property
    def slo(self) -> Slos:
        """The bounds that the target promises."""
        return self.promises.slo

    @property
    def met_from_loopback(self) -> bool:
        """Whether the target is on this machine."""
        return is_loopback(urlsplit(self.origins.api).hostname or "")

    def allows(self, effects: Effects | str) -> bool:
        """Whether the environment lets a scenario do this to the target."""
        here = self.environments.get(self.environment)
        return Effects(effects) in (here.allow if here else GENTLE)

    def missing(self, need: str) -> str | None:
        """
        Return why the target does not offer something; None when it does.

        A need is an operation's name, `means.NAME`, `promises.NAME` (also deeper, as in
        `promises.limits.api`), a section such as `csrf`, `https` or `session-cookie`. Raises
        HarnessTrouble for a name that no profile can offer.
        """
        if self.offers(need):
            return None
        if need in FACTS:
            return FACTS[need]
        declared = next((reason for name, reason in self.absent.items() if need in covered_by(name)), None)
        return declared or f"the profile {'names' if '.' in need else 'describes'} no {need}"

    def offers(self, need: str) -> bool:
        """Whether the target offers something; see `missing`."""
        section, _, rest = need.partition(".")
        if rest:
            if section not in DOTTED:
                raise HarnessTrouble(f"{need} is nothing that a profile can offer")
            return bool(value_at(getattr(self, section), rest, need))
        if need == "https":
            return self.origins.api.startswith("https:")
        if need == "session-cookie":
            return self.identity.session == "cookie"
        if need == "payment":
            return self.payment is not None and self.payment.mode != "absent"
        return getattr(self, need) is not None if need in SECTIONS | PAGES else need in self.operations

    @model_serializer(mode="wrap")
    def _hide(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        shown: dict[str, Any] = masked(serialize(self), self._secrets)
        return shown

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What is shown: the fields, with each secret under its variable's name."""
        yield from self.model_dump().items()


FACTS = {
    "https": "the target is met over plain http",
    "session-cookie": "no cookie carries the session",
}
DOTTED = frozenset({"means", "promises", "ui"})


def value_at(section: Section, path: str, need: str) -> Any:  # noqa: ANN401  whatever the section holds
    """Follow a dotted path into a section; a list is entered by the names of its items."""
    found: Any = section
    for key in path.split("."):
        if isinstance(found, tuple):
            found = next((item for item in found if item == key or getattr(item, "name", None) == key), None)
        elif found is not None and key in getattr(type(found), "model_fields", {}):
            found = getattr(found, key)
        elif found is not None:
            raise HarnessTrouble(f"{need} is nothing that a profile can offer")
    return found


def masked(data: Any, secrets: Mapping[str, str]) -> Any:  # noqa: ANN401  whatever a dump holds
    """Return plain data with each secret's value under its variable's name, longest first."""
    if isinstance(data, str):
        for name, value in sorted(secrets.items(), key=lambda item: -len(item[1])):
            data = data.replace(value, f"${{{name}}}")
        return data
    if isinstance(data, dict):
        return {key: masked(value, secrets) for key, value in data.items()}
    return type(data)(masked(value, secrets) for value in data) if isinstance(data, list | tuple) else data
