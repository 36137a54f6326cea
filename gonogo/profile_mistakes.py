"""What is wrong with a profile's shape, said in one sentence with the way out. No I/O."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from gonogo.profile_file import dotted, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from gonogo.profile_file import Document, Loc
    from gonogo.trouble import UsageError

M = TypeVar("M", bound=BaseModel)
SHOWN = 40
EXPECTED = {
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "string_type": "a text, in quotes if need be",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
}


def validated(model: type[M], text: str, document: Document) -> M:
    """
    Return the model of a document, whose data comes as JSON text.

    Raises UsageError for the first mistake in the file; a key that is not known comes before one that
    is missing, for the one is often the other, misspelt.
    """
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False)
        raise mistake_of(mistakes, model, document) from None


def mistake_of(mistakes: list[ErrorDetails], model: type[BaseModel], document: Document) -> UsageError:
    """Choose the mistake to speak of; where a value could be of several kinds, they are told together."""
    places = {id(mistake): place_of(mistake["loc"], document) for mistake in mistakes}
    first = min(mistakes, key=lambda one: (one["type"] == "missing", document.lines[places[id(one)]]))
    place = places[id(first)]
    together = [one for one in mistakes if places[id(one)] == place and one["type"] != "missing"]
    if first["type"] == "missing" or len(together) < 2:  # noqa: PLR2004  nothing to join
        return document.error(place, sentence_of(first, place, model, document))
    wanted = " or ".join(dict.fromkeys(expected(one) for one in together))
    return document.error(place, f"{dotted(place)} should be {wanted}, not {seen(document, place)}")


def place_of(loc: Loc, document: Document) -> Loc:
    """Return the written part of a place: what was left out, and what pydantic adds for unions, is dropped."""
    place: Loc = ()
    for key in loc:
        if (*place, key) in document.lines:
            place = (*place, key)
    return place


def sentence_of(mistake: ErrorDetails, place: Loc, model: type[BaseModel], document: Document) -> str:
    """Say one mistake."""
    kind, key = mistake["type"], str(mistake["loc"][-1]) if mistake["loc"] else ""
    if kind == "extra_forbidden":
        return unknown_key(key, place[:-1], keys_at(model, place[:-1]))
    if kind == "missing":
        return f"the key '{key}' is missing in {dotted(mistake['loc'][:-1])}"
    if kind == "value_error":
        return f"{dotted(place)}: {mistake['msg'].removeprefix('Value error, ')}"
    given = written(document, place)
    near = nearest(given, choices(mistake)) if isinstance(given, str) else ""
    return f"{dotted(place)} should be {expected(mistake)}, not {seen(document, place)}{near}"


def unknown_key(key: str, parent: Loc, known: list[str]) -> str:
    """Say that a key is not known, and which is near."""
    near = nearest(key, known) or f"; known are {', '.join(known)}"
    return f"unknown key '{key}' in {dotted(parent)}{near}"


def expected(mistake: ErrorDetails) -> str:
    """Return what should be there."""
    return EXPECTED.get(mistake["type"]) or mistake["msg"].removeprefix("Input should be ")


def choices(mistake: ErrorDetails) -> list[str]:
    """Return the words that a mistake says are possible."""
    return str(mistake.get("ctx", {}).get("expected", "")).replace("'", " ").replace(",", " ").split()


def written(document: Document, place: Loc) -> Any:  # noqa: ANN401  whatever the file holds
    """Return what the file has at a place; variables stand there by name."""
    return document.at(place)


def seen(document: Document, place: Loc) -> str:
    """Return what the file has at a place, as a sentence shows it."""
    found = written(document, place)
    if isinstance(found, dict | list):
        return "a mapping" if isinstance(found, dict) else "a list"
    if found is None or isinstance(found, bool):
        return {None: "nothing", True: "true", False: "false"}[found]
    return repr(found if len(str(found)) <= SHOWN else f"{str(found)[:SHOWN]}…")


def keys_at(model: type[BaseModel], place: Loc) -> list[str]:
    """Return the keys that a section may have."""
    found: Any = model
    for key in place:
        found = inside(plain(found), key)
    found = plain(found)
    return [field.alias or name for name, field in found.model_fields.items()]


def inside(annotation: Any, key: str | int) -> Any:  # noqa: ANN401  types are values here
    """Return the type of a key's value, or of a list's items."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        aliases = {field.alias or name: field for name, field in annotation.model_fields.items()}
        return aliases[str(key)].annotation
    return get_args(annotation)[1 if get_origin(annotation) is dict else 0]


def plain(annotation: Any) -> Any:  # noqa: ANN401  types are values here
    """Return what is not None of a type that may be None."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return next(one for one in get_args(annotation) if one is not type(None))
    return annotation
