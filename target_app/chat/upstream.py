"""
Any upstream that speaks OpenAI's chat completions, streamed.

What comes from there is not trusted: it may be cut, malformed, endless or an error in disguise.
"""

from __future__ import annotations

import json
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from target_app.chat.provider import Ending, Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from pydantic import SecretStr

    from target_app.chat.provider import Ask, Said

DONE = "[DONE]"
LONGEST_EVENT = 1024 * 1024
LONGEST_WAIT_S = 300.0
# These say that the question itself cannot be answered.
REFUSALS = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """One upstream. `models` maps our names to its own; an empty one passes every name on."""

    name: str
    client: httpx.AsyncClient
    models: Mapping[str, str]

    def serves(self, model: str) -> bool:
        """Tell whether it has this model."""
        return not self.models or model in self.models

    async def probe(self) -> None:
        """Ask for the list of models; raises Unavailable."""
        async with self._reached():
            answer = await self.client.get("models")
        # Not every upstream has a list. That it answers at all is enough.
        if answer.status_code != HTTPStatus.NOT_FOUND:
            _require_ok(self.name, answer)

    async def stream(self, ask: Ask) -> AsyncGenerator[Said, None]:
        """Answer piece by piece; raises Refused or Unavailable."""
        request = self.client.build_request("POST", "chat/completions", json=self._body(ask))
        async with self._reached():
            answer = await self.client.send(request, stream=True)
            try:
                _require_ok(self.name, answer)
                async with aclosing(_said(self.name, answer.aiter_bytes())) as said:
                    async for piece in said:
                        yield piece
            finally:
                await answer.aclose()

    def _body(self, ask: Ask) -> dict[str, Any]:
        return {
            "model": self.models.get(ask.model, ask.model),
            "messages": [{"role": turn.role, "content": turn.content} for turn in ask.turns],
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            raise Unavailable(f"The provider {self.name} did not answer in time.") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"The connection to the provider {self.name} broke.") from error


def _require_ok(name: str, answer: httpx.Response) -> None:
    if answer.status_code in REFUSALS:
        raise Refused(f"The provider {name} refuses this question.")
    if answer.status_code != HTTPStatus.OK:
        wait = answer.headers.get("Retry-After", "")
        wait_s = min(float(wait), LONGEST_WAIT_S) if wait.isascii() and wait.isdigit() else 0.0
        raise Unavailable(f"The provider {name} answered {answer.status_code}.", wait_s=wait_s)


async def _said(name: str, chunks: AsyncIterator[bytes]) -> AsyncGenerator[Said, None]:
    reason: object = None
    usage: dict[str, Any] = {}
    async with aclosing(_events(chunks)) as events:
        async for data in events:
            if data == DONE:
                break
            chunk = _chunk(name, data)
            usage = chunk.get("usage") or usage
            for choice in chunk.get("choices") or ():
                if text := (choice.get("delta") or {}).get("content"):
                    yield str(text)
                reason = choice.get("finish_reason") or reason
    if reason is None:
        raise Unavailable(f"The provider {name} stopped in the middle.")
    yield Ending(
        finish_reason=str(reason),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
    )


def _chunk(name: str, data: str) -> dict[str, Any]:
    """Read one chunk; raises Unavailable if it is none, or says that something went wrong."""
    try:
        chunk = json.loads(data)
        choices = chunk.get("choices") or []
        sound = all(isinstance(one.get("delta") or {}, dict) for one in choices)
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise Unavailable(f"The provider {name} sent something unreadable.") from error
    if not sound or "error" in chunk or not isinstance(chunk.get("usage") or {}, dict):
        raise Unavailable(f"The provider {name} sent an error in place of an answer.")
    return dict(chunk)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


async def _events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """Give the data of each event (WHATWG HTML, 9.2.6). A last one without its blank line was cut, and is none."""
    rest, data = b"", []
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_EVENT:
            raise Unavailable("A provider sent an event without an end.")
        for line in lines:
            field, _, value = line.removesuffix(b"\r").partition(b":")
            if field == b"data":
                data.append(value.removeprefix(b" "))
            elif not field and not value and data:
                yield b"\n".join(data).decode(errors="replace")
                data = []


def upstream(name: str, url: str, key: SecretStr | None, models: Mapping[str, str], timeout: httpx.Timeout) -> Upstream:
    """Set an upstream up. `url` ends before /chat/completions."""
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    # Proxies of the environment are not for us: where prompts go is decided by the settings alone.
    client = httpx.AsyncClient(base_url=f"{url.rstrip('/')}/", headers=headers, timeout=timeout, trust_env=False)
    return Upstream(name=name, client=client, models=models)
