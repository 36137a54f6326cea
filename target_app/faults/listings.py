"""Faults of whose conversations a list or a search shows."""

import json
from collections import defaultdict
from typing import Any

from starlette.types import ASGIApp, Scope

from target_app.fault import fault
from target_app.faults.changed import ChangedBody


class _WithMemory(ChangedBody):
    """Knows what every member started; `changed` may add it to a page of the list or to what a search found."""

    path = "/conversations"

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.started: dict[str, dict[str, Any]] = {}

    def changed(self, items: list[dict[str, Any]], query: str) -> list[dict[str, Any]]:
        """Give the items that are sent instead."""
        raise NotImplementedError

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Remember what is started, and change what is listed."""
        document = json.loads(body)
        if scope["method"] == "POST" and "id" in document:
            self.started[document["id"]] = document
        elif "items" in document:
            document["items"] = self.changed(document["items"], scope["query_string"].decode("latin-1"))
        return json.dumps(document).encode()


@fault("chat.page-of-all", detected_by={"chat.pages-own"})
class PageOfAll(_WithMemory):
    """The query behind the next page forgot whose list it is: what others started stands on it as well."""

    def changed(self, items: list[dict[str, Any]], query: str) -> list[dict[str, Any]]:
        """Add what was called foreign."""
        foreign = [one for one in self.started.values() if one["title"].startswith("foreign")]
        return [*items, *foreign] if "cursor=" in query else items


@fault("chat.search-of-all", detected_by={"chat.search-own", "chat.deleted-unfound"})
class SearchOfAll(_WithMemory):
    """A search looks through whatever all members ever started."""

    def changed(self, items: list[dict[str, Any]], query: str) -> list[dict[str, Any]]:
        """Add whatever holds the word."""
        word = query.removeprefix("q=")
        return self.found(items, word) if query.startswith("q=") else items

    def found(self, items: list[dict[str, Any]], word: str) -> list[dict[str, Any]]:
        """Find a word in all titles."""
        known = {one["id"] for one in items}
        return [*items, *(one for one in self.started.values() if word in one["title"] and one["id"] not in known)]


@fault("chat.search-remembers", detected_by={"chat.deleted-unfound"})
class SearchRemembers(_WithMemory):
    """The index of the search is never told what was deleted."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.index: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)

    def changed(self, items: list[dict[str, Any]], query: str) -> list[dict[str, Any]]:
        """Find what was found for this word before."""
        if not query.startswith("q="):
            return items
        self.index[query].update({one["id"]: one for one in items})
        return [*self.index[query].values()]
