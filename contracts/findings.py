"""From what the generator's checks said to what ours look at: each breach once an operation, with what shows it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from checks import contract_rules as rules
from gonogo.contracted import Asked, Breach, Guarded, Held, Reached

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from contracts.calls import Sent
    from contracts.engine import Said
    from contracts.routes import Route
    from contracts.wire import Wire
    from gonogo.check import Check
    from gonogo.exchange import Exchange

RULES: dict[str, Check[Held, []]] = {
    "not_a_server_error": rules.no_server_error,
    "status_code_conformance": rules.statuses,
    "content_type_conformance": rules.media_types,
    "response_headers_conformance": rules.header_fields,
    "response_schema_conformance": rules.bodies,
    "negative_data_rejection": rules.refuses_invalid,
    "positive_data_acceptance": rules.accepts_valid,
    "missing_required_header": rules.required_fields,
    "unsupported_method": rules.methods,
    "use_after_free": rules.gone_stays_gone,
    "ensure_resource_availability": rules.made_is_there,
    "ignored_auth": rules.wants_credentials,
}
"""Which check of ours each of Schemathesis' feeds."""
FOLLOWED = {True: "use_after_free", False: "ensure_resource_availability"}
"""Which check knows the same of what was deleted, and of what was made."""
LONGEST = 300
GIVEN_FIELDS = frozenset(
    {"last-event-id", "if-match", "if-none-match", "if-range", "if-modified-since", "idempotency-key"}
)
"""What a client was given before, or has used before: a made-up value is rightly refused."""
OF_VALUES = frozenset({"positive_data_acceptance", "negative_data_rejection"})
"""What cannot be judged of a form in parts: every value is text on its way, and a file's content is made up."""
MOST_SHOWN = 3


@dataclass(kw_only=True)
class Findings:
    """What was looked at, and each breach by rule, operation and code, with the first case that shows it."""

    wire: Wire
    looks: Counter[str] = field(default_factory=Counter)
    found: dict[tuple[str, str, str], Said] = field(default_factory=dict)

    def take(self, said: Said) -> None:
        """Take over what a check said of a case."""
        if self._is_excused(said):
            return
        self.looks[said.check] += 1
        if said.fault:
            self.found.setdefault((said.check, said.operation, said.code), said)

    def _is_excused(self, said: Said) -> bool:
        """Whether nothing can be concluded from this case."""
        sent = self.wire.by_case.get(said.case)
        if sent is None:
            return False
        if sent.exchange.status == 429:  # noqa: PLR2004  a limit that our own traffic has spent
            return True
        kind = sent.exchange.request.headers.get("content-type")
        if said.check in OF_VALUES and kind.startswith("multipart/"):
            return True
        if said.check == "positive_data_acceptance":
            fields = {name.lower() for name, _ in sent.exchange.request.headers}
            return sent.call.route.wants_known or bool(fields & GIVEN_FIELDS)
        return said.check == "ensure_resource_availability" and said.case in self.wire.strangers

    def held(self) -> Iterator[tuple[Check[Held, []], Held]]:
        """Each rule with its breaches."""
        for name, rule in RULES.items():
            followed = [one for one in self.wire.followed if FOLLOWED[one.gone] == name]
            breaches = [breach_of(one, self.wire) for (check, _, _), one in self.found.items() if check == name]
            breaches += [
                Breach(operation=one.operation, says=one.says, trail=tuple(map(shown, one.trail)))
                for one in followed
                if one.says
            ]
            yield rule, Held(looks=self.looks[name] + len(followed), breaches=tuple(breaches))


def breach_of(said: Said, wire: Wire) -> Breach:
    """A breach in one line, with the exchange that shows it."""
    sent = wire.by_case.get(said.case)
    return Breach(operation=said.operation, says=one_line(said.fault), trail=(shown(sent),) if sent else ())


def one_line(text: str) -> str:
    """A text of many lines in one, cut to a readable length."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def shown(sent: Sent) -> Exchange:
    """An exchange with who sent it."""
    return replace(sent.exchange, person=sent.person)


def asked(wire: Wire, every: Mapping[str, Route]) -> tuple[Asked, ...]:
    """Every answer, as checks look at it; `every` are all operations of the document."""
    methods: dict[str, set[str]] = {}
    for route in every.values():
        methods.setdefault(route.path, set()).add(route.method)
    return tuple(
        Asked(
            operation=one.call.route.label,
            phase=one.call.phase,
            exchange=shown(one),
            valid=one.call.valid,
            cut=one.cut,
            methods=frozenset(methods.get(one.call.route.path, ())),
        )
        for one in wire.sent
    )


def guarded(wire: Wire, kinds: Iterable[str]) -> tuple[Guarded, ...]:
    """What was asked without what an operation wants, of some kinds."""
    return tuple(
        Guarded(operation=route.label, what=what, refusal=refusal)
        for route, what, refusal in wire.refusals
        if what in kinds
    )


def reached(routes: Mapping[str, Route], wire: Wire, walked: Iterable[tuple[Route, Exchange]]) -> tuple[Reached, ...]:
    """How far each operation was reached, and in which phase."""
    met: dict[str, dict[str, Counter[int]]] = {label: {} for label in routes}
    for one in wire.sent:
        if one.exchange.status is not None and one.call.as_documented:
            met[one.call.route.label].setdefault(one.call.phase, Counter())[one.exchange.status] += 1
    for route, exchange in walked:
        if exchange.status is not None and route.label in met:
            met[route.label].setdefault("walk", Counter())[exchange.status] += 1
    return tuple(Reached(operation=label, documented=routes[label].statuses, met=met[label]) for label in routes)


def trail_of(subjects: Iterable[Any]) -> tuple[Exchange, ...]:
    """What shows the first few of many subjects."""
    return tuple(exchange for one in list(subjects)[:MOST_SHOWN] for exchange in one.trail)
