"""A YAML file as plain data that remembers its lines, and mistakes in it as one sentence each."""

from __future__ import annotations

import difflib
import functools
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

Loc = tuple[str | int, ...]
LARGEST = 200_000  # bytes; the time to read nested brackets grows with their square
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
TAG = "tag:yaml.org,2002:"
PLAIN: dict[str, Callable[[yaml.SafeLoader, yaml.ScalarNode], Any]] = {
    "str": lambda _loader, node: node.value,
    "timestamp": lambda _loader, node: node.value,
    "null": lambda _loader, _node: None,
    "bool": lambda loader, node: loader.construct_yaml_bool(node),
    "int": lambda loader, node: loader.construct_yaml_int(node),
    "float": lambda loader, node: loader.construct_yaml_float(node),
}


@dataclass(frozen=True, kw_only=True)
class Document:
    """A YAML mapping as it was written; `${NAME}` still stands in its texts."""

    path: str
    data: dict[str, Any]
    lines: Mapping[Loc, int] = field(repr=False)

    def error(self, loc: Loc, sentence: str) -> UsageError:
        """Make the error that points at the place, or at the nearest place around it that was written."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return UsageError(one_line(f"{self.path} line {self.lines.get(loc, 1)}: {sentence}"))

    def at(self, loc: Loc) -> Any:  # noqa: ANN401  whatever the file holds
        """Return what is written at a place. Raises LookupError when nothing is."""
        found: Any = self.data
        for key in loc:
            found = found[key]
        return found

    def texts(self) -> Iterator[tuple[Loc, str]]:
        """Every text in the file with its place."""
        return texts_of(self.data)

    def resolved(self, environ: Mapping[str, str], raw: Iterable[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """
        Return the data with `${NAME}` filled from the environment, and the values that were used.

        The sections named in `raw` keep their texts as they are. Raises UsageError for a variable that
        is missing or empty.
        """
        used: dict[str, str] = {}
        for loc, text in self.texts():
            if loc[0] != "policy":
                used |= self._values(loc, text, environ)
        filled = {key: value if key in raw else fill(value, used) for key, value in self.data.items()}
        return filled, used

    def _values(self, loc: Loc, text: str, environ: Mapping[str, str]) -> dict[str, str]:
        names = VARIABLE.findall(text)
        if "${" in VARIABLE.sub("", text):
            raise self.error(loc, f"{dotted(loc)} has a '${{' that no variable's name and '}}' follow")
        for name in names:
            if not environ.get(name):
                raise self.error(loc, f"{dotted(loc)} needs the environment variable {name}, which is not set")
        return {name: environ[name] for name in names}


def texts_of(data: Any, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:  # noqa: ANN401  whatever the file holds
    """Every text in plain data with its place."""
    if isinstance(data, str):
        yield loc, data
    elif isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from texts_of(value, (*loc, key))


def fill(data: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401  whatever the file holds
    """Return plain data with `${NAME}` replaced in its texts, where the name has a value."""
    if isinstance(data, str):
        return VARIABLE.sub(lambda found: values.get(found[1], found[0]), data)
    if isinstance(data, dict):
        return {key: fill(value, values) for key, value in data.items()}
    return [fill(value, values) for value in data] if isinstance(data, list) else data


def dotted(loc: Loc) -> str:
    """Return a place as a profile's reader would write it: promises.limits[0].name."""
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in loc)
    return path.removeprefix(".") or "the profile"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that suggests the known name that is meant, if one is near."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def read_document(path: Path, shown: str) -> Document:
    """Read a profile's file. Raises UsageError with one sentence for whatever is wrong with it."""
    text = read_text(path, shown)
    try:
        root = composed(text)
        if isinstance(root, yaml.AliasEvent):
            raise UsageError(f"{shown} line {line_of(root)}: '*{root.anchor}' is an alias; write the value out")
        if not isinstance(root, yaml.MappingNode):
            held = "is empty" if root is None else f"holds {name_of(root)}"
            raise UsageError(f"{shown}: a profile is a mapping of keys to values, but the file {held}")
        lines: dict[Loc, int] = {(): 1}
        data = Reader(shown=shown, lines=lines).mapping(root, ())
    except yaml.MarkedYAMLError as error:
        raise UsageError(sentence_of(error, shown)) from error
    except yaml.YAMLError as error:
        raise UsageError(f"{shown}: this is no YAML text; it holds a character that YAML does not allow") from error
    except RecursionError as error:
        raise UsageError(f"{shown}: the file is nested too deeply to be a profile") from error
    return Document(path=shown, data=data, lines=lines)


