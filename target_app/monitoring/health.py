"""Whether the service is alive and ready, and which build it is."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from target_app import __version__
from target_app.settings import Config

PROBE_TIMEOUT_S = 2.0

Status = Literal["pass", "fail"]
Probe = Callable[[], Awaitable[None]]


class HealthResponse(JSONResponse):
    """An answer in the media type of the IETF draft on health checks."""

    media_type = "application/health+json"


class Alive(BaseModel):
    """The process answers."""

    status: Status


class Probed(BaseModel):
    """How one part answered when it was asked."""

    status: Status
    observed_ms: float = Field(description="How long the answer took")


class Ready(BaseModel):
    """Whether all parts that an answer needs work."""

    status: Status
    checks: dict[str, Probed]


class Health(BaseModel):
    """Which build runs."""

    status: Status
    version: str
    release_id: str = Field(alias="releaseId", description="The build")


router = APIRouter(tags=["monitoring"], default_response_class=HealthResponse)


@router.get("/health/live", operation_id="health_live", summary="Is the process alive?")
async def live() -> Alive:
    """Say that the process answers."""
    return Alive(status="pass")


@router.get(
    "/health/ready",
    operation_id="health_ready",
    summary="Can the service do its work?",
    responses={503: {"model": Ready, "description": "A part does not work"}},
)
async def ready(request: Request, response: Response) -> Ready:
    """Ask the database, the store and the models."""
    state = request.app.state
    probes: dict[str, Probe] = {
        "database": state.database.ping,
        "store": state.store.ping,
        "model": state.providers.probe,
    }
    found = await asyncio.gather(*map(_probe, probes.values()))
    checks = dict(zip(probes, found, strict=True))
    status: Status = "pass" if all(one.status == "pass" for one in found) else "fail"
    response.status_code = 200 if status == "pass" else 503
    return Ready(status=status, checks=checks)


@router.get("/health", operation_id="health", summary="Which build runs?")
async def health(settings: Config) -> Health:
    """Name the version and the build."""
    return Health(status="pass", version=__version__, releaseId=settings.build_id)


async def _probe(probe: Probe) -> Probed:
    started = time.perf_counter()
    status: Status = "pass"
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await probe()
    except Exception:  # noqa: BLE001  whatever the part raises, it does not work
        status = "fail"
    return Probed(status=status, observed_ms=round((time.perf_counter() - started) * 1000, 1))
