"""The providers in their order: the first that begins to speak answers, and nobody else."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import httpx

from target_app.chat.circuit import Circuit
from target_app.chat.provider import Ending, ModelError, Refused, Unavailable
from target_app.chat.scripted import scripted_model
from target_app.chat.upstream import Upstream, upstream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from target_app.chat.circuit import State
    from target_app.chat.provider import Ask, Provider, Said
    from target_app.monitoring.metrics import Metrics
    from target_app.settings import Settings

NOBODY = "No provider of this model answers right now. Your message was kept and not counted; send it again later."


@dataclass(frozen=True, kw_only=True)
class Line:
    """A provider and what we know of its state."""

    provider: Provider
    circuit: Circuit


@dataclass(frozen=True, kw_only=True)
class Providers:
    """All providers, the first choice first."""

    lines: Sequence[Line]
    metrics: Metrics
    first_token_s: float
    quiet_s: float

    async def stream(self, ask: Ask) -> AsyncGenerator[Said, None]:
        """
        Answer with the first provider that says something; raises ModelError.

        Once a word was said no other provider takes over: it would say something else.
        """
        for line in self.lines:
            if not line.provider.serves(ask.model) or not line.circuit.admits():
                continue
            begun = False
            try:
                async with aclosing(self._one(line, ask)) as said:
                    async for piece in said:
                        begun = True
                        yield piece
            except Unavailable:
                if begun:
                    raise
                continue
            return
        raise Unavailable(NOBODY)

    async def _one(self, line: Line, ask: Ask) -> AsyncGenerator[Said, None]:
        """Ask one provider, count the call and how it ended, and tell its circuit."""
        began, ok = perf_counter(), True
        settled = False
        try:
            async with aclosing(line.provider.stream(ask)) as said:
                async for piece in self._in_time(line.provider.name, said):
                    yield piece
            line.circuit.succeeded()
            settled = True
        except Unavailable as error:
            line.circuit.failed(error.wait_s)
            ok, settled = False, True
            raise
        except ModelError as error:
            # Whoever refuses a question works.
            ok = isinstance(error, Refused)
            raise
        except Exception:
            line.circuit.failed()
            ok, settled = False, True
            raise
        finally:
            if not settled:
                line.circuit.abandoned()
            self.metrics.record_provider(line.provider.name, ok=ok, seconds=perf_counter() - began)

    async def _in_time(self, name: str, said: AsyncGenerator[Said, None]) -> AsyncGenerator[Said, None]:
        patience = self.first_token_s
        while True:
            try:
                async with asyncio.timeout(patience):
                    piece = await anext(said, None)
            except TimeoutError as error:
                raise Unavailable(f"The provider {name} did not answer in time.") from error
            if piece is None:
                return
            yield piece
            if not isinstance(piece, Ending):
                patience = self.quiet_s

    def states(self) -> dict[str, State]:
        """Give the state of each circuit, in order."""
        return {line.provider.name: line.circuit.state for line in self.lines}

    async def probe(self) -> None:
        """Raise Unavailable unless one provider at least could answer now."""
        found = await asyncio.gather(*(self._works(line) for line in self.lines))
        if not any(found):
            raise Unavailable(NOBODY)

    async def _works(self, line: Line) -> bool:
        if line.circuit.state == "open":
            return False
        try:
            await line.provider.probe()
        except Exception:  # noqa: BLE001  whatever it raises, it does not work
            return False
        return True

    async def close(self) -> None:
        """Close every connection."""
        for line in self.lines:
            if isinstance(line.provider, Upstream):
                await line.provider.client.aclose()


def providers(settings: Settings, metrics: Metrics) -> Providers:
    """Set up the providers in the order of the settings."""
    made = {name: _provider(name, settings) for name in settings.provider_order}
    return Providers(
        lines=[
            Line(
                provider=provider,
                circuit=Circuit(failures=settings.circuit_failures, open_s=settings.circuit_open_s),
            )
            for provider in made.values()
        ],
        metrics=metrics,
        first_token_s=settings.provider_first_token_s,
        quiet_s=settings.provider_quiet_s,
    )


def _provider(name: str, settings: Settings) -> Provider:
    timeout = httpx.Timeout(settings.provider_quiet_s, connect=settings.provider_connect_s)
    if name == "upstream" and settings.upstream_url:
        return upstream(name, settings.upstream_url, settings.upstream_key, settings.upstream_models, timeout)
    if name == "backup" and settings.backup_url:
        return upstream(name, settings.backup_url, settings.backup_key, settings.backup_models, timeout)
    return scripted_model(settings)