def read_text(path: Path, shown: str) -> str:
    """Read a file of text. Raises UsageError with one sentence."""
    try:
        if path.is_dir():
            raise UsageError(f"{shown}: this is a directory; name the profile's file")
        content = path.read_bytes()
        if len(content) > LARGEST:
            raise UsageError(f"{shown}: the file has {len(content)} bytes; a profile has {LARGEST} at most")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown}: this is no text in UTF-8") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{shown}: the file cannot be read: {getattr(error, 'strerror', None) or error}") from error


@functools.lru_cache(maxsize=4)
def composed(text: str) -> yaml.Node | yaml.AliasEvent | None:
    """
    Parse a profile's text, or return its first alias: a few of them can unfold without end.

    A run reads the same file several times, before there is a target and after.
    """
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            return event
    return yaml.compose(text, Loader=yaml.SafeLoader)


def sentence_of(error: yaml.MarkedYAMLError, shown: str) -> str:
    """Say a YAML error in one sentence."""
    mark = error.problem_mark or error.context_mark
    said = " ".join(filter(None, [error.problem or "this cannot be read", error.context]))
    return one_line(f"{shown}{f' line {mark.line + 1}' if mark else ''}: this is no YAML: {said}")


def line_of(marked: yaml.Node | yaml.Event) -> int:
    """Return the line on which a node or event begins, counted from one."""
    return marked.start_mark.line + 1 if marked.start_mark else 1


def one_line(text: str) -> str:
    """Return a text in which nothing breaks the line or steers a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def name_of(node: yaml.Node) -> str:
    """Say what a node is."""
    return "a list" if isinstance(node, yaml.SequenceNode) else "a single value"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Turns nodes into plain data, and notes the line of every key and item."""

    shown: str
    lines: dict[Loc, int]

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        """Read a mapping; its keys are texts, each written once."""
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != f"{TAG}str":
                raise self.error(key_node, f"a key in {dotted(loc)} is no text; put it in quotes")
            key = key_node.value
            if key in data:
                first = self.lines[(*loc, key)]
                raise self.error(key_node, f"the key '{key}' is twice in {dotted(loc)}, first in line {first}")
            self.lines[(*loc, key)] = line_of(key_node)
            data[key] = self.value(value_node, (*loc, key))
        return data

    def sequence(self, node: yaml.SequenceNode, loc: Loc) -> list[Any]:
        """Read a list."""
        data = []
        for index, item in enumerate(node.value):
            self.lines[(*loc, index)] = line_of(item)
            data.append(self.value(item, (*loc, index)))
        return data

    def value(self, node: yaml.Node, loc: Loc) -> Any:  # noqa: ANN401  whatever the file holds
        """Read whatever is there."""
        if isinstance(node, yaml.MappingNode) and node.tag == f"{TAG}map":
            return self.mapping(node, loc)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{TAG}seq":
            return self.sequence(node, loc)
        read = PLAIN.get(node.tag.removeprefix(TAG))
        if read is None or not isinstance(node, yaml.ScalarNode):
            raise self.error(node, f"{dotted(loc)} has the tag '{node.tag}'; write a plain value")
        try:
            found = read(yaml.SafeLoader(""), node)
        except (ValueError, KeyError) as error:  # what an explicit tag claims to be, and is not
            raise self.error(node, f"{dotted(loc)} is not the {node.tag.removeprefix(TAG)} it claims to be") from error
        if isinstance(found, float) and not math.isfinite(found):
            raise self.error(node, f"{dotted(loc)} should be a number that ends, not {node.value}")
        return found

    def error(self, node: yaml.Node, sentence: str) -> UsageError:
        """Make the error that points at a node."""
        return UsageError(one_line(f"{self.shown} line {line_of(node)}: {sentence}"))
