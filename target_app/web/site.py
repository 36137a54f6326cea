"""
What the pages are made of: templates and static files, each a text with a name.

All are read once. A static file's address holds a fingerprint of all of them: so browsers may keep it for good, and
modules find each other beside themselves, without a build step.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined

FOLDER = Path(__file__).parent
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FINGERPRINT_LENGTH = 16
IMPORT = re.compile(r"""\b(?:from|import) ["']\./([\w-]+\.js)["']""")


class Site:
    """The templates and static files of one app. Any text can be changed before the first page is asked for."""

    def __init__(self) -> None:
        self.templates = dict(_texts("templates"))
        self.static = dict(_texts("static"))
        self._fingerprint = ""
        self._environment = Environment(
            loader=FunctionLoader(self.templates.get),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(static=self.url, needs=self.needs)

    @property
    def fingerprint(self) -> str:
        """Another one for other static files."""
        if not self._fingerprint:
            whole = "\0".join(f"{name}\0{text}" for name, text in sorted(self.static.items()))
            self._fingerprint = hashlib.sha256(whole.encode()).hexdigest()[:FINGERPRINT_LENGTH]
        return self._fingerprint

    def url(self, name: str) -> str:
        """Say where a static file is. Raises KeyError."""
        _ = self.static[name]
        return f"/static/{self.fingerprint}/{name}"

    def needs(self, url: str) -> list[str]:
        """List what the module at this address imports, and what that imports: a browser can ask for all at once."""
        found: dict[str, None] = {url.strip().rpartition("/")[2]: None}
        waiting = list(found)
        while waiting:
            new = [one for one in IMPORT.findall(self.static[waiting.pop()]) if one not in found]
            found.update(dict.fromkeys(new))
            waiting += new
        return [self.url(name) for name in list(found)[1:]]

    def render(self, name: str, values: dict[str, object]) -> str:
        """Fill in a template."""
        return self._environment.get_template(name).render(values)

    def rewrite(self, name: str, old: str, new: str) -> None:
        """Put other words into a template or static file. Raises LookupError if the old ones are not there."""
        texts = self.templates if name in self.templates else self.static
        if old not in texts[name]:
            raise LookupError(f"{name} does not hold {old!r}")
        texts[name] = texts[name].replace(old, new)
        self._fingerprint = ""


@cache
def _texts(folder: str) -> dict[str, str]:
    return {each.name: each.read_text("utf-8") for each in (FOLDER / folder).iterdir() if each.is_file()}
