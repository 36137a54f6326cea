"""
Knows the shell lines that this program writes from any others.

A run's folder may come from elsewhere, and a line of it would be run with the profile's secrets: one that
is not of the form that `gonogo.curl` and `gonogo.recorder` write, or goes to another target, is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gonogo.curl import AS_JSON
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from gonogo.profile import Profile

VARIABLE = r'"\$GONOGO_[A-Z0-9_]+"'
IN_JSON = re.escape(AS_JSON).replace(re.escape("{name}"), r"GONOGO_[A-Z0-9_]+")
NUMBERS = r""""\$\(printf '(?:\\[0-7]{3})+'\)\""""
REST = rf"""(?:'[^']*'|{VARIABLE}|{IN_JSON}|"'+"|{NUMBERS})*"""
TEXT = rf"(?=['\"]){REST}"
PRINTED = rf"(?:printf '(?:%[sb])+'(?: {TEXT})+|head -c \d+ /dev/zero \| tr '\\0' '[A-Za-z0-9.]')"
FED = rf"(?:(?:{PRINTED}|\{{ {PRINTED}(?:; {PRINTED})*; \}}) \| )?"
PLAIN = r"-sS|-i|-g|--path-as-is|-N|-L|-I|-b ''|--max-redirs \d+|-X [A-Za-z]+|--data-binary @-"
QUOTED = "'::{}'"
STATUS = r"-o /dev/null -w '%\{http_code\}\\n'"


def refuse_foreign(line: str, profile: Profile) -> None:
    """Raise UsageError for a line that this program would not have written for this target."""
    if not form_of_lines(profile).fullmatch(line):
        raise UsageError(
            "the run's line for this finding is not one that gonogo writes for this target; it is not sent again"
        )


def form_of_lines(profile: Profile) -> re.Pattern[str]:
    """
    The lines for a target. No argument of curl may name a file, which `@` would, or another place to connect to.

    Each text begins as the profile says, and ends where its quotes end.
    """
    origins = [value for value in vars(profile.origins).values() if isinstance(value, str)]
    places = "|".join(map(re.escape, origins))
    known = "|".join(name for name, value in profile.secrets.items() if value in origins) or "(?!)"
    end = r"(?=[\s;]|$)"
    url = rf"""(?:'(?:{places})'{end}|'(?:{places})[/?][^']*'{REST}|"\$(?:{known})"(?:{end}|(?='[/?]){REST}))"""
    options = [
        PLAIN,
        '--cacert "\\$GONOGO_CA_FILE"',
        rf"-H '[^\s:;@']+[:;][^']*'{REST}",
        rf"--data-raw {TEXT}",
        rf"--data-urlencode '[^'=@]*=[^']*'{REST}",
        *([f"--connect-to {re.escape(QUOTED.format(profile.connect_to))}"] if profile.connect_to else []),
        url,
    ]
    one = rf"{FED}curl(?: (?:{'|'.join(options)}))+"
    command = rf"(?:{one}|for n in \$\(seq \d+\); do {one} {STATUS}; done)"
    return re.compile(rf"{command}(?: && {command})*")
