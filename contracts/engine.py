"""
The one module that knows Schemathesis: how its engine is told what to do, and what it says of what came back.

`schemathesis.engine` is no documented interface, so its version is pinned, and a test fails where it moves.
"""

from __future__ import annotations

import time
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
import schemathesis
from schemathesis import Config
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.engine import Status, events, from_schema
from schemathesis.transport.requests import REQUESTS_TRANSPORT, RequestsTransport

from contracts.calls import Call, text_of
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from schemathesis.engine.recorder import ScenarioRecorder
    from schemathesis.generation.case import Case

    from contracts.depths import Depth
    from contracts.routes import Route
    from contracts.wire import Wire
    from gonogo.exchange import Exchange

OWN = "gonogo_own"
PHASES = ("examples", "coverage", "fuzzing", "stateful")
MOST_EVENTS = 5000


@dataclass(frozen=True, kw_only=True)
class Telling:
    """
    What the engine is told.

    `routes` are the operations that are sent to, `walked` answers that were had otherwise, to be held against the
    document too. `settings` are Schemathesis' own.
    """

    document: dict[str, Any]
    routes: Mapping[str, Route]
    wire: Wire
    depth: Depth
    settings: Mapping[str, Any]
    walked: Sequence[tuple[Route, Exchange]] = ()


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one of Schemathesis' checks said of one case; `fault` is empty where it found nothing wrong."""

    check: str
    case: str
    operation: str
    phase: str
    code: str = ""
    fault: str = ""


@dataclass(kw_only=True)
class Went:
    """How the engine's run went: phases that ended, errors that were its own, and why it stopped."""

    ended: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    stopped: str = ""


class Carrier(RequestsTransport):
    """Schemathesis' transport, which lets our wire send."""

    def __init__(self, wire: Wire, routes: Mapping[str, Route]) -> None:
        super().__init__()
        self._copy_serializers_from(REQUESTS_TRANSPORT)
        self.wire = wire
        self.routes = routes

    def send(self, case: Case[Any], *, session: requests.Session | None = None, **kwargs: Any) -> Response:
        """Send a case; what comes without our mark is a probe of Schemathesis' own, and goes out as nobody's."""
        del session  # ours are bound to addresses
        own = bool(kwargs.pop(OWN, False))
        settled = super().send

        def deliver(ours: requests.Session, sign: Callable[..., Any]) -> Response:
            return settled(
                case, session=ours, **{**kwargs, "auth": sign, "timeout": self.wire.patience_for(call.route)}
            )

        call = self.call(case, own=own)
        answer: Any = self.wire.carry(call, deliver)
        return answer  # type: ignore[no-any-return]

    def call(self, case: Case[Any], *, own: bool) -> Call:
        """What our wire is told of a case."""
        meta = case.meta
        return Call(
            case=case.id,
            route=self.routes[case.operation.label],
            phase=meta.phase.name.value if meta else "probe",
            valid=meta.generation.mode.is_positive if meta else None,
            own=own,
            text=text_of(case.path_parameters, case.query, case.body),
            as_documented=case.method.upper() == case.operation.method.upper(),
        )


def run(told: Telling, went: Went) -> Iterator[Said]:
    """
    Send everything, and tell what each check said of each answer; `went` is filled on the way.

    It stops when the requests or the seconds of the depth are spent. Raises NotEvaluable for a document that cannot
    be read.
    """
    schema = loaded(told.document, told.routes, told.depth, told.settings)
    own_hooks()
    carry(schema, Carrier(told.wire, told.routes))
    yield from (said for route, exchange in told.walked for said in held_against(schema, route, exchange))
    stream = from_schema(schema).execute()
    deadline = time.monotonic() + told.depth.seconds
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            yield from said(event.recorder, event.phase.value)
            if time.monotonic() > deadline or len(told.wire.sent) > told.depth.requests:
                stream.stop()
        else:
            note(event, went)


def note(event: Any, went: Went) -> None:
    """Note how the run goes on."""
    if isinstance(event, events.PhaseFinished):
        went.ended[event.phase.name.value] = event.status.value
    elif isinstance(event, events.NonFatalError):
        went.errors.append(f"{event.label}: {event.info.title}: {event.info.message}")
    elif isinstance(event, events.FatalError):
        went.errors.append(f"{type(event.exception).__name__}: {event.exception}")
    elif isinstance(event, events.EngineFinished):
        went.stopped = event.stop_reason.value


