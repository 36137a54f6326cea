"""
One member does everything that the profile describes, once, as a user would.

So each operation has answered well at least once, also those that need what no generator can make up: a mailed
token, a password, an id that was captured.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gonogo.exchange import StreamedExchange
from gonogo.harmless import ENDS_IT_ALL, something_for_all
from gonogo.member import RESET_MAIL, Member
from gonogo.operation import variables_of
from gonogo.passwords import learn_password
from gonogo.people import NEW_PASSWORD, RESET_PASSWORD
from gonogo.trouble import Trouble

if TYPE_CHECKING:
    from gonogo.exchange import Exchange

UPLOADED = "gonogo walks"
NOT_WALKED = frozenset({"payment_webhook", "trigger_error", "forgot_password", "reset_password", *ENDS_IT_ALL})


@dataclass(kw_only=True)
class Walked:
    """What a walk met, by the profile's operations, and what it could not do."""

    exchanges: list[Exchange] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


class Walker(Member):
    """A member who remembers every answer."""

    walked: Walked

    async def exchange(self, *args: Any, **kwargs: Any) -> Exchange:  # noqa: ANN401  as a member has it
        """Send a request, and remember what came."""
        exchange = await super().exchange(*args, **kwargs)
        self.walked.exchanges.append(exchange)
        return exchange

    async def walk(self) -> Walked:
        """Join, do everything, and leave."""
        self.walked = Walked()
        await self.join()
        await self._visit_all()
        for way in (self._reset_password, self._change_password, self._refresh):
            try:
                await way()
            except Trouble as trouble:
                self.walked.troubles.append(str(trouble))
        return self.walked

    async def _visit_all(self) -> None:
        """Every operation whose variables are known; those that create come before what takes their ids."""
        known: dict[str, Any] = something_for_all(self.profile) | {"content": UPLOADED}
        left = [
            name
            for name, one in self.profile.operations.items()
            if name not in NOT_WALKED and one.credential in {"session", "none"} and self._may(name)
        ]
        left.sort(key=lambda name: self.profile.operations[name].method == "DELETE")
        progress = True
        while left and progress:
            ready = [name for name in left if set(variables_of(self.profile, name)) <= {*known, *self.person.variables}]
            progress = bool(ready)
            for name in ready[:1]:
                left.remove(name)
                exchange = await self.attempt(name, **self._told(name, known))
                known |= exchange.captured
                if isinstance(exchange, StreamedExchange) and exchange.events and "message_id" in exchange.captured:
                    known["last_event_id"] = exchange.events[0].id
                if "conversation_id" in known:
                    known["conversation_ids"] = [known["conversation_id"]]

    def _may(self, name: str) -> bool:
        joins = name in {"signup", "verify_email", "signin", "csrf_token"}
        return not joins and (name != "create_order" or self.profile.allows("money"))

    def _told(self, name: str, known: dict[str, Any]) -> dict[str, Any]:
        return {one: known[one] for one in variables_of(self.profile, name) if one in known}

    async def _change_password(self) -> None:
        if "change_password" in self.profile.operations and self.person.account.made:
            fresh = self.person.account.later_password(NEW_PASSWORD)
            if (await self.attempt("change_password", new_password=fresh)).ok:
                learn_password(self, fresh)
                await self.sign_in()

    async def _reset_password(self) -> None:
        if {"forgot_password", "reset_password"} <= set(self.profile.operations) and self.person.account.made:
            await self.prepare_csrf("forgot_password")
            self.person.variables["mail_since"] = time.time()
            await self.attempt("forgot_password")
            link = await self.mailed_link(RESET_MAIL)
            fresh = self.person.account.later_password(RESET_PASSWORD)
            if (await self.attempt("reset_password", **link, new_password=fresh)).ok:
                learn_password(self, fresh)
                await self.sign_in()

    async def _refresh(self) -> None:
        if "refresh" in self.profile.operations:
            await self.attempt("refresh")
