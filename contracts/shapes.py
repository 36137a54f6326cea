"""
What became of a schema between two documents: whether whoever sends or reads by the old one still can.

A value that is sent must not be refused where it was taken: what is narrower breaks. A value that is read must not be
other than it was: what is wider breaks, but for fields that are new, which readers pass over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Grade = Literal["breaking", "compatible", "cosmetic"]
Way = Literal["sent", "read"]
LOW = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
HIGH = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
RULES = frozenset({"pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType"})
WORDS = frozenset({"title", "description", "example", "examples", "deprecated", "$comment", "externalDocs"})
READ_APART = frozenset(
    {"$ref", "type", "nullable", "enum", "const", "required", "properties", "items", "anyOf", "oneOf", "default"}
    | {"additionalProperties"}
)
NOTHING: dict[str, Any] = {}
DEEPEST = 40


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference between two documents: how grave it is, where it is, and why."""

    grade: Grade
    path: str
    reason: str

    def __str__(self) -> str:
        """As a report shows it."""
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Schemas:
    """Compares schemas of two documents; what refers to itself is looked at once."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    seen: set[tuple[str, str, Way]] = field(default_factory=set)

    def compare(self, old: Any, new: Any, way: Way, path: str) -> Iterator[Change]:  # noqa: ANN401  a schema may be true
        """Every difference that matters to who sends by a schema, or reads by it."""
        if old == new and "$ref" not in repr(old):
            return
        names = (str(refers(old)), str(refers(new)), way)
        if any(names[:2]):
            if names in self.seen:
                return
            self.seen.add(names)
        was, now = plain(resolved(self.old, old)), plain(resolved(self.new, new))
        yield from types(was, now, way, path)
        yield from values(was, now, way, path)
        yield from bounds(was, now, way, path)
        yield from required(was, now, way, path)
        yield from self.fields(was, now, way, path)
        yield from self.parts(was, now, way, path)
        yield from the_rest(was, now, way, path)

    def fields(self, was: dict[str, Any], now: dict[str, Any], way: Way, path: str) -> Iterator[Change]:
        """What became of the fields of an object."""
        before, after = was.get("properties", NOTHING), now.get("properties", NOTHING)
        for name in before.keys() - after.keys():
            takes = "sends it in vain" if way == "sent" else "misses it"
            yield Change(grade="breaking", path=f"{path}/{name}", reason=f"the field is gone; who knows it {takes}")
        for name in after.keys() - before.keys():
            yield Change(grade="compatible", path=f"{path}/{name}", reason="the field is new")
        for name in before.keys() & after.keys():
            yield from self.compare(before[name], after[name], way, f"{path}/{name}")

    def parts(self, was: dict[str, Any], now: dict[str, Any], way: Way, path: str) -> Iterator[Change]:
        """What became of a list's items, of fields without a name, and of alternatives."""
        if "items" in was or "items" in now:
            yield from self.compare(was.get("items", NOTHING), now.get("items", NOTHING), way, f"{path}/*")
        before, after = was.get("additionalProperties", True), now.get("additionalProperties", True)
        if before is not False and after is not False:
            yield from self.compare(before, after, way, f"{path}/?")
        elif before != after:
            closed = after is False
            yield Change(
                grade="breaking" if closed and way == "sent" else "compatible",
                path=path,
                reason="other fields are refused now" if closed else "other fields are allowed now",
            )
        yield from self.alternatives(was, now, way, path)

    def alternatives(self, was: dict[str, Any], now: dict[str, Any], way: Way, path: str) -> Iterator[Change]:
        """What became of the schemas of which any will do; those are paired that are alike, then by their place."""
        before, after = choices(was), choices(now)
        if not before and not after:
            return
        alike = [one for one in before if one in after]
        lost = [one for one in before if one not in alike]
        found = [one for one in after if one not in alike]
        for one in alike:
            yield from self.compare(one, one, way, path)
        for old, new in zip(lost, found, strict=False):
            yield from self.compare(old, new, way, path)
        if len(lost) > len(found):
            grade: Grade = "breaking" if way == "sent" else "compatible"
            yield Change(grade=grade, path=path, reason="an alternative is gone")
        elif len(found) > len(lost):
            grade = "breaking" if way == "read" else "compatible"
            yield Change(grade=grade, path=path, reason="there is another alternative")


def refers(schema: Any) -> str:  # noqa: ANN401  a schema may be true
    """What a schema refers to, if it only does that."""
    return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""