def held_against(schema: Any, route: Route, exchange: Exchange) -> Iterator[Said]:
    """What Schemathesis says of an answer that was had otherwise."""
    if exchange.status is None or exchange.failure:
        return
    fields: dict[str, list[str]] = {}
    for name, value in exchange.headers:
        fields.setdefault(name.lower(), []).append(value)
    request = requests.Request(exchange.request.method, exchange.request.url).prepare()
    answer = Response(
        status_code=exchange.status, headers=fields, content=exchange.body, request=request, elapsed=0.0, verify=True
    )
    try:
        schema[route.path][route.method].validate_response(answer)
    except FailureGroup as group:
        for failure in group.exceptions:
            yield one_said(failure, route.label)
    except Failure as failure:
        yield one_said(failure, route.label)


def one_said(failure: Any, label: str) -> Said:
    """A failure of an answer that was had otherwise."""
    names = {"ST108": "response_schema_conformance", "ST107": "response_headers_conformance"}
    name = names.get(failure.code, next(iter(failure.checks), "response_schema_conformance"))
    return Said(
        check=name,
        case="",
        operation=label,
        phase="walk",
        code=failure.code,
        fault=f"{failure.title}: {failure.message}",
    )


def loaded(document: dict[str, Any], routes: Mapping[str, Route], depth: Depth, settings: Mapping[str, Any]) -> Any:
    """The document as Schemathesis reads it, with the operations that are sent to."""
    try:
        schema: Any = schemathesis.openapi.from_dict(
            without_stream_schemas(document), config=Config.from_dict(config(depth, settings))
        )
        found = schema.include(lambda context: context.operation.label in routes)
        list(found.get_all_operations())  # what is wrong with the whole is raised here, and not in the middle of a run
    except Exception as error:
        raise NotEvaluable(f"the document cannot be read: {type(error).__name__}: {error}") from error
    return found


def without_stream_schemas(document: dict[str, Any]) -> dict[str, Any]:
    """
    The document without schemas of whole event streams.

    Schemathesis takes such a schema for that of each event, which only `itemSchema` is (OpenAPI 3.2).
    """
    found = deepcopy(document)
    for item in found.get("paths", {}).values():
        for operation in filter(lambda one: isinstance(one, dict), item.values() if isinstance(item, dict) else ()):
            for answer in operation.get("responses", {}).values():
                media = answer.get("content", {}).get("text/event-stream", {})
                if "itemSchema" not in media:
                    media.pop("schema", None)
    return found


def config(depth: Depth, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Schemathesis' own configuration."""
    return {
        "workers": 1,
        "continue-on-failure": True,
        "max-stream-events": MOST_EVENTS,
        "cache": {"enabled": False},
        "generation": {"with-security-parameters": False, "database": "none", "max-examples": depth.examples},
        "phases": {
            "coverage": {"unexpected-methods": list(depth.methods)},
            "stateful": {
                "max-steps": depth.steps,
                "generation": {"max-examples": depth.sequences},
                "checks": {"positive_data_acceptance": {"enabled": False}},
            },
        },
        **settings,
    }


def own_hooks() -> None:
    """Mark the calls that are somebody's to send, before each call and not before a check's own probe; thin out."""
    schemathesis.hooks.unregister_all()

    @schemathesis.hook
    def before_call(_context: Any, case: Any, kwargs: dict[str, Any]) -> None:
        kwargs[OWN] = True
        case._has_explicit_auth = True  # noqa: SLF001  it is told nowhere else that credentials are ours

    met: set[tuple[object, ...]] = set()

    @schemathesis.hook
    def filter_case(_context: Any, case: Any) -> bool:
        """Of the wrong requests that cover an operation, keep one of each kind; of the right ones all."""
        if case.meta is None or case.meta.phase.name.value != "coverage" or case.meta.generation.mode.is_positive:
            return True
        data = case.meta.phase.data
        kind = (case.operation.label, data.scenario, data.location, data.parameter, data.description, case.method)
        new = kind not in met
        met.add(kind)
        return new


def carry(schema: Any, carrier: Carrier) -> None:
    """Have a schema send through our transport."""
    own = type(schema)
    schema.__class__ = type(f"Carried{own.__name__}", (own,), {"transport": property(lambda _: carrier)})


def said(recorder: ScenarioRecorder, phase: str) -> Iterator[Said]:
    """What the checks of one scenario said."""
    for case_id, nodes in recorder.checks.items():
        node_case = recorder.cases.get(case_id)
        label = node_case.value.operation.label if node_case else recorder.label
        for node in nodes:
            failure = node.failure_info.failure if node.failure_info else None
            yield Said(
                check=node.name,
                case=failure.case_id or case_id if failure else case_id,
                operation=(failure.operation if failure else None) or label,
                phase=phase,
                code=failure.code if failure else "",
                fault=f"{failure.title}: {failure.message}" if failure and node.status == Status.FAILURE else "",
            )
