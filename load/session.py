"""Who a simulated person is to the target: a session that was had before the load began."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from gonogo.operation import Credentials
from gonogo.private_file import write

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.people import Person


@dataclass(kw_only=True)
class Session:
    """A member's credentials, and the address that the member calls from; all of it secret."""

    number: int
    address: str | None
    cookies: str
    bearer: str | None
    csrf: str | None
    member: str = ""
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def credentials(self) -> Credentials:
        """What this member's requests carry."""
        return Credentials(cookies=self.cookies, bearer=self.bearer, csrf=self.csrf)


def session_of(number: int, person: Person, url: str) -> Session:
    """The session of somebody who has joined."""
    plain = {name: value for name, value in person.variables.items() if isinstance(value, str | int | float)}
    return Session(
        number=number,
        address=person.address,
        cookies=person.store.header_for(url),
        bearer=person.bearer,
        csrf=person.csrf,
        member=person.account.owner,
        variables={name: value for name, value in plain.items() if name != "password"},
    )


def write_sessions(path: Path, sessions: list[Session]) -> None:
    """Keep sessions in a private file."""
    write(path, {"sessions": [asdict(one) for one in sessions]})


def read_sessions(path: Path) -> list[Session]:
    """The sessions in a private file."""
    return [Session(**one) for one in json.loads(path.read_text(encoding="utf-8"))["sessions"]]
