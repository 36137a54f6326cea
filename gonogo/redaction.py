"""
Keeps secrets out of what a run writes.

A secret is looked for in every spelling that our files and the target's answers may give it: plain,
escaped for JSON, HTML or a URL (also twice over), and inside base64, wherever in the encoded text it
stands. One pattern finds the places where a secret may begin; then that secret's own pattern decides.
"""

from __future__ import annotations

import base64
import functools
import html.entities
import re
from typing import TYPE_CHECKING

from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHORTEST = 6
ANCHOR = 6  # so many characters of a spelling are in the one pattern: it stays small, and is quickly rebuilt
MOST_FRESH = 100  # anchors; seven a secret, or twice and thrice as many where it has a backslash
ESCAPE = r"(?:\\|%(?:25){0,4}5[Cc])"  # a backslash, as it is or in a URL
OTHER_ESCAPES = {" ": r"|\+", "\b": rf"|{ESCAPE}b", "\f": rf"|{ESCAPE}f", "\n": rf"|{ESCAPE}n"}
OTHER_ESCAPES |= {"\r": rf"|{ESCAPE}r", "\t": rf"|{ESCAPE}t"}


class Vault:
    """The secrets of a run, each under the name of the variable that stands for it in what is shown."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._patterns: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        self._settled, self._fresh = Part((), ()), Part((), ())

    def add(self, value: str, name: str) -> None:
        """
        Register a secret under a variable's name; the first name of a value stays.

        Raises HarnessTrouble for a value so short that hiding it would hide everything.
        """
        if len(value) < SHORTEST:
            raise HarnessTrouble(f"{name} has {len(value)} characters; only {SHORTEST} or more can be kept secret")
        if value in self._values:
            return
        self._values.add(value)
        for spelling in spellings(value):
            secret = "".join(spelling), name
            self._patterns.setdefault(spelling[:ANCHOR], []).append(secret)

    def add_named(self, values: Mapping[str, str]) -> None:
        """
        Register what a profile took from its environment, by the variables' names.

        A value under six characters, such as a model's name, hides nothing: it would hide everything.
        """
        for name, value in values.items():
            if len(value) >= SHORTEST:
                self.add(value, name)

    def redact(self, text: str) -> str:
        """Return the text with `$NAME` in place of every secret; of those that overlap, the first is named."""
        pieces, end = [], 0
        for start, stop, name in self._found(text):
            if start >= end:
                pieces += [text[end:start], f"${name}"]
            end = max(end, stop)
        return "".join((*pieces, text[end:]))

    def found_in(self, text: str | bytes) -> list[str]:
        """Return the names of the secrets that a text holds, in alphabetical order."""
        if isinstance(text, bytes):
            text = text.decode(errors="replace")
        return sorted({name for _, _, name in self._found(text)})

    def _found(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and name of each secret, the longest at each place; they may overlap."""
        places = [place for part in self._parts() for place in part.found(text)]
        yield from sorted(places, key=lambda place: (place[0], -place[1]))

    def _parts(self) -> tuple[Part, Part]:
        """What to look for: the anchors of old, and the few new ones, for a pattern of all takes long to make."""
        known = len(self._settled.anchors)
        if len(self._patterns) - known > MOST_FRESH:
            self._settled, self._fresh = self._part(0), Part((), ())
        elif len(self._patterns) - known > len(self._fresh.anchors):
            self._fresh = self._part(known)
        return self._settled, self._fresh

    def _part(self, first: int) -> Part:
        anchors = tuple(self._patterns)[first:]
        return Part(anchors, tuple(self._patterns[anchor] for anchor in anchors))


