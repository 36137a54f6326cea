"""
What members make on a target and keep there: conversations, projects, files, orders. Pure.

Where the account is removed at the end, its belongings go with it. Where it stays, since it is lent or cannot be
removed, they are removed one by one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.operation import SAFE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gonogo.exchange import Exchange
    from gonogo.profile import Profile

ERRORS = 400
GONE = frozenset({404, 410})


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of belonging: what its id is captured as, and what removes it."""

    name: str
    id_name: str
    removed_by: str


CONVERSATION = Kind(name="conversation", id_name="conversation_id", removed_by="delete_conversation")
PROJECT = Kind(name="project", id_name="project_id", removed_by="delete_project")
UPLOAD = Kind(name="upload", id_name="upload_id", removed_by="delete_upload")
ORDER = Kind(name="order", id_name="order_id", removed_by="delete_order")
KINDS = {kind.name: kind for kind in (CONVERSATION, PROJECT, UPLOAD, ORDER)}
MADE_BY = {
    "create_conversation": CONVERSATION,
    "create_project_conversation": CONVERSATION,
    "create_project": PROJECT,
    "upload": UPLOAD,
    "create_order": ORDER,
}


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """One thing on the target: whose it is, and its id, which is empty where the target does not tell it."""

    kind: Kind
    owner: str
    id: str

    def why_it_stays(self, profile: Profile) -> str | None:
        """Why it cannot be removed, whatever is tried; None where it can."""
        if self.kind.removed_by not in profile.operations:
            return f"the profile describes no {self.kind.removed_by}"
        return None if self.id else f"the answer that made it captures no {self.kind.id_name}"


def made_in(exchange: Exchange, owner: str) -> Belonging | None:
    """What a request made, None where it made nothing that is kept."""
    kind = MADE_BY.get(exchange.request.operation)
    if kind is None or exchange.request.method in SAFE or exchange.status is None or exchange.status >= ERRORS:
        return None
    return Belonging(kind=kind, owner=owner, id=exchange.captured.get(kind.id_name, ""))


def told(belongings: Iterable[Belonging]) -> str:
    """How many of each kind: `3 conversations and 1 upload`."""
    counts = Counter(one.kind.name for one in belongings)
    return " and ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items())