def resolved(document: Mapping[str, Any], schema: Any) -> dict[str, Any]:  # noqa: ANN401  the same
    """What a schema says, wherever it says it; of what cannot be found, nothing but its name."""
    for _ in range(DEEPEST):
        name = refers(schema)
        if not name.startswith("#/"):
            break
        found: Any = document
        for step in name[2:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            return {"format": f"not found: {name}"}
        schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
    if isinstance(schema, dict):
        return schema
    return {"enum": []} if schema is False else {}


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its ways to say "or null" made one, and that of a single value too."""
    found = dict(schema)
    kinds = found.get("type")
    allowed = {kinds} if isinstance(kinds, str) else set(kinds or ())
    others = [one for one in choices(found) if one != {"type": "null"}]
    nullable = bool(found.pop("nullable", False)) or len(others) < len(choices(found))
    if nullable and len(others) == 1 and not allowed and not refers(others[0]):
        found = {**{key: value for key, value in found.items() if key not in {"anyOf", "oneOf"}}, **others[0]}
        kinds = found.get("type")
        allowed = {kinds} if isinstance(kinds, str) else set(kinds or ())
    if allowed:
        found["type"] = allowed | ({"null"} if nullable else set())
    if "const" in found:
        found["enum"] = [found.pop("const")]
    return found


def choices(schema: Mapping[str, Any]) -> list[Any]:
    """The schemas of which any will do."""
    return list(schema.get("anyOf") or schema.get("oneOf") or ())


def graded(way: Way, *, narrower: bool) -> Grade:
    """How grave it is that fewer values, or more, are allowed."""
    return "breaking" if narrower == (way == "sent") else "compatible"


def types(was: dict[str, Any], now: dict[str, Any], way: Way, path: str) -> Iterator[Change]:
    """What became of the types of JSON that are allowed."""
    before, after = was.get("type"), now.get("type")
    if before == after:
        return
    gone = (before or {"any"}) - (after or {"any"}) if before else {"any"}
    new = (after or {"any"}) - (before or {"any"}) if after else {"any"}
    if after and "number" in after:
        gone -= {"integer"}
    if before and "number" in before:
        new -= {"integer"}
    if before and gone and after is not None:
        yield Change(grade=graded(way, narrower=True), path=path, reason=f"it is no {listed(gone)} any more")
    if after and new and before is not None:
        yield Change(grade=graded(way, narrower=False), path=path, reason=f"it may be {listed(new)} now")
    if before is None or after is None:
        said = f"it must be {listed(after or ())} now" if after else f"it need not be {listed(before or ())} any more"
        yield Change(grade=graded(way, narrower=bool(after)), path=path, reason=said)


def values(was: dict[str, Any], now: dict[str, Any], way: Way, path: str) -> Iterator[Change]:
    """What became of the values that are told one by one."""
    before, after = was.get("enum"), now.get("enum")
    if before == after:
        return
    if before is None or after is None:
        said = "only some values are allowed now" if after is not None else "any value is allowed now"
        yield Change(grade=graded(way, narrower=after is not None), path=path, reason=said)
        return
    for one in (one for one in before if one not in after):
        yield Change(grade=graded(way, narrower=True), path=path, reason=f"{one!r} is not among its values any more")
    for one in (one for one in after if one not in before):
        yield Change(grade=graded(way, narrower=False), path=path, reason=f"{one!r} is among its values now")


def bounds(was: dict[str, Any], now: dict[str, Any], way: Way, path: str) -> Iterator[Change]:
    """What became of bounds and of rules on text; of a rule that is another one nobody can tell whether it is wider."""
    for key in sorted(LOW | HIGH | RULES):
        before, after = was.get(key), now.get(key)
        if before == after:
            continue
        said = f"{key} was {shown(before)}, and is {shown(after)}"
        if before is None or after is None:
            yield Change(grade=graded(way, narrower=before is None), path=path, reason=said)
        elif key in RULES or isinstance(before, bool) or isinstance(after, bool):
            yield Change(grade="breaking", path=path, reason=said)
        else:
            yield Change(grade=graded(way, narrower=(after > before) == (key in LOW)), path=path, reason=said)


def required(was: dict[str, Any], now: dict[str, Any], way: Way, path: str) -> Iterator[Change]:
    """What became of the fields that must be there."""
    before, after = set(was.get("required") or ()), set(now.get("required") or ())
    for name in sorted(after - before):
        yield Change(grade=graded(way, narrower=True), path=f"{path}/{name}", reason="the field is required now")
    for name in sorted(before - after):
        if name in now.get("properties", NOTHING) or way == "sent":
            yield Change(
                grade=graded(way, narrower=False), path=f"{path}/{name}", reason="the field is not required any more"
            )


def the_rest(was: dict[str, Any], now: dict[str, Any], way: Way, path: str) -> Iterator[Change]:
    """Defaults, words, and what nobody here knows: that breaks, for nobody can say that it does not."""
    if was.get("default") != now.get("default"):
        said = f"who leaves it out gets {shown(now.get('default'))}, and got {shown(was.get('default'))}"
        yield Change(grade="breaking" if way == "sent" else "cosmetic", path=path, reason=said)
    for key in sorted((was.keys() | now.keys()) - READ_APART - LOW - HIGH - RULES):
        if was.get(key) != now.get(key):
            harmless = key in WORDS or key.startswith("x-")
            said = f"{key} is another one" if harmless else f"{key} is another one, and it is not known what that means"
            yield Change(grade="cosmetic" if harmless else "breaking", path=path, reason=said)


def shown(value: object) -> str:
    """A value as a report shows it."""
    return "nothing" if value is None else repr(value)


def listed(kinds: object) -> str:
    """Types of JSON in words."""
    return " or ".join(sorted(map(str, kinds))) if isinstance(kinds, set | tuple | list) else str(kinds)
