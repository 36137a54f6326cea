"""The verdict for machines, and the schema that it keeps."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

from gonogo.published import SCHEMA, Verdict
from gonogo.visible import unseen

if TYPE_CHECKING:
    from gonogo.evidence import Evidence

ORDER = re.compile(r"##(?=\w*\[)")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def render(verdict: Verdict, _evidence: Evidence) -> str:
    """Render `verdict.json`."""
    return written(verdict.model_dump(by_alias=True))


def written(document: object) -> str:
    """
    A document as JSON.

    What must not be shown raw is a JSON escape, so that the file is safe to look at and says the same.
    A lone surrogate, which strict parsers refuse, is a replacement character; a number that is none is null.
    """
    body = json.loads(json.dumps(document), parse_constant=lambda _: None)
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return ORDER.sub(r"#\\u0023", text.translate(ESCAPES)) + "\n"


class Escapes(dict[int, str]):
    """What each character of a JSON text becomes; filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        """Look at a character for the first time; the text's own line feeds stay."""
        letter = chr(code)
        self[code] = escaped(letter) if letter != "\n" and unseen(letter) else letter
        return self[code]


ESCAPES = Escapes()


def escaped(letter: str) -> str:
    """A letter as a JSON escape."""
    if 0xD800 <= ord(letter) <= 0xDFFF:  # noqa: PLR2004  the surrogates
        return "\ufffd"
    return f"\\u{ord(letter):04x}" if letter.isascii() else json.dumps(letter)[1:-1]


def schema(_verdict: Verdict, _evidence: Evidence) -> str:
    """Render `verdict.schema.json`; it is the same for every verdict."""
    return published_schema()


@cache
def published_schema() -> str:
    """The JSON Schema of `verdict.json`, made from the model."""
    model = Verdict.model_json_schema(by_alias=True, mode="serialization")
    model["properties"]["schema"]["const"] = SCHEMA
    return json.dumps({"$schema": DIALECT, "$id": f"urn:{SCHEMA.replace('/', ':')}", **model}, indent=2) + "\n"
