"""What the operator sees: metrics in four views, and a way to test the error tracker."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request, Response
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from target_app.accounts.models import User
from target_app.database import Db
from target_app.errors import ProblemResponse, problems
from target_app.monitoring.exposition import written
from target_app.monitoring.metrics import Measures
from target_app.monitoring.operator import OPERATOR_ONLY
from target_app.monitoring.system import System, measure

router = APIRouter(tags=["monitoring"], dependencies=OPERATOR_ONLY)

EXAMPLE = """# HELP chat_messages Messages sent by members
# TYPE chat_messages counter
chat_messages_total 7.0
# EOF
"""


class Provider(BaseModel):
    """How a model provider has done since the start."""

    name: str
    status: str = Field(description="pass, fail if its last call failed, or unused")
    requests: int
    errors: int
    latency_ms: float = Field(description="Mean time of a call; 0 before the first")
    circuit: Literal["closed", "open", "half-open"] = Field(description="Open while it is left alone.")


class Providers(BaseModel):
    """Every model provider."""

    providers: list[Provider]


class CacheUse(BaseModel):
    """What needed no model since the start."""

    exact_hits: int
    semantic_hits: int
    misses: int
    saved_usd: float = Field(description="What the hits would have cost")


class Usage(BaseModel):
    """What members have used since the start."""

    messages_total: int
    tokens_total: int
    users_total: int
    active_streams: int
    mails_failed_total: int
    cost_usd: float
    cache: CacheUse


class DeliberateError(RuntimeError):
    """Raised on purpose, to see that errors reach the tracker."""


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Every number, as OpenMetrics",
    response_class=Response,
    responses={200: {"content": {"application/openmetrics-text": {"schema": {"type": "string"}, "example": EXAMPLE}}}},
)
async def openmetrics(metrics: Measures) -> Response:
    """Return what all workers counted, in the text format."""
    return Response(written(metrics.whole()), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/metrics/providers", operation_id="metrics_providers", summary="How the model providers do")
async def providers(request: Request, metrics: Measures) -> Providers:
    """Count calls and errors of each provider, in the order in which they are asked."""
    counted = {one["name"]: one for one in metrics.figures().providers()}
    unused = {"status": "unused", "requests": 0, "errors": 0, "latency_ms": 0.0}
    states = request.app.state.providers.states()
    return Providers(
        providers=[
            Provider(**{"name": name, **unused, **counted.get(name, {}), "circuit": state})
            for name, state in states.items()
        ]
    )


@router.get("/metrics/usage", operation_id="metrics_usage", summary="What members use")
async def usage(metrics: Measures, db: Db) -> Usage:
    """Count messages, tokens, members and streams."""
    figures = metrics.figures()
    return Usage(
        messages_total=figures.total("chat_messages"),
        tokens_total=figures.total("chat_tokens"),
        users_total=await db.scalar(select(func.count()).select_from(User)) or 0,
        active_streams=figures.total("chat_active_streams"),
        mails_failed_total=figures.total("mails_failed"),
        cost_usd=figures.amount("chat_cost_usd"),
        cache=CacheUse(
            exact_hits=figures.total("chat_cache_lookups", result="exact"),
            semantic_hits=figures.total("chat_cache_lookups", result="semantic"),
            misses=figures.total("chat_cache_lookups", result="miss"),
            saved_usd=figures.amount("chat_cost_saved_usd"),
        ),
    )


@router.get("/metrics/system", operation_id="metrics_system", summary="What the process takes")
async def system() -> System:
    """Measure time, processor and memory."""
    return measure()


@router.post(
    "/ops/error",
    operation_id="trigger_error",
    summary="Fail on purpose",
    status_code=500,
    response_class=ProblemResponse,
    responses=problems(500),
)
async def trigger_error(
    request: Request,
    x_correlation: Annotated[str, Header(max_length=200, description="Comes back as a tag of the event")] = "",
) -> None:
    """Raise an error that nothing catches, to see that it reaches the tracker."""
    request.state.tracker_tags = {"correlation": x_correlation}
    raise DeliberateError("asked for by the operator")
