"""Where a page may send somebody: to our own pages only."""

import re
from urllib.parse import urlencode

HOME = "/chat"
# Browsers drop control characters and take a backslash for a slash: "/\t/evil.example" is another site.
OWN = re.compile(r"/(?:[!-.0-\[\]-~][!-\[\]-~]*)?")
ENTRANCES = ("/signin", "/signup", "/verify", "/verify-email", "/forgot-password", "/reset-password")
LONGEST = 2000


def own_place(asked: str | None) -> str:
    """Return the path that was asked for if it is a place of ours for members, and where chats begin otherwise."""
    if asked is None or len(asked) > LONGEST or not OWN.fullmatch(asked):
        return HOME
    path = asked.partition("?")[0].partition("#")[0]
    return HOME if path == "/" or path in ENTRANCES else asked


def entrance(wanted: str, *, ended: bool) -> str:
    """Return the address of the sign-in page that leads back to what was wanted."""
    return "/signin?" + urlencode({"next": wanted} | ({"ended": "1"} if ended else {}))
