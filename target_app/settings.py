"""Every environment variable of the service. Each is `CHAT_` and the field's name in capitals."""

import secrets
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal, Self

from fastapi import Depends, Request
from pydantic import Field, PositiveInt, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from target_app import __version__
from target_app.billing.catalogue import PlanId
from target_app.chat.scripted import POLITE

HOUR_S = 60 * 60
DAY_S = 24 * HOUR_S
MIB = 1024 * 1024

ProviderName = Literal["upstream", "backup", "scripted"]


class Environment(StrEnum):
    """Where the service runs. What is not said is production."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"
    TEST = "test"


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


def _fresh_secret() -> SecretStr:
    return SecretStr(secrets.token_urlsafe(32))


def _secret(description: str, *, at_least: int) -> SecretStr:
    secret: SecretStr = Field(default_factory=_fresh_secret, min_length=at_least, description=description)
    return secret


def _as_pairs(text: str) -> dict[str, str]:
    """Read NAME=VALUE, separated by commas; what has no "=" means itself."""
    parts = [part.strip().rpartition("=") for part in text.split(",") if part.strip()]
    return {name.strip() or value.strip(): value.strip() for name, _, value in parts}


class Settings(BaseSettings):
    """How this service is set up."""

    model_config = SettingsConfigDict(env_prefix="CHAT_", frozen=True, env_ignore_empty=True)

    environment: Environment = Field(
        default=Environment.PRODUCTION,
        description="Where the service runs. Production refuses faults and wants its own secrets.",
    )
    build_id: str = Field(default=__version__, description="The build that runs, shown by /health.")
    log_level: str = Field(default="INFO", description="The least severe level that is logged.")
    database_url: str = Field(
        default="sqlite+aiosqlite:///./chat.db",
        description="Where data is kept, as an async SQLAlchemy URL.",
    )
    redis_url: str | None = Field(
        default=None,
        description="The Redis that holds what all workers share. In the process if not set, for one worker only.",
    )

    secret_key: SecretStr = _secret("Signs access and CSRF tokens. Random if not set.", at_least=32)
    webhook_secret: SecretStr = _secret("Verifies payment events. Random if not set.", at_least=8)
    webhook_previous_secret: SecretStr | None = Field(
        default=None,
        min_length=8,
        description="Verifies payment events too, while the provider changes over to a new secret.",
    )
    operator_token: SecretStr = _secret("Opens metrics and operations. Random if not set.", at_least=8)

    public_origin: str | None = Field(
        default=None,
        description="Scheme, host and port that browsers see. Taken from each request if not set.",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description="Networks whose X-Forwarded-For is believed, separated by commas.",
    )

    access_token_s: int = Field(default=15 * 60, gt=0, description="Life of an access token, in seconds.")
    access_tokens_s: Annotated[Mapping[str, PositiveInt], NoDecode] = Field(
        default_factory=dict,
        description="Members whose access tokens live for another time, in seconds, separated by commas, each "
        "ADDRESS=SECONDS or @DOMAIN=SECONDS.",
    )
    refresh_token_s: int = Field(default=14 * DAY_S, gt=0, description="Life of a refresh token, in seconds.")
    verification_token_s: int = Field(
        default=DAY_S, gt=0, description="Life of a link that proves an address, in seconds."
    )

    reset_token_s: int = Field(default=HOUR_S, gt=0, description="Life of a link to a new password, in seconds.")

    idempotency_key_s: int = Field(
        default=DAY_S, gt=0, description="How long a repeated message or order is recognised by its key, in seconds."
    )
    purge_interval_s: float = Field(default=3600.0, gt=0, description="Pause between removals of what has expired.")

    smtp_host: str = Field(default="127.0.0.1", description="The mail server.")
    smtp_port: int = Field(default=25, ge=1, le=65535, description="The port of the mail server.")
    smtp_security: MailSecurity = Field(default=MailSecurity.NONE, description="none, starttls or tls.")
    smtp_username: str | None = Field(default=None, description="The account at the mail server, if it wants one.")
    smtp_password: SecretStr | None = Field(default=None, description="The password of that account.")
    smtp_timeout_s: float = Field(default=10.0, gt=0, description="How long to wait for the mail server.")
    mail_from: str = Field(default="chat@localhost", description="The sender of mails.")

    sentry_dsn: str | None = Field(default=None, description="Where unexpected errors are reported.")

    api_limit: int = Field(default=100, gt=0, description="API requests a window for each member or address.")
    auth_limit: int = Field(default=10, gt=0, description="Sign-in and sign-up requests a window for each address.")
    limit_window_s: int = Field(default=60, gt=0, description="The window of both limits, in seconds.")
    body_limit_bytes: int = Field(default=2 * MIB, gt=0, description="The largest request body.")
    upload_limit_bytes: int = Field(default=MIB, gt=0, description="The largest uploaded file.")
    message_limit_chars: int = Field(default=8000, gt=0, description="The longest message.")

    models: Annotated[Mapping[str, PlanId], NoDecode] = Field(
        default_factory=dict,
        description="Models on offer, separated by commas, each NAME=PLAN with the smallest plan that includes it.",
    )
    free_messages: int = Field(default=100, gt=0, description="Messages a month of the plan FREE.")
    premium_messages: int = Field(default=500, gt=0, description="Messages a month of the plan PREMIUM.")
    enterprise_messages: int | None = Field(
        default=None, gt=0, description="Messages a month of the plan ENTERPRISE. Without limit if not set."
    )

    message_quotas: Annotated[Mapping[str, PositiveInt], NoDecode] = Field(
        default_factory=dict,
        description="Members with another number of messages a month than their plan has, separated by commas, each "
        "ADDRESS=NUMBER or @DOMAIN=NUMBER.",
    )

    providers: Annotated[tuple[ProviderName, ...], NoDecode] = Field(
        default=(),
        description="Who answers, the first choice first: upstream, backup, scripted, separated by commas. "
        "If not set, the upstreams that have a URL, or else scripted.",
    )
    upstream_url: str | None = Field(default=None, description="An OpenAI-compatible API, up to and with /v1.")
    upstream_key: SecretStr | None = Field(default=None, description="The key of that API.")
    upstream_models: Annotated[Mapping[str, str], NoDecode] = Field(
        default_factory=dict,
        description="Models that it has, separated by commas, each OURS=ITS_NAME or NAME. All if not set.",
    )
    backup_url: str | None = Field(default=None, description="A second such API, asked when the first fails.")
    backup_key: SecretStr | None = Field(default=None, description="The key of the second API.")
    backup_models: Annotated[Mapping[str, str], NoDecode] = Field(
        default_factory=dict, description="Models that the second API has, written as those of the first."
    )
    provider_connect_s: float = Field(default=5.0, gt=0, description="How long to wait for a connection to an API.")
    provider_first_token_s: float = Field(default=15.0, gt=0, description="Silence after which the next is asked.")
    provider_quiet_s: float = Field(default=30.0, gt=0, description="Silence within an answer after which it failed.")
    circuit_failures: int = Field(default=3, gt=0, description="Failures in a row that take a provider out of use.")
    circuit_open_s: float = Field(default=30.0, gt=0, description="How long it is then left alone.")
    context_messages: int = Field(default=20, gt=0, description="Messages of a conversation that a model is given.")
    resume_wait_s: float = Field(default=2.0, ge=0, description="How long an answer waits for a client that left.")

    cache_ttl_s: float = Field(
        default=3600.0, ge=0, description="How long answers are kept to be told again; 0: never."
    )
    cache_similarity: float = Field(
        default=0.6, ge=0, le=1, description="How alike a question must be to get another's answer; 1: the same words."
    )
    prompt_usd: float = Field(default=0.15, ge=0, description="Price of a million tokens read, to reckon cost.")
    completion_usd: float = Field(default=0.6, ge=0, description="Price of a million tokens written.")

    model_start_s: float = Field(default=0.0, ge=0, description="Pause of the scripted model before its first token.")
    model_script: str = Field(default=POLITE, min_length=1, description="What the scripted model says by default.")
    model_fail_every: int = Field(default=0, ge=0, description="Each so-manieth scripted answer fails half way.")
    model_token_interval_s: float = Field(default=0.02, ge=0, description="Pause between tokens of the scripted model.")
    stream_keep_alive_s: float = Field(default=10.0, gt=0, description="Silence after which a stream says it lives.")
    webhook_tolerance_s: int = Field(default=300, gt=0, description="How old a payment event's signature may be.")

    faults: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Faults to switch on, separated by commas, each NAME or NAME=ARGUMENT.",
    )

    @field_validator("faults", "trusted_proxies", "providers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("models", "message_quotas", "access_tokens_s", "upstream_models", "backup_models", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return _as_pairs(value) if isinstance(value, str) else value

    @field_validator("public_origin")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        return None if value is None else value.rstrip("/").lower()

    @property
    def provider_order(self) -> tuple[ProviderName, ...]:
        """Who answers, the first choice first."""
        urls: dict[ProviderName, str | None] = {"upstream": self.upstream_url, "backup": self.backup_url}
        return self.providers or tuple(name for name, url in urls.items() if url) or ("scripted",)

    @model_validator(mode="after")
    def _every_provider_has_its_url(self) -> Self:
        urls = {"upstream": self.upstream_url, "backup": self.backup_url, "scripted": "none needed"}
        for name in self.provider_order:
            if not urls[name]:
                raise ValueError(f"CHAT_PROVIDERS names {name}, which needs CHAT_{name.upper()}_URL")
        return self

    @model_validator(mode="after")
    def _nothing_made_up_in_production(self) -> Self:
        # Without the origin, mailed links would lead wherever a caller's Host header says.
        missing = {"secret_key", "webhook_secret", "operator_token", "public_origin"} - self.model_fields_set
        if self.environment is Environment.PRODUCTION and missing:
            names = ", ".join(f"CHAT_{name.upper()}" for name in sorted(missing))
            raise ValueError(f"production needs {names} (or set CHAT_ENVIRONMENT to another environment)")
        return self


async def get_settings(request: Request) -> Settings:
    """Return the settings of the running service."""
    settings: Settings = request.app.state.settings
    return settings


Config = Annotated[Settings, Depends(get_settings)]
