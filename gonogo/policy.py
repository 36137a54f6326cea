"""The rules that a profile may set: budgets, shadow checks, overrides, triggers. No I/O."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gonogo.check import Severity
from gonogo.waiver import Waiver


class Goodput(BaseModel):
    """The share of answers that are good: whole, with the first token and every later one in time (DistServe, 2024)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(gt=0, le=1, description="Share of answers that are good, at least.")
    ttft_s: float = Field(gt=0, description="Within this the first token comes.")
    gap_s: float | None = Field(default=None, gt=0, description="No gap between two tokens is longer.")


class Slos(BaseModel):
    """Promised bounds, in seconds or as a share; None where the target promises nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ttft_p95_s: float | None = Field(default=None, gt=0, description="95th percentile of the time to the first token.")
    http_p95_s: float | None = Field(default=None, gt=0, description="95th percentile of plain API calls.")
    error_rate: float | None = Field(default=None, ge=0, le=1, description="Share of requests that may fail.")
    complete: float | None = Field(default=None, ge=0, le=1, description="Share of answers that come whole, at least.")
    goodput: Goodput | None = Field(default=None, description="Share of answers that come whole and in time.")


class Hook(BaseModel):
    """A command that rolls back, run without a shell, and only when it is asked for by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[str, ...] = Field(min_length=1, description="The program and its words.")
    timeout_s: int = Field(default=600, gt=0, description="How long it may take.")


class Rollback(BaseModel):
    """How this target is rolled back; the command is printed, never run unless told to by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["ci-cd", "compose", "kubernetes", "other"] = Field(
        default="other", description="What deploys the target."
    )
    command: str | None = Field(default=None, description="The command that a report prints for people.")
    takes_s: int | None = Field(default=None, gt=0, description="How long a rollback is expected to take.")
    hooks: dict[str, Hook] = Field(default_factory=dict, description="What --execute-rollback NAME runs.")


class Cost(BaseModel):
    """What a run may cost; more is refused before anything is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_messages: int | None = Field(default=None, ge=0, description="Messages to the model that a run may send.")
    max_usd: float | None = Field(default=None, ge=0, description="What they may cost together.")
    usd_per_message: float = Field(default=0.0, ge=0, description="What one costs.")


class Policy(BaseModel):
    """What a decision is made under."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    major_budget: int = Field(default=2, ge=0, description="How many major failures may pass with conditions.")
    flaky_quota: int = Field(default=0, ge=0, description="How many flaky critical checks may pass with conditions.")
    shadow: tuple[str, ...] = Field(default=(), description="Checks on trial: shown, never deciding.")
    severity: dict[str, Severity] = Field(default_factory=dict, description="Other severities, never of a blocker.")
    waivers_file: str | None = Field(default=None, description="File of accepted failures, beside the profile.")
    waivers: tuple[Waiver, ...] = ()
    requires: tuple[str, ...] = Field(
        default=(), description="Facts from outside that must be attested for the build that answers."
    )
    cost: Cost = Field(default=Cost(), description="What a run may cost.")
    rollback: Rollback = Rollback()
    strict: bool = Field(default=False, description="A conditional GO ends with exit code 12.")
    slos: Slos = Slos()

    def digest(self) -> str:
        """The SHA-256 of the policy's canonical JSON, to see at a glance that two runs were judged alike."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
