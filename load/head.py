"""The one process of a load that has the run: it hands out people, gathers what was measured, and ends the load."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import gevent
from locust.runners import MasterRunner
from rich.console import Console
from rich.live import Live

from gonogo.gate import probe_request
from gonogo.operation import Credentials, build
from load import target_side, worker
from load.abort import reason_to_stop
from load.board import Board, add_page, table
from load.capacity import Counted, Search
from load.client import Client, wire_format
from load.climb import climb, through
from load.limits import spent_by_others
from load.measures import Measures, Whole
from load.record import Record
from load.self_check import Watch
from load.stagehands import STAGE, Stagehands
from load.whole import judged_call

if TYPE_CHECKING:
    from locust.env import Environment

    from load.house import House
    from load.profiles import LoadProfile
    from load.session import Session

FLUSH_S = 5.0
PROBE_S = 1.0
SAMPLE_S = 5.0
PROBE_IDLE_S = 5.0
LAST_WORD_S = 20.0
HERE = "this process"
OK = 200


class Head:
    """Has the run, the people, what was measured, and the evidence."""

    def __init__(self, environment: Environment, plan: LoadProfile, house: House) -> None:
        self.environment = environment
        self.plan = plan
        self.house = house
        self.profile = house.profile()
        self.record = Record(house.folder, self.profile, plan)
        self.whole = Whole()
        self.board = Board()
        self.live: Live | None = None
        self.own: Measures | None = None
        self.watch: Watch | None = None
        self.people: list[Session] = []
        self.expected: list[str] = []
        self.ended = False
        self.code: int | None = None
        self.greenlets: list[Any] = []
        options: Any = environment.parsed_options
        self.seconds = float(options.run_time or plan.seconds)
        self.headless = bool(options.headless)
        self.quits_after_s = 0.0 if self.headless else float(options.autoquit) if options.autoquit >= 0 else None
        self.keep_going = bool(options.keep_going)
        self.abort_on = float(options.abort_on)
        most = int(options.num_users or plan.users)
        self.staged = len(plan.stages) > 1 and not (options.num_users or options.run_time)
        self.search = Search(first=plan.stages[0].users, most=most) if plan.searches else None
        options.run_time = None  # Locust would quit before its workers have had their last word
        environment.host = self.profile.origins.api
        if environment.web_ui:
            add_page(environment.web_ui, self.board, f"{self.profile.name} under the load {plan.name}")
        environment.events.worker_report.add_listener(self.take)
        environment.events.test_stopping.add_listener(lambda **_: worker.close())
        environment.events.test_stop.add_listener(lambda **_: self.stopped())

    @property
    def runner(self) -> Any:  # noqa: ANN401  Locust's runners have no common type that mypy knows
        """Locust's runner."""
        return self.environment.runner

    def have_people(self, count: int) -> None:
        """Have so many people sign in before anything is measured. Raises HarnessTrouble when nobody could."""
        self.people = self.house.people(count, self.plan)
        self.record.spent_by_others = spent_by_others(
            self.profile,
            lent=self.profile.identity.sign_up != "harness",
            addressed=all(one.address for one in self.people),
        )

    def begin(self) -> None:
        """Hand out the people, and watch over the load from now on."""
        runner: Any = self.environment.runner
        users = len(self.people)
        stage = Stagehands(
            profile=self.profile,
            plan=self.plan,
            people=list(self.people),
            run_id=self.house.folder.name,
            users=users,
            addresses=len({one.address for one in self.people}),
            members=len({one.member for one in self.people}),
            raw=None if isinstance(runner, MasterRunner) else worker.raw_of(self.environment),
        )
        if isinstance(runner, MasterRunner):
            self.expected = [client.id for client in runner.clients.ready]
            shared = {"run_id": stage.run_id, "users": users, "addresses": stage.addresses, "members": stage.members}
            for place, name in enumerate(self.expected):
                share = self.people[place :: len(self.expected)]
                runner.send_message(worker.PEOPLE, worker.message(self.profile, self.plan, shared, share), name)
        else:
            STAGE[worker.HERE] = stage
            self.own = self.own or Measures()
            stage.measures = self.own
            self.own.final = False
            self.watch = Watch(self.own)
        self.ended = False
        self.board.begin(time.monotonic())
        if self.headless and sys.stderr.isatty():
            self.live = Live(console=Console(stderr=True), auto_refresh=False)
            self.live.start()
        self.greenlets = [
            gevent.spawn(one) for one in (self.flush_often, self.probe_often, self.sample_often, self.end_in_time)
        ]

    def take(self, client_id: str, data: dict[str, Any]) -> None:
        """Take over what a worker has measured."""
        if worker.MEASURED in data:
            self.whole.take(client_id, data.pop(worker.MEASURED))

    def gather(self) -> None:
        """Take over what this process has measured itself."""
        if self.own:
            self.whole.take(HERE, self.own.snapshot())

    def flush_often(self) -> None:
        """Write what was measured into the evidence, again and again; stop a load that hurts."""
        while True:
            gevent.sleep(FLUSH_S)
            self.gather()
            before = self.record.counted
            counts = self.whole.counts()
            histograms = self.whole.histograms()
            if not self.search:
                self.record.flush(histograms, counts)
            self.board.add(time.monotonic(), int(self.runner.user_count), histograms, counts)
            if self.live:
                self.live.update(table(self.board), refresh=True)
            new = counts - before
            stop = None if self.keep_going else reason_to_stop(new, self.abort_on)
            if stop:
                sys.stderr.write(f"  {stop}\n")
                gevent.spawn(self.end)
                return

    def probe_often(self) -> None:
        """Ask the target every second whether it is well, from a connection of its own."""
        request = probe_request(self.profile)
        described = self.profile.operations.get(request.operation)
        client = self.visitor()
        data = wire_format(request, urlsplit(request.url).netloc, [("Accept", "*/*")])
        while True:
            gevent.sleep(PROBE_S)
            answer = client.send(data)
            self.record.probes += 1
            wrong = judged_call(answer, described.expect if described else tuple(range(200, 500)))
            if wrong:
                self.record.probes_failed.append(f"{request.operation}: {answer.trouble or answer.status}")

    def sample_often(self) -> None:
        """Ask the target for its own figures every few seconds; what it does not tell is not there."""
        names = target_side.asked(self.profile)
        requests = [build(self.profile, name, {}, credentials=Credentials()) for name in names]
        while requests:
            for request in requests:
                answer = self.visitor().send(wire_format(request, urlsplit(request.url).netloc, [("Accept", "*/*")]))
                if answer.complete and answer.status == OK:
                    self.record.figures(request.operation, target_side.figures(answer.body.decode("utf-8", "replace")))
            gevent.sleep(SAMPLE_S)

    def visitor(self) -> Client:
        """A connection of somebody who only looks, with little patience."""
        stage = Stagehands(profile=self.profile, plan=self.plan, run_id="", users=1, addresses=1)
        return Client(stage.place(None), idle_s=PROBE_IDLE_S, deadline_s=PROBE_IDLE_S)

    def counted(self) -> Counted:
        """What was counted up to now."""
        self.gather()
        return Counted(histograms=self.whole.histograms(), counts=self.whole.counts())

    def end_in_time(self) -> None:
        """End the load when its time is over, or its search."""
        if self.search:
            climb(self.search, self.plan.stages[0].seconds, self.profile.slo, self.counted)
            self.record.found("load:capacity", self.search.told())
        elif self.staged:
            through(self.plan.stages, self.profile.slo, self.counted, self.record.stage)
        else:
            gevent.sleep(self.seconds)
        gevent.spawn(self.end)

    def end(self) -> None:
        """End the load, and wait for the last word of every worker."""
        runner: Any = self.environment.runner
        self.ended = True
        runner.stop()
        deadline = time.monotonic() + LAST_WORD_S
        while self.expected and time.monotonic() < deadline and self.lost():
            gevent.sleep(0.1)
        if self.quits_after_s is not None:
            gevent.sleep(self.quits_after_s)
            runner.quit()
            if self.environment.web_ui:
                self.environment.web_ui.stop()

    def stopped(self) -> None:
        """All people have gone: nothing more is measured."""
        gevent.killall(self.greenlets, block=False)
        if self.live:
            self.live.stop()
            self.live = None
        if self.watch:
            self.watch.stop()
            self.watch = None
        worker.keep_raw()
        if self.own:
            self.own.final = True

    def lost(self) -> list[str]:
        """The workers without a last word."""
        return [name for name in self.expected if name not in self.whole.parts or not self.whole.parts[name][1]]

    def close(self) -> int:
        """Write everything down, and have it decided; the exit code."""
        if self.code is not None:
            return self.code
        interrupted = self.headless and not self.ended
        self.gather()
        said = "interrupted" if interrupted and self.people else ""
        judged = self.search.good if self.search else Counted(self.whole.histograms(), self.whole.counts())
        self.record.close(self.whole, judged, lost=[] if self.own else self.lost(), interrupted=said)
        code = self.house.over(interrupted=bool(said))
        self.code = code if code is not None else 0
        return self.code
