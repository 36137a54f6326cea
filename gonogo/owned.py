"""
What members own, put to the test: another member sends every operation that takes its id.

Things are what an operation creates and captures the id of, as `{NAME_id}`; what can be done with a thing is each
operation of the profile that takes this id in its path or body. Whose list shows what is another question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gonogo.exchange import Refusal
from gonogo.harmless import NOTHING, something_for_all
from gonogo.operation import SAFE, variables_of
from gonogo.template import names_in
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.description import Operation
    from gonogo.exchange import Exchange
    from gonogo.member import Member
    from gonogo.profile import Profile

CREATORS = ("create_conversation", "create_project", "upload")
BIDDERS = ("create_order",)
"""What creates a thing that costs money to have."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A thing as its owner reads it, before and after another member tried what is refused."""

    before: Exchange
    after: Exchange
    tried: tuple[Exchange, ...]

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The tries, and what the owner saw then."""
        return (*self.tried, self.after)


@dataclass(frozen=True, kw_only=True)
class Raid:
    """What came of one member's tries at another's things."""

    refusals: tuple[Refusal, ...]
    kept: tuple[Kept, ...]


def things(profile: Profile) -> dict[str, tuple[str, ...]]:
    """The operations that create something, each with those that take its id, deleting ones last."""
    creators = (*CREATORS, *(BIDDERS if profile.allows("money") and profile.promises.plans else ()))
    found = {name: uses_of(profile, name) for name in creators if name in profile.operations}
    return {name: uses for name, uses in found.items() if uses}


def uses_of(profile: Profile, creator: str) -> tuple[str, ...]:
    """The operations that take the id of what another one creates."""
    ids = {name for name in profile.operations[creator].capture if name.endswith("_id")}
    uses = [
        name
        for name, one in profile.operations.items()
        if one.credential == "session"
        and ids & ids_taken(one)
        and name not in profile.public
        and {known for known in names_in(one.path) if known.endswith("_id")} <= ids
    ]
    return tuple(sorted(uses, key=lambda name: profile.operations[name].method == "DELETE"))


def ids_taken(operation: Operation) -> set[str]:
    """The variables in an operation's path, and in the body of one that changes something."""
    body = (operation.json_body, operation.form) if operation.method not in SAFE else ()
    return {name for template in (operation.path, *body) for name in names_in(template)}


async def raid(owner: Member, thief: Member) -> Raid:
    """Have the owner create one thing of each kind, and a thief try everything that can be done with it."""
    refusals: list[Refusal] = []
    kept: list[Kept] = []
    for creator, uses in things(owner.profile).items():
        told = something_for_all(owner.profile) | {"content": owner.question("mine")}
        made = await owner.do(creator, **told_to(owner, creator, told))
        values = told | made.captured
        readers = [name for name in uses if owner.profile.operations[name].method in SAFE]
        before = {name: await owner.attempt(name, **values) for name in readers}
        wishes = values | {"title": "taken by another member"}
        tried = {name: await thief.exchange(thief.request(name, **told_to(thief, name, wishes))) for name in uses}
        empty = {name for name in uses if await answered_as_of_nothing(thief, tried[name], made.captured, wishes)}
        after = {name: await owner.attempt(name, **values) for name in readers}
        kept += [Kept(before=before[name], after=after[name], tried=tuple(tried.values())) for name in readers]
        refusals += [
            Refusal(refused=tried[name], before=before[name], after=after[name], as_of_nothing=name in empty)
            for name in readers
        ]
        for name in uses:
            if name not in readers:
                owned = await owner.attempt(name, **told_to(owner, name, values))
                twin = owned if owned.ok else shown(after) or owned
                refusals.append(Refusal(refused=tried[name], after=twin, as_of_nothing=name in empty and bool(readers)))
    return Raid(refusals=tuple(refusals), kept=tuple(kept))


async def answered_as_of_nothing(
    thief: Member, tried: Exchange, captured: Mapping[str, Any], values: Mapping[str, Any]
) -> bool:
    """
    Whether a thief who was answered well was told no more than of something that does not exist.

    Many lists are empty where the filter is not ours, and many deletions are good of what is not there. A list that is
    not empty may show everybody's things, whatever it is asked for; other changes have effects that nobody reads back.
    """
    method = thief.profile.operations[tried.request.operation].method
    if not tried.ok or (method != "DELETE" and (method not in SAFE or shows_something(tried))):
        return False
    ids = {name: str(value) for name, value in captured.items() if name.endswith("_id")}
    made_up = {name: resembling(value) for name, value in ids.items()}
    operation = tried.request.operation
    of_nothing = await thief.exchange(thief.request(operation, **told_to(thief, operation, {**values, **made_up})))
    said, silent = tried.body, of_nothing.body
    for name, value in ids.items():
        said, silent = said.replace(value.encode(), b"*"), silent.replace(made_up[name].encode(), b"*")
    return of_nothing.ok and (tried.status, said) == (of_nothing.status, silent)


def shows_something(exchange: Exchange) -> bool:
    """Whether an answer has any item in any list, or is no document, so that nobody knows."""
    try:
        return has_items(exchange.json())
    except NotEvaluable:
        return bool(exchange.body.strip())


def has_items(part: Any) -> bool:  # noqa: ANN401  JSON has no narrower type
    """Whether there is an item in any list of a document."""
    if isinstance(part, dict):
        return any(has_items(value) for value in part.values())
    return isinstance(part, list) and bool(part)


def resembling(value: str) -> str:
    """An id of the same form that nobody has been given: each digit and letter is another one of its kind."""
    if value.isdigit():
        return f"9{value}00"
    return "".join(following(letter) for letter in value)


def following(letter: str) -> str:
    """The letter after this one; what is a hexadecimal digit stays one."""
    for row in ("0123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ"):
        if letter in row:
            return row[(row.index(letter) + 1) % len(row)]
    return letter


def shown(after: Mapping[str, Exchange]) -> Exchange | None:
    """The owner's own sight of the thing, where what was tried cannot be done to it just now."""
    return next((one for one in after.values() if one.ok), None)


def told_to(member: Member, operation: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What an operation is told: what is known, what the member is called, and something for the rest."""
    known = dict.fromkeys(variables_of(member.profile, operation), NOTHING) | member.person.variables
    return {**known, **values}
