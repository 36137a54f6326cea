"""What a target promises, and what the harness may use to put it to the test. No I/O."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from gonogo.budget import Limit  # noqa: TC001  pydantic reads it when the program runs
from gonogo.dialect import Pointer  # noqa: TC001  the same
from gonogo.exposition import selector
from gonogo.policy import Slos
from gonogo.section import Count, Seconds, Section, SourceText
from gonogo.sections import Account  # noqa: TC001  the same
from gonogo.shapes import Kind  # noqa: TC001  the same


class HeaderPromises(Section):
    """Which security headers every answer has."""

    hsts_min_age_s: int | None = Field(default=None, ge=0, description="Strict-Transport-Security, at least so long.")
    csp: bool = Field(default=False, description="A Content-Security-Policy.")
    frame_ancestors: bool = Field(default=False, description="Pages cannot be framed by others.")
    nosniff: bool = Field(default=False, description="X-Content-Type-Options: nosniff.")
    referrer_policy: bool = Field(default=False, description="A Referrer-Policy that keeps paths to itself.")
    permissions_policy: bool = Field(default=False, description="A Permissions-Policy.")
    opener_policy: bool = Field(default=False, description="Cross-Origin-Opener-Policy.")
    resource_policy: bool = Field(default=False, description="Cross-Origin-Resource-Policy.")
    no_store: bool = Field(default=False, description="Answers of the API are not cached.")
    hides_server: bool = Field(default=False, description="No header field tells the server's software.")
    request_id: bool = Field(default=False, description="X-Request-ID on every answer.")


PLAIN = {
    "permissions_policy": ("permissions-policy", ""),
    "opener_policy": ("cross-origin-opener-policy", ""),
    "resource_policy": ("cross-origin-resource-policy", ""),
    "no_store": ("cache-control", "no-store"),
    "request_id": ("x-request-id", ""),
}
"""Promised headers that need nothing but to be there: the field, and the word in it that the promise names."""


class Plans(Section):
    """The two plans between which a payment makes the difference."""

    free: str = Field(description="The plan that a member starts with.")
    paid: str = Field(description="The plan that is bought.")
    price: Count = Field(description="Its price in the currency's smallest unit.")
    currency: str = Field(default="usd", description="The price's currency.")


class Models(Section):
    """Which models a plan has."""

    inside: tuple[str, ...] = Field(min_length=1, description="Models that the plan includes.")
    outside: str = Field(description="A model that exists, and that the plan does not include.")


class Quota(Section):
    """How many messages a member may send, in whatever time the target counts them."""

    messages: Count = Field(description="Messages of a new member.")
    paid: Count | None = Field(default=None, description="Messages of a member who has paid for promises.plans.")


class DocumentPromises(Section):
    """What the OpenAPI document is held to; each file's name counts from the profile's folder."""

    released: str | None = Field(
        default=None, description="File of the document of the last release, which clients were made from."
    )
    streams: bool = Field(default=False, description="Event streams keep to the contract that is told of them.")
    events: str | None = Field(
        default=None,
        description="File of that contract, where the document does not tell it: JSON, `streams` by 'METHOD /path'.",
    )


class Promises(Section):
    """What the target promises, and is held to."""

    limits: tuple[Limit, ...] = Field(default=(), description="Rate limits.")
    unlimited: tuple[str, ...] = Field(default=(), description="Operations that no limit counts.")
    document: DocumentPromises | None = Field(default=None, description="What the OpenAPI document is held to.")
    retry_after: bool = Field(default=False, description="A refusal says in Retry-After when to come back.")
    ratelimit_headers: Literal["draft-11", "x-ratelimit", "both", "openai", "anthropic"] | None = Field(
        default=None,
        description="How answers tell what is left of a limit: in RateLimit, in X-RateLimit-*, or as a vendor does.",
    )
    errors: Literal["problem+json"] | None = Field(default=None, description="The format of errors, RFC 9457.")
    health: Literal["health+json", "spring", "json", "plain"] | None = Field(
        default=None,
        description=(
            "The format of health: draft-inadarei-api-health-check-06, Spring Boot's Actuator, "
            "any JSON that says how it is, or plain text."
        ),
    )
    headers: HeaderPromises = Field(default=HeaderPromises(), description="Security headers.")
    session_lifetime_s: Count | None = Field(default=None, description="How long a session's credential lives.")
    reuse_ends_session: bool = Field(
        default=False, description="A refresh token that comes a second time ends the session, RFC 9700."
    )
    plans: Plans | None = Field(default=None, description="Plans and their price.")
    formats: tuple[Literal["json", "markdown", "html", "pdf"], ...] = Field(
        default=(), description="In which formats conversations are exported."
    )
    payments_counted: bool = Field(
        default=False, description="get_order captures how often the order was paid, as times_paid."
    )
    exact_previews: bool = Field(default=False, description="A preview of a text or an image is the file's own bytes.")
    types_from_content: bool = Field(
        default=False, description="The type of a file is told from its bytes, and not from its name."
    )
    any_case: bool = Field(
        default=False, description="The same address in capitals is the same account, at sign-up and at sign-in."
    )
    addresses_freed: bool = Field(
        default=False, description="Who has deleted the account may sign up anew with the same address."
    )
    upload_names: bool = Field(
        default=False, description="A file keeps its name, in whatever script; upload captures it as upload_name."
    )
    upload_types: tuple[str, ...] = Field(
        default=(), description="Media types of the files that are taken; what is none of them is refused."
    )
    upload_limit_bytes: Count | None = Field(default=None, description="The largest file that is taken.")
    quota: Quota | None = Field(default=None, description="How many messages a member may send.")
    blank_refused: bool = Field(default=False, description="A message without words is refused as invalid.")
    events: dict[str, dict[Pointer, Kind]] | None = Field(
        default=None,
        description="What the data of each type of event holds: JSON pointers, and the kind of value they lead to.",
    )
    usage: Pointer | None = Field(
        default=None, description="Where in the data of some event of a stream the number of the answer's tokens is."
    )
    order_key: str | None = Field(
        default=None, description="The header field whose value makes an order that is sent again one and the same."
    )
    other_plan: str | None = Field(
        default=None, description="A plan that can be ordered too. The key of another order makes none for it."
    )
    refund_event: str | None = Field(
        default=None, description="The type of an event that gives the money for a paid order back, and ends its plan."
    )
    late_event: str | None = Field(
        default=None,
        description="The type of an event that ends an order which is not paid. It moves no paid order backwards.",
    )
    message_key: str | None = Field(
        default=None, description="The header field whose value makes a message that is sent again one and the same."
    )
    abandoned_s: Seconds | None = Field(
        default=None,
        description="After how long an answer whose client left has ended, and another message is taken. Writing "
        "80 words to the end takes less.",
    )
    models: Models | None = Field(default=None, description="Models of the plan that a member starts with.")
    own_cache: SourceText | None = Field(
        default=None,
        description="What in an answer tells that it came from a cache. No member is answered from another's.",
    )
    slo: Slos = Field(default=Slos(), description="Bounds on latency and errors.")


class RequestCounter(Section):
    """Where the target counts requests of an operation that nothing else uses while it is looked at."""

    operation: str = Field(description="The operation that is counted: harmless, and seldom used by others.")
    series: str = Field(description='Its counter in metrics, such as http_requests_total{route="/plans"}.')

    status_label: str | None = Field(default=None, description="Its label that holds the status, or its class (4xx).")

    @field_validator("series")
    @classmethod
    def _is_a_series(cls, series: str) -> str:
        selector(series)
        return series


class SmallQuota(Section):
    """A member whose plan allows few messages."""

    messages: int = Field(ge=2, le=20, description="How many messages it allows, none of which is used.")
    email_domain: str | None = Field(
        default=None, description="Where the address of such a member lies, where members are made by us."
    )
    account: Account | None = Field(default=None, description="Such a member, where members exist already.")
    way_out: SourceText = Field(description="Where the refusal tells how to go on, such as which plan allows more.")


class ShortSession(Section):
    """A member whose sessions are over soon."""

    lifetime_s: Seconds = Field(ge=2, le=60, description="For how long a session of such a member lives, at most.")
    email_domain: str | None = Field(
        default=None, description="Where the address of such a member lies; without it every member's sessions are so."
    )


class Means(Section):
    """What the harness may use to provoke a state, or to see it."""

    fixed_prompt: str | None = Field(default=None, description="Makes the model say just {words}.")
    recall_prompt: str | None = Field(
        default=None, description="Makes the model repeat what it was asked just before, in the same conversation."
    )
    fail_prompt: str | None = Field(default=None, description="Makes the model fail half way.")
    echo_prompt: str | None = Field(default=None, description="Makes the model say {words} to the letter.")
    slow_prompt: str | None = Field(default=None, description="Makes the model slow.")
    small_quota: SmallQuota | None = Field(default=None, description="How a member with few messages is had.")
    short_session: ShortSession | None = Field(default=None, description="How a session is had that is over soon.")
    themes: tuple[str, ...] = Field(
        default=(), min_length=2, description="Values that update_settings can set; settings captures theme_now."
    )
    languages: tuple[str, ...] = Field(
        default=(), min_length=2, description="Values that update_language can set; settings captures language_now."
    )
    request_counter: RequestCounter | None = Field(default=None, description="Where requests are counted.")
    stream_gauge: str | None = Field(
        default=None, description="The series in metrics that says how many answers are streamed now."
    )
    usage_figure: SourceText | None = Field(
        default=None, description="Where metrics_usage counts the messages that members have sent."
    )
    token_figure: SourceText | None = Field(
        default=None, description="Where metrics_usage counts the tokens that models read and wrote."
    )

    @field_validator("stream_gauge")
    @classmethod
    def _is_a_series(cls, series: str) -> str:
        selector(series)
        return series
