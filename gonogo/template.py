"""
Fills templates: `{name}` from a request's variables, `${ENV_NAME}` from the profile's environment. No I/O.

Both are filled in one pass, so that a value which looks like a template stays a value.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PLACE = re.compile(r"\$\{(?P<env>[A-Za-z_][A-Za-z0-9_]*)\}|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, kw_only=True)
class Filler:
    """Fills the templates of one operation."""

    operation: str
    variables: Mapping[str, Any]
    environ: Mapping[str, str]

    def text(self, template: str, encode: Callable[[str], str] = str) -> str:
        """Fill a text; variables pass through `encode`, what is written out does not."""
        return PLACE.sub(lambda found: self._piece(found, encode), template)

    def value(self, template: Any) -> Any:  # noqa: ANN401  JSON has no narrower type
        """Fill whatever JSON can hold; a text that is one `{name}` becomes the variable with its own type."""
        if isinstance(template, dict):
            return {key: self.value(value) for key, value in template.items()}
        if isinstance(template, list):
            return [self.value(value) for value in template]
        if not isinstance(template, str):
            return template
        whole = PLACE.fullmatch(template)
        return self.variable(whole["name"]) if whole and whole["name"] else self.text(template)

    def variable(self, name: str) -> Any:  # noqa: ANN401  a variable is what the scenario makes it
        """Return a variable. Raises HarnessTrouble when the scenario has not set it."""
        if name not in self.variables:
            raise HarnessTrouble(f"operation {self.operation} needs the variable '{name}', which nothing has set")
        return self.variables[name]

    def _piece(self, found: re.Match[str], encode: Callable[[str], str]) -> str:
        if found["name"]:
            return encode(text_of(self.variable(found["name"])))
        if found["env"] not in self.environ:
            raise HarnessTrouble(f"operation {self.operation} needs the environment variable {found['env']}")
        return self.environ[found["env"]]


def text_of(value: Any) -> str:  # noqa: ANN401  a variable is what the scenario makes it
    """Return a variable as text; what is no text is written as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def names_in(template: Any) -> Iterator[str]:  # noqa: ANN401  JSON has no narrower type
    """Every variable that a template needs, as often as it stands there."""
    if isinstance(template, str):
        yield from (found["name"] for found in PLACE.finditer(template) if found["name"])
    elif isinstance(template, dict):
        for value in template.values():
            yield from names_in(value)
    elif isinstance(template, list):
        for value in template:
            yield from names_in(value)
