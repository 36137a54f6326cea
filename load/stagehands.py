"""What all people of one process of a load share."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gonogo.trouble import HarnessTrouble
from load.client import Place
from load.dialected import Dialected
from load.limits import Windows, pace_s
from load.measures import Measures
from load.profiles import offered

if TYPE_CHECKING:
    from gonogo.profile import Profile
    from load.profiles import LoadProfile
    from load.raw import Raw
    from load.session import Session


@dataclass(kw_only=True)
class Stagehands:
    """What all people of a process share: target, profile of the load, who they can be, what they measured."""

    profile: Profile
    plan: LoadProfile
    run_id: str
    users: int
    addresses: int
    members: int = 0
    people: list[Session] = field(default_factory=list)
    measures: Measures = field(default_factory=Measures)
    trust: ssl.SSLContext | None = None
    raw: Raw | None = None
    closing: bool = False

    def __post_init__(self) -> None:
        """Read what the profile says once for all. Raises HarnessTrouble where nobody can chat."""
        profile = self.profile
        if profile.stream is None:
            raise HarnessTrouble("the profile does not say how an answer is streamed")
        self.dialected = Dialected(profile.stream)
        if profile.origins.api.startswith("https:"):
            self.trust = ssl.create_default_context(cafile=profile.tls.ca_file)
        self.mix = offered(profile, self.plan)

    def every_s(self) -> float:
        """The mean time between two actions of one person, at which no limit is met."""
        return pace_s(self.profile, self.plan, self.users, self.addresses, self.members or self.users)

    def windows(self) -> Windows:
        """What one person may send."""
        return Windows.of(self.profile, self.users, self.addresses, self.members or self.users)

    def place(self, source: str | None) -> Place:
        """Where to connect."""
        url = urlsplit(self.profile.origins.api)
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        if self.profile.connect_to:
            host, _, given = self.profile.connect_to.rpartition(":")
            port = int(given)
        return Place(host=host.strip("[]"), port=port, name=url.hostname or "", source=source, trust=self.trust)


STAGE: dict[str, Stagehands] = {}
"""The one stage of this process, once it is set."""
