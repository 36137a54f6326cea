"""
A request as one shell line, to paste: it shows a failure without this program.

Nothing in it is expanded but the variables that stand for secrets: everything else stands in single
quotes, and what a terminal would act on is written as a number.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from gonogo.body import FORM, plus, urlencoded
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.exchange import Request
    from gonogo.profile_model import Profile

SHORTEST = 4  # a shorter value stands in too many places by chance
LONGEST_ARGUMENT = 100_000  # Linux allows 128 KiB
WAITS_FOR_CONTINUE = 1_000_000  # bytes of a body after which curl asks first
LONG_RUN = re.compile(r"([A-Za-z0-9.])\1{999,}")
ESCAPED = re.compile(r"[\x00-\x1f\"\\]")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
AS_JSON = '"$(printf %s "${name}" | sed \'s/[\\\\"]/\\\\&/g\')"'


def curl(request: Request, variables: Mapping[str, str], profile: Profile) -> str:
    """
    Return the shell line that sends a request again.

    `variables` maps values to the names of the shell variables that stand for them.
    """
    quoting = Quoting.of(known_in(request, profile.connect_to or "", variables))
    source, body = body_words(request, quoting)
    words = [
        *("curl", "-sS", "-i", "-g", "--path-as-is"),
        *(["-N"] if request.streams else []),
        *(['--cacert "$GONOGO_CA_FILE"'] if profile.tls.ca_file else []),
        *([f"--connect-to {quoting.text(f'::{profile.connect_to}')}"] if profile.connect_to else []),
        *(["-L", f"--max-redirs {request.redirects}", "-b ''"] if request.redirects else []),
        *method_words(request),
        quoting.text(request.url),
        *header_words(request, quoting),
        *body,
    ]
    return source + " ".join(words)


def known_in(request: Request, connect_to: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the few variables whose values stand somewhere in a request, in any form in which they would be shown."""
    fields = form_fields(request) or ()
    body = request.body.decode("utf-8", "surrogateescape")
    whole = "\n".join([connect_to, request.url, *map(": ".join, request.headers), body, *map("=".join, fields)])
    return {
        value: name
        for value, name in variables.items()
        if value in whole or (ESCAPED.search(value) and in_json(value) in whole)
    }


def method_words(request: Request) -> Iterator[str]:
    """Tell the method, where curl would not choose it; after a redirect curl must be free to choose."""
    if request.method == "HEAD":
        yield "-I"
    elif request.method != "GET" and not (request.method == "POST" and request.redirects):
        yield f"-X {request.method}"
    elif request.method == "GET" and request.body:
        yield "-X GET"


def header_words(request: Request, quoting: Quoting) -> Iterator[str]:
    """Tell the header fields; `Name;` is curl's way to send one that is empty, `Name:` to leave out its own."""
    for name, value in request.headers:
        if not re.fullmatch(r"[^\s:@;\x00][^\s:;\x00]*", name) or re.search(r"[\r\n\x00]", value):
            raise HarnessTrouble(f"the header field {name!r} cannot be told to curl")
        yield f"-H {quoting.text(f'{name}: {value}' if value.strip() else f'{name};')}"
    if sends_body(request) and "content-type" not in request.headers:
        yield "-H 'Content-Type:'"
    if len(request.body) > WAITS_FOR_CONTINUE:
        yield "-H 'Expect:'"


def sends_body(request: Request) -> bool:
    """Whether a body is sent, be it empty."""
    return bool(request.body) or request.method in {"POST", "PUT", "PATCH"}


def body_words(request: Request, quoting: Quoting) -> tuple[str, list[str]]:
    """Return what stands before curl and feeds it, and curl's own words for the body."""
    if not sends_body(request):
        return "", []
    fields = form_fields(request)
    if fields is not None:
        return "", [f"--data-urlencode {quoting.text(f'{plus(name)}={value}')}" for name, value in fields]
    text = request.body.decode("utf-8", "surrogateescape")
    if text.isprintable() and len(request.body) <= LONGEST_ARGUMENT:
        return "", [f"--data-raw {quoting.text(text)}"]
    return f"{quoting.printed(text)} | ", ["--data-binary @-"]


def form_fields(request: Request) -> list[tuple[str, str]] | None:
    """Return a form's fields, if curl would encode them into this very body."""
    text = request.body.decode("ascii", "replace")
    if request.headers.get("content-type") != FORM or not text or len(text) > LONGEST_ARGUMENT:
        return None
    pairs = [pair.partition("=") for pair in text.split("&")]
    fields = [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]
    sayable = not any(re.search(r"[\n\x00]", value) for _, value in fields)
    return fields if sayable and urlencoded(fields) == text else None


