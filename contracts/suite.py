"""The contract suite at work: who takes part, what is sent, and what is written down of it."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from checks import contract_answers, contract_drift, contract_guards, contract_reach
from contracts import engine
from contracts.findings import Findings, asked, guarded, one_line, reached, trail_of
from contracts.kept import Shelf
from contracts.release import drift_of, unlisted
from contracts.routes import left_out, routes
from contracts.streamed import held_streams, streams_of, walked_streams
from contracts.walk import Walked, Walker
from contracts.wire import ANONYMOUS, FOREIGN, NO_TOKEN, WRONG_TOKEN, Wire
from gonogo.evidence import Attempt, Fact
from gonogo.gate import probe_request
from gonogo.member import Member
from gonogo.trouble import NotEvaluable, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from contracts.depths import Depth
    from contracts.routes import Route
    from contracts.troupe import Troupe
    from gonogo.check import Bound
    from gonogo.contracted import Reached
    from gonogo.exchange import Exchange
    from gonogo.recorder import Recorder

SUITE = "contracts"
SCENARIO = "document"
DOCUMENT = "openapi"
WALK_S = 300.0
WIRED = "contracts-w"
UNPROVOKED = frozenset({"429", "413", "408"})
"""Refusals that take a flood to see; scenarios of their own provoke them."""
SHOWN = 10
NOT_FINISHED = frozenset({"error", "interrupted"})


@dataclass(kw_only=True)
class Suite:
    """One go of the suite."""

    recorder: Recorder
    troupe: Troupe
    depth: Depth
    seed: int
    say: Callable[[str], None]
    shelf: Path
    kept: set[str] = field(default_factory=set)

    @property
    def profile(self) -> Any:  # noqa: ANN401  the cast's, which is a Profile
        """The target's profile."""
        return self.troupe.cast.profile

    def run(self) -> None:
        """Do everything, and write it down; what cannot be done leaves its checks without a record."""
        if DOCUMENT not in self.profile.operations:
            self.say("the profile does not say where the document is (operations.openapi)")
            return
        self.say(f"seed {self.seed}: give --seed {self.seed} to send the same again")
        document, answer = self._document()
        try:
            every = routes(self.profile, document) if answer.status == 200 else {}  # noqa: PLR2004  OK
            engine.loaded(document, every, self.depth, self._settings())
            trouble = ""
        except NotEvaluable as error:
            every, trouble = {}, one_line(str(error))
        self._look(contract_reach.readable(len(every), trouble), answer, (answer,))
        if every:
            self._look(contract_drift.compatible(), drift_of(self.profile, document, self.say), (answer,))
            self._hold(document, every)

    def _document(self) -> tuple[Any, Exchange]:
        anybody = Member(self.troupe.cast.person("anybody"), self.troupe.cast, SCENARIO)
        answer = self.troupe.wait_for(anybody.attempt(DOCUMENT))
        try:
            return json.loads(answer.body), answer
        except ValueError:
            return None, answer

    def _hold(self, document: Any, every: dict[str, Route]) -> None:  # noqa: ANN401  whatever the target served
        out = dict(left_out(self.profile, every))
        chosen = {label: one for label, one in every.items() if label not in out}
        for label, why in out.items():
            self.say(f"left out: {label}: {why}")
        self.say(f"{len(chosen)} of {len(every)} operations, {self.depth.members} members join")
        self.troupe.gather(self.depth.members)
        wire = Wire(troupe=self.troupe, every=chosen)
        findings = Findings(wire=wire)
        walked = self._walk()
        pairs = [
            (route, one)
            for one in walked.exchanges
            for route in chosen.values()
            if one.request.operation in route.names
        ]
        shelf = self._shelf(document, chosen, wire)
        for again in shelf.replay():
            findings.take(again)
        went = self._send(document, chosen, wire, findings, pairs)
        shelf.keep(tuple(findings.found.values()))
        self._judge(every, chosen, wire, findings, pairs)
        met = (*walked_streams(pairs), *asked(wire, every))
        for rule, held in held_streams(streams_of(self.profile, document, self.say), met):
            self._look(rule(), held, held.trail)
        besides = unlisted(self.troupe, every, walked.exchanges)
        self._look(contract_drift.documented_routes(), besides, besides.trail)
        self._facts(wire, went, out)

    def _shelf(self, document: Any, chosen: dict[str, Route], wire: Wire) -> Shelf:  # noqa: ANN401  the same
        """What earlier runs found, which is sent first."""
        schema = engine.loaded(document, chosen, self.depth, self._settings())
        return Shelf(
            path=self.shelf,
            wire=wire,
            routes=chosen,
            judge=lambda route, exchange: engine.held_against(schema, route, exchange),
            redact=self.troupe.cast.vault.redact,
            say=self.say,
        )

    def _walk(self) -> Walked:
        began = time.time()
        walker = Walker(self.troupe.cast.person("walker"), self.troupe.cast, SCENARIO)
        try:
            walked = self.troupe.wait_for(walker.walk(), WALK_S)
        except Trouble as error:
            walked = walker.walked
            walked.troubles.append(str(error))
        for trouble in walked.troubles:
            self.say(f"walking: {trouble}")
        self._attempt("walk", began, "; ".join(walked.troubles), stopped=bool(walked.troubles))
        return walked

    def _send(
        self,
        document: Any,  # noqa: ANN401  the same
        chosen: dict[str, Route],
        wire: Wire,
        findings: Findings,
        pairs: Sequence[tuple[Route, Exchange]],
    ) -> engine.Went:
        """Let the generator send all that it has, within the bounds of the depth."""
        went, began, phase = engine.Went(), time.time(), ""
        told = engine.Telling(
            document=document, routes=chosen, wire=wire, depth=self.depth, settings=self._settings(), walked=pairs
        )
        for said in engine.run(told, went):
            if said.phase != phase:
                phase = said.phase
                self.say(f"{phase}: {len(wire.sent)} requests so far")
            findings.take(said)
        for name in engine.PHASES:
            ended = went.ended.get(name, "it never began")
            whole = went.stopped == "completed" and name in went.ended and ended not in NOT_FINISHED
            reason = "" if whole else f"{ended}; {went.stopped}; {'; '.join(went.errors[:3])}"
            self._attempt(name, began, reason)
        self.say(f"{len(wire.sent)} requests in {time.time() - began:.0f} s")
        return went

    def _settings(self) -> dict[str, Any]:
        origins = self.profile.origins
        verify = str(self.profile.tls.ca_file) if self.profile.tls.ca_file else True
        return {
            "base-url": origins.api,
            "seed": self.seed,
            "tls-verify": verify,
        }

    def _judge(
        self,
        every: dict[str, Route],
        chosen: dict[str, Route],
        wire: Wire,
        findings: Findings,
        pairs: Sequence[tuple[Route, Exchange]],
    ) -> None:
        for rule, held in findings.held():
            self._look(rule(), held, held.trail)
        answers = asked(wire, every)
        for check in (
            contract_answers.problem_details,
            contract_answers.allow,
            contract_answers.nothing_leaks,
            contract_answers.streams_end,
        ):
            self._look_at_all(check(), answers)
        refusals = frozenset({*self.profile.identity.reject_statuses, 403})
        self._look_at_all(contract_guards.every_operation(refusals), guarded(wire, {ANONYMOUS}))
        if self.profile.csrf:
            tokens = frozenset(self.profile.csrf.reject_statuses)
            self._look_at_all(contract_guards.every_change(tokens), guarded(wire, {NO_TOKEN, WRONG_TOKEN}))
        self._look_at_all(contract_guards.every_object(), guarded(wire, {FOREIGN}))
        met = reached(chosen, wire, pairs)
        self._look(contract_reach.true_paths(), met, ())
        self._fact("contracts:reached", *how_far(met))
        self._look_at_the_end()

    def _look_at_the_end(self) -> None:
        """Whether a member is still signed in, and the service still well."""
        cast, wait = self.troupe.cast, self.troupe.wait_for
        members = self.troupe.members
        signed_in = bool(members) and self.troupe.is_signed_in(members[0])
        said = "a member is still signed in" if signed_in else "no member is signed in any more"
        self._fact("contracts:member", signed_in, said)
        anybody = Member(cast.person("anybody"), cast, SCENARIO)
        probe = wait(anybody.exchange(probe_request(self.profile)))
        self._look(contract_reach.survives(), probe, (probe,))

    # -- evidence

    def _look_at_all(self, bound: Bound[Any], subjects: Sequence[Any]) -> None:
        """Show a check everything, and keep what it complained of: each subject that it complains of alone."""
        bad = [one for one in subjects if self._complains(bound, (one,))]
        self._look(bound, tuple(subjects), trail_of(bad))

    def _complains(self, bound: Bound[Any], subject: tuple[Any, ...]) -> bool:
        try:
            return bool(list(bound.looks(subject)))
        except NotEvaluable:
            return False

    def _look(self, bound: Bound[Any], subject: Any, trail: Iterable[Exchange]) -> None:  # noqa: ANN401  a check may look at anything
        shown = tuple(trail)
        if bound.check.needs and any(self._is_missing(need) for need in bound.check.needs):
            return
        for exchange in shown:
            self._keep(exchange)
        self.recorder.checked(SCENARIO, bound, subject, shown)

    def _is_missing(self, need: str) -> bool:
        return self.profile.missing(need) is not None

    def _keep(self, exchange: Exchange) -> None:
        """Write an exchange down, once, with its curl line."""
        if exchange.id in self.kept or not exchange.id.startswith(WIRED):
            return
        self.kept.add(exchange.id)
        everyone = {
            value: name for person in self.troupe.cast.persons.values() for value, name in person.shown_as.items()
        }
        ours = {value: name for name, value in self.profile.secrets.items()}
        self.recorder.exchange(exchange, SCENARIO, ours | everyone)

    def _attempt(self, part: str, began: float, reason: str, *, stopped: bool = False) -> None:
        self.recorder.attempt(
            Attempt(
                suite=SUITE,
                scenario=SCENARIO,
                title=f"{part}: the target is held to its document",
                part=part,
                ended="finished" if not reason else "stopped" if stopped else "crashed",
                reason=reason,
                started_at=began,
                duration_s=time.time() - began,
            )
        )

    def _facts(self, wire: Wire, went: engine.Went, out: dict[str, str]) -> None:
        left = f"; left out: {', '.join(out)}" if out else ""
        detail = f"seed {self.seed}, {len(wire.sent)} requests, {wire.limited} refused by a limit{left}"
        if went.errors:
            detail += f"; {'; '.join(went.errors[:3])}"
        self._fact("contracts:requests", not wire.limited, detail)

    def _fact(self, name: str, fine: bool, detail: str) -> None:  # noqa: FBT001  a private line of one word
        state = "ok" if fine else "unknown"
        self.recorder.write(Fact(name=name, state=state, detail=detail, at=time.time()))


def how_far(met: Sequence[Reached]) -> tuple[bool, str]:
    """Whether every operation gave a documented success and refusal, where there are any; and a sentence."""
    lacking = [f"{one.operation} ({' and '.join(kinds)})" for one in met if (kinds := list(one.lacks(UNPROVOKED)))]
    if not met or not lacking:
        return bool(met), f"{len(met)} operations gave documented answers of each kind"
    more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
    return False, f"without a documented answer: {', '.join(lacking[:SHOWN])}{more}"


def new_seed() -> int:
    """A seed that nobody has chosen."""
    return secrets.randbelow(1_000_000)