class Part:
    """
    Some anchors, each with the secrets that begin with it.

    At one place several anchors may match if there are escapes in them, and the pattern tells but one: secrets with
    such anchors are tried wherever any anchor matches.
    """

    def __init__(self, anchors: tuple[tuple[str, ...], ...], secrets: tuple[list[tuple[str, str]], ...]) -> None:
        self.anchors = anchors
        self.secrets = secrets
        self.escaped = [
            one
            for anchor, those in zip(anchors, secrets, strict=True)
            if not "".join(anchor).isalnum()
            for one in those
        ]
        self.pattern = anchors_pattern(list(anchors)) if anchors else None

    def found(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and name of each secret, the longest at each place."""
        for place in self.pattern.finditer(text) if self.pattern else ():
            candidates = [*self.secrets[int((place.lastgroup or "")[1:])], *self.escaped]
            matches = ((compiled(secret).match(text, place.start()), name) for secret, name in candidates)
            ends = [(match.end(), name) for match, name in matches if match]
            if ends:
                yield place.start(), *max(ends)


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile what stands for one spelling of a secret, when it is needed: most spellings never are."""
    return re.compile(pattern)


def anchors_pattern(anchors: list[tuple[str, ...]]) -> re.Pattern[str]:
    """
    Build the pattern of all places where a secret may begin, including those inside another.

    It matches the place alone; the name of the empty group that matched holds the anchor's number. All
    anchors have the same length, and what they share is tried once.
    """
    return re.compile(f"(?={branches(dict(enumerate(anchors)))})")


def branches(anchors: dict[int, tuple[str, ...]]) -> str:
    """Write numbered anchors as one regular expression, which branches only where they differ."""
    starts: dict[str, dict[int, tuple[str, ...]]] = {}
    for number, anchor in anchors.items():
        if not anchor:
            return f"(?P<n{number}>)"
        starts.setdefault(anchor[0], {})[number] = anchor[1:]
    return f"(?:{'|'.join(token + branches(rest) for token, rest in starts.items())})"


def spellings(value: str) -> Iterator[tuple[str, ...]]:
    """Yield the ways in which a secret may be written, each as one regular expression a character."""
    doublings = (1, 2, 4) if "\\" in value else (1,)  # plain, in JSON, and in JSON inside JSON
    for times in doublings:
        yield tuple(spelled(char, times) for char in value)
    for encoded in base64_of(value.encode(errors="surrogatepass")):
        yield tuple(spelled(char) for char in encoded)


@functools.cache
def spelled(char: str, times: int = 1) -> str:
    """
    Write a character as a regular expression that finds it plain or escaped, a backslash so many times.

    Letters and digits are never escaped. Repetitions are bounded, so that a target that answers with
    a megabyte of backslashes does not stall us.
    """
    if char.isascii() and char.isalnum():
        return char
    units = char.encode("utf-16-be", "surrogatepass").hex(" ", 2).split()
    in_json = "".join(f"{ESCAPE}{{1,4}}u(?i:{unit})" for unit in units)
    in_url = "".join(f"%(?:25){{0,4}}(?i:{byte:02x})" for byte in char.encode(errors="surrogatepass"))
    in_html = f"&(?:amp;){{0,4}}(?:#0{{0,6}}{ord(char)}|#[xX]0{{0,6}}(?i:{ord(char):x}){names_of(char)});"
    one = f"(?:{re.escape(char)}|{in_url}|{in_html}{OTHER_ESCAPES.get(char, '')})"
    if char == "\\":
        return f"(?:{one}|{in_json}){{{times}}}"
    return f"(?:{ESCAPE}{{0,4}}{one}|{in_json})"


def names_of(char: str) -> str:
    """Return the alternatives of the names that HTML has for a character."""
    names = sorted(name for name, meant in html.entities.html5.items() if meant == char and name.endswith(";"))
    return "".join(f"|{name[:-1]}" for name in names)


def base64_of(value: bytes) -> set[str]:
    """
    Return what base64 makes of some bytes, in both alphabets and in the three ways they may stand among others.

    Left out are the characters at both ends that depend on the neighbours too.
    """
    found = set()
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(value)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(bytes(before) + value).decode()[first:last])
    return found