@dataclass(frozen=True, kw_only=True)
class Quoting:
    """Quotes text for a POSIX shell, with variables in the place of the values that they stand for."""

    shown_as: Mapping[str, str]

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Quoting:
        """Make the quoting for these variables, each also as it looks inside of JSON."""
        return cls(shown_as=dict(pair for value, name in variables.items() for pair in shown(value, name)))

    def pieces(self, text: str) -> Iterator[tuple[str, bool]]:
        """Split a text into what is written out, and the shell's words for what a variable stands for."""
        known = [value for value in self.shown_as if value in text]
        if not known:  # as of nearly every text: no pattern is made for it
            yield text, False
            return
        end = 0
        for found in re.finditer("|".join(map(re.escape, sorted(known, key=len, reverse=True))), text):
            yield text[end : found.start()], False
            yield self.shown_as[found[0]], True
            end = found.end()
        yield text[end:], False

    def text(self, text: str) -> str:
        """Quote a text as one word; it must not end in a line break."""
        words = [piece if known else literal(piece) for piece, known in self.pieces(text)]
        return "".join(words) or "''"

    def printed(self, text: str) -> str:
        """Return the command that prints a text, whatever bytes it is made of, and however long."""
        commands: list[str] = []
        end = 0
        for run in LONG_RUN.finditer(text):
            commands += [self.printed_whole(text[end : run.start()]), repeated(run[1], len(run[0]))]
            end = run.end()
        commands.append(self.printed_whole(text[end:]))
        return commands[0] if len(commands) == 1 else f"{{ {'; '.join(commands)}; }}"

    def printed_whole(self, text: str) -> str:
        """Return the printf that prints a text."""
        pieces = [(piece, known) for piece, known in self.pieces(text) if piece]
        form = "".join("%s" if known else "%b" for _, known in pieces)
        return " ".join([f"printf '{form}'", *(piece if known else numbered(piece) for piece, known in pieces)])


@lru_cache(maxsize=4096)
def shown(value: str, name: str) -> tuple[tuple[str, str], ...]:
    """Give the shell's words for a value that a variable stands for, by the forms in which it stands in a request."""
    if not NAME.fullmatch(name):
        raise HarnessTrouble(f"{name!r} cannot be the name of a shell variable")
    if len(value) < SHORTEST:
        return ()
    plain = (value, f'"${name}"')
    # sed adds backslashes; JSON's other escapes are beyond it
    return ((in_json(value), AS_JSON.replace("{name}", name)), plain) if min(value) >= " " else (plain,)


def repeated(letter: str, count: int) -> str:
    """Return the command that prints a letter so many times, for a page of it helps nobody."""
    return f"head -c {count} /dev/zero | tr '\\0' '{letter}'"


def in_json(value: str) -> str:
    """Return a value as it looks inside of JSON."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def literal(text: str) -> str:
    """Quote a text that nothing in it is expanded."""
    words = re.findall(r"'+|[^']+", text)
    return "".join(f'"{word}"' if word.startswith("'") else in_quotes(word) for word in words)


def in_quotes(text: str) -> str:
    """Put a text without quotes into single ones; what does not print is printed from its number."""
    return "".join(f"'{run}'" if run.isprintable() else f"\"$(printf '{octal(run)}')\"" for run in runs_of(text))


def runs_of(text: str) -> Iterator[str]:
    """Split a text where letters that print meet letters that do not."""
    start = 0
    if text.isprintable():
        yield from (text,) if text else ()
        return
    for end in range(1, len(text) + 1):
        if end == len(text) or text[end].isprintable() != text[start].isprintable():
            yield text[start:end]
            start = end


def numbered(text: str) -> str:
    """Quote a text for printf's %b: a backslash is doubled, what does not print is written as a number."""
    pieces = ("\\\\" if letter == "\\" else letter if letter.isprintable() else octal(letter, "\\0") for letter in text)
    return "'" + "".join(pieces).replace("'", "\\0047") + "'"


def octal(text: str, mark: str = "\\") -> str:
    """Write bytes as octal numbers of three digits."""
    return "".join(f"{mark}{byte:03o}" for byte in text.encode("utf-8", "surrogateescape"))
