"""Every stream that the suite met, held to its contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checks import contract_streams
from contracts.streams import EVENTS, FORM, ORDER, STREAM, Streams, told_in, told_in_file
from gonogo.contracted import Asked, Breach, Held
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gonogo.check import Check
    from gonogo.exchange import Exchange
    from gonogo.profile import Profile

RULES: dict[str, Check[Held, []]] = {
    FORM: contract_streams.form,
    EVENTS: contract_streams.events,
    ORDER: contract_streams.order,
}
SHOWN_OF_ONE = 3
OK = 200


def streams_of(profile: Profile, document: dict[str, Any], say: Callable[[str], None]) -> Streams:
    """The contracts of the streams, where the profile says, or in its document; none where that makes no sense."""
    promised = profile.promises.document
    try:
        if promised is None or promised.events is None:
            return told_in(document)
        return told_in_file((profile.path.parent / promised.events).read_text(encoding="utf-8"))
    except (NotEvaluable, OSError) as error:
        say(f"streams cannot be held to a contract: {error}")
        return Streams()


def held_streams(streams: Streams, answers: Iterable[Asked]) -> Iterator[tuple[Check[Held, []], Held]]:
    """Each rule of streams, with how many were held against it, and each operation's breaches once."""
    looks = 0
    found: dict[str, dict[tuple[str, str], Breach]] = {kind: {} for kind in RULES}
    for one in answers:
        method, _, path = one.operation.partition(" ")
        contract = streams.of(method, path)
        if contract is None or one.exchange.status != OK or one.exchange.content_type != STREAM:
            continue
        looks += 1
        resumed = "last-event-id" in one.exchange.request.headers
        flaws = list(contract.flaws(one.exchange.body, resumed=resumed, cut=one.cut))
        for kind, known in found.items():
            for says in [flaw.says for flaw in flaws if flaw.kind == kind][:SHOWN_OF_ONE]:
                breach = Breach(operation=one.operation, says=says, trail=(one.exchange,))
                known.setdefault((one.operation, says), breach)
    for kind, rule in RULES.items():
        yield rule, Held(looks=looks, breaches=tuple(found[kind].values()))


def walked_streams(pairs: Iterable[tuple[Any, Exchange]]) -> Iterator[Asked]:
    """The streams of the walk, as those that were asked for later."""
    for route, exchange in pairs:
        if exchange.content_type == STREAM:
            yield Asked(operation=route.label, phase="walk", exchange=exchange, valid=True)
