"""
Asks an error tracker that somebody else keeps for the events of a project, as Sentry's API gives them.

    HarnessTrouble: the tracker refuses us, or says what is none of its API; it is not the target's fault.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import httpx

from gonogo.tracker import TrackerEvent
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.sections import Tracker

STEP_S = 1.0
TIMEOUT_S = 10.0
PERIOD = "1h"
REFUSED, TOO_MANY = {401, 403}, 429


async def wait_for_remote_event(
    source: Tracker, matching: Callable[[TrackerEvent], bool], deadline_s: float
) -> TrackerEvent | None:
    """
    Wait for the first event that matches, among the project's newest.

    None when none came within so many seconds. Raises HarnessTrouble when the tracker cannot be asked.
    """
    deadline = time.monotonic() + deadline_s
    async with httpx.AsyncClient(
        base_url=source.url or "",
        headers={"Authorization": f"Bearer {source.token}"},
        trust_env=False,
        timeout=TIMEOUT_S,
    ) as client:
        while True:
            late = time.monotonic() >= deadline
            for event in await newest(client, source):
                if matching(event):
                    return event
            if late:
                return None
            await asyncio.sleep(STEP_S)


async def newest(client: httpx.AsyncClient, source: Tracker) -> list[TrackerEvent]:
    """The project's newest events, whole; nothing while the tracker asks us to wait."""
    path = f"/api/0/projects/{source.organization}/{source.project}/events/"
    try:
        answer = await client.get(path, params={"full": "true", "statsPeriod": PERIOD})
    except httpx.HTTPError as error:
        raise HarnessTrouble(f"tracker.url: {source.url} does not answer: {error or type(error).__name__}") from error
    if answer.status_code == TOO_MANY:
        return []
    if answer.status_code in REFUSED:
        raise HarnessTrouble(f"tracker.token: {source.url} refuses it with {answer.status_code}; it needs project:read")
    if not answer.is_success:
        raise HarnessTrouble(f"tracker.project: {path} answered {answer.status_code}; look at organization and project")
    try:
        events: list[dict[str, Any]] = [one for one in answer.json() if isinstance(one, dict)]
    except (ValueError, TypeError) as error:
        raise HarnessTrouble(f"tracker.url: {path} gives no list of events; is this Sentry's address?") from error
    return [TrackerEvent(raw=as_sent(event)) for event in events]


def as_sent(event: dict[str, Any]) -> dict[str, Any]:
    """An event with its release and environment where its sender had put them: the API has objects and tags there."""
    release = event.get("release")
    tags = {str(tag.get("key")): tag.get("value") for tag in event.get("tags") or () if isinstance(tag, dict)}
    named = release.get("version") if isinstance(release, dict) else release or tags.get("release")
    return {**event, "release": named, "environment": event.get("environment") or tags.get("environment")}
