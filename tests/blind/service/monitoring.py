"""What the operator looks at."""

import hmac
import os
import time
from typing import Annotated, Any

import psutil
from fastapi import APIRouter, Depends, Request, Response

from tests.blind.service.accounts import bearer_of
from tests.blind.service.chat import MODELS
from tests.blind.service.state import STATE, Refused

router = APIRouter()
OPERATOR = os.environ.get("BLIND_OPERATOR_TOKEN", "")


def operator(request: Request) -> None:
    """Refuse whoever is not the operator."""
    if not OPERATOR or not hmac.compare_digest(bearer_of(request).encode(), OPERATOR.encode()):
        raise Refused(401, "invalid_token", "This is for the operator")


Operator = Annotated[None, Depends(operator)]


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def health() -> dict[str, str]:
    """Whether all is well, and which build says so."""
    older = STATE.has("half-deployed") and next(STATE.turn) % 2
    return {"status": "ok", "version": "blind-0" if older else STATE.build}


@router.head("/livez", include_in_schema=False)
@router.get("/livez")
async def live() -> dict[str, str]:
    """Whether the process lives."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz")
async def ready() -> dict[str, str]:
    """Whether it takes requests."""
    return {"status": "ok"}


@router.get("/metrics")
async def metrics(_: Operator) -> Response:
    """Counters, as Prometheus reads them."""
    lines = ["# TYPE http_server_requests_total counter"]
    for (method, route, code), count in sorted(STATE.counter().items()):
        lines.append(f'http_server_requests_total{{method="{method}",path="{route}",code="{code}"}} {count}')
    lines += ["# TYPE completions_streaming gauge", f"completions_streaming {STATE.streaming}"]
    lines += ["# TYPE process_start_time_seconds gauge", f"process_start_time_seconds {STATE.began}", ""]
    return Response("\n".join(lines), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/admin/usage")
async def usage(_: Operator) -> dict[str, int]:
    """What was asked and answered."""
    return {"messages": STATE.messages, "tokens": STATE.tokens}


@router.get("/admin/providers")
async def providers(_: Operator) -> dict[str, Any]:
    """How the models are."""
    return {
        "object": "list",
        "data": [{"id": name, "state": "up", "failures": STATE.failures[name]} for name in MODELS],
    }


@router.get("/admin/system")
async def system(_: Operator) -> dict[str, float]:
    """How the machine is."""
    process = psutil.Process()
    return {
        "memory_bytes": process.memory_info().rss,
        "cpu_percent": min(process.cpu_percent(), 100.0),
        "uptime_s": time.time() - STATE.began,
    }
