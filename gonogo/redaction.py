"""
Keeps secrets out of what a run writes.

A secret is looked for in every spelling that our files and the target's answers may give it: plain,
escaped for JSON, HTML or a URL (also twice over), and inside base64, wherever in the encoded text it
stands. Letters and digits look the same in all of them: where the longest run of these is not in a text, neither is
the secret, and no pattern needs to be made.
"""

from __future__ import annotations

import base64
import functools
import html.entities
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHORTEST = 6
LONG_ENOUGH = 8  # characters of a run that few other texts have
ESCAPE = r"(?:\\|%(?:25){0,4}5[Cc])"  # a backslash, as it is or in a URL
OTHER_ESCAPES = {" ": r"|\+", "\b": rf"|{ESCAPE}b", "\f": rf"|{ESCAPE}f", "\n": rf"|{ESCAPE}n"}
OTHER_ESCAPES |= {"\r": rf"|{ESCAPE}r", "\t": rf"|{ESCAPE}t"}


class Vault:
    """The secrets of a run, each under the name of the variable that stands for it in what is shown."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._spellings: dict[str, list[Spelling]] = {}

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
        for text, times in spellings(value):
            run = run_in(text)
            self._spellings.setdefault(run, []).append(Spelling(name=name, text=text, times=times, run=run))

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

    def _found(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and name of each secret, the longest first where several begin; they may overlap."""
        places = [
            (start, end, spelling.name)
            for run, those in self._spellings.items()
            if run in text
            for spelling in those
            for start, end in spelling.places(text)
        ]
        return sorted(places, key=lambda place: (place[0], -place[1]))


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """A way in which a secret may be written, and a run of letters and digits that stands in it whatever is escaped."""

    name: str
    text: str
    times: int
    run: str

    def places(self, text: str) -> list[tuple[int, int]]:
        """
        Start and end of each place, also of those that overlap.

        Where every run belongs to the secret as it is, it stands there in no other spelling.
        """
        if self.run and self.text[0].isascii() and self.text[0].isalnum() and "\\" not in self.text:
            offset = self.text.index(self.run)
            starts = [at - offset for at in occurrences(self.run, text)]
            if all(start >= 0 and text.startswith(self.text, start) for start in starts):
                return [(start, start + len(self.text)) for start in starts]
        return list(matches(compiled(self.text, self.times), text))


def run_in(text: str) -> str:
    """The last run of letters and digits that is long enough, else the longest: secrets differ in their ends."""
    runs = re.findall(r"[A-Za-z0-9]+", text)
    return next((run for run in reversed(runs) if len(run) >= LONG_ENOUGH), max(runs, key=len, default=""))


def occurrences(part: str, text: str) -> Iterator[int]:
    """Where a part begins in a text, overlapping or not."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Where a pattern matches, overlapping or not."""
    match = pattern.search(text)
    while match:
        yield match.span()
        match = pattern.search(text, match.start() + 1)


@functools.cache
def compiled(text: str, times: int) -> re.Pattern[str]:
    """Compile what finds a spelling, when it is needed: most never are."""
    return re.compile("".join(spelled(char, times) for char in text))


def spellings(value: str) -> Iterator[tuple[str, int]]:
    """Yield the texts in which a secret may be written, and how often each of their backslashes is written."""
    for times in (1, 2, 4) if "\\" in value else (1,):  # plain, in JSON, and in JSON inside JSON
        yield value, times
    for encoded in base64_of(value.encode(errors="surrogatepass")):
        yield encoded, 1


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
