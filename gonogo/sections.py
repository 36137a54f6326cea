"""The sections of a profile: where the target is, who signs in and how, what may be done where. No I/O."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from gonogo.check import Effects
from gonogo.section import Address, Pattern, Seconds, Secret, Section, SourceText, Url

GENTLE = (Effects.READ, Effects.OWN_DATA)
ENOUGH_ACCOUNTS = 2


class Origins(Section):
    """Where the target answers."""

    api: Url = Field(description="The API's base URL; the command line's base URL takes its place.")
    ui: Url | None = Field(default=None, description="The web pages' base URL, if it is not the API's.")
    webhook: Url | None = Field(default=None, description="Where payment events are sent, if not to the API.")
    plain: Url | None = Field(
        default=None, description="Where it answers without TLS, to redirect; port 80 of the API's host if not named."
    )


class Environment(Section):
    """What may be done in one environment."""

    hosts: tuple[str, ...] = Field(default=(), description="Hosts that mean this environment when none is named.")
    allow: tuple[Effects, ...] = Field(default=GENTLE, description="What scenarios may do to the target here.")


class Access(Section):
    """What every request needs to pass a gateway."""

    headers: dict[str, Secret] = Field(
        default_factory=dict, repr=False, description="Header fields sent with each request."
    )


class Tls(Section):
    """How the target's certificate is trusted."""

    ca_file: str | None = Field(default=None, description="A PEM file of certificate authorities to trust.")


class Build(Section):
    """Where the target tells which build it is."""

    operation: str = Field(description="The operation whose answer names the build.")
    source: SourceText = Field(description="Where in the answer the build's id is.")


class Bearer(Section):
    """How a token or key is sent."""

    header: str = Field(default="Authorization", description="The header field that carries it.")
    prefix: str = Field(default="Bearer ", description="What stands before it.")


class Account(Section):
    """A member who exists already."""

    email: str | None = Field(default=None, description="The address to sign in with.")
    password: Secret | None = Field(default=None, repr=False, description="The password to sign in with.")
    api_key: Secret | None = Field(default=None, repr=False, description="The key to send, where no one signs in.")


class Identity(Section):
    """How a member comes to be and stays known."""

    session: Literal["cookie", "bearer", "api-key"] = Field(description="What tells the target who is asking.")
    session_source: tuple[SourceText, ...] = Field(default=(), description="Where sign-in's answer has the credential.")
    credential: Literal["jwt", "opaque"] = Field(
        default="opaque",
        description="What the session's credential is: a signed JSON Web Token, or a text without sense.",
    )
    bearer: Bearer = Field(default=Bearer(), description="How a token or key is sent.")
    sign_up: Literal["harness", "accounts"] = Field(description="Members are made by us, or exist already.")
    email_domain: str = Field(default="example.com", description="Where the addresses of our members lie.")
    accounts: tuple[Account, ...] = Field(default=(), description="Members who exist already, two at least.")
    reject_statuses: tuple[int, ...] = Field(
        default=(401, 403), min_length=1, description="How a request without a session is refused; a page may redirect."
    )

    @property
    def session_cookies(self) -> tuple[str, ...]:
        """The names of the cookies that carry the session, that of the session itself first."""
        return tuple(source.removeprefix("cookie:") for source in self.session_source if source.startswith("cookie:"))

    @model_validator(mode="after")
    def _has_members(self) -> Self:
        if self.session == "api-key" and self.sign_up != "accounts":
            raise ValueError("session: api-key needs sign_up: accounts, and an api_key for each of them")
        if self.session == "bearer" and not self.session_source:
            raise ValueError("session: bearer needs a session_source, such as ['json:/access_token']")
        if self.sign_up == "accounts" and len(self.accounts) < ENOUGH_ACCOUNTS:
            raise ValueError(
                f"sign_up: accounts needs {ENOUGH_ACCOUNTS} accounts at least, for one must not see another"
            )
        wanted = ["api_key"] if self.session == "api-key" else ["email", "password"]
        if any(getattr(account, key) is None for account in self.accounts for key in wanted):
            raise ValueError(f"with session: {self.session}, each of the accounts needs {' and '.join(wanted)}")
        return self


class Mail(Section):
    """Where verification mails land."""

    source: Literal["smtp-sink", "mailpit", "imap"] = Field(
        description="A mail server of ours that the target sends to, Mailpit, or a mailbox that is read by IMAP."
    )
    listen: Address = Field(default="127.0.0.1:1025", description="Where our server listens.")
    url: Url | None = Field(default=None, description="Mailpit's address, such as http://127.0.0.1:8025.")
    server: Address | None = Field(default=None, description="The IMAP server, such as 'imap.example.com:993'.")
    security: Literal["tls", "starttls", "none"] = Field(default="tls", description="How IMAP is protected.")
    username: str | None = Field(default=None, description="Who reads the mailbox.")
    password: Secret | None = Field(default=None, repr=False, description="The password of the mailbox.")
    folder: str = Field(default="INBOX", description="The mailbox's folder.")
    ca_file: str | None = Field(default=None, description="A PEM file of certificate authorities to trust.")
    link: Pattern = Field(description="Finds the link in a mail; its named groups are verify_email's variables.")
    reset_link: Pattern | None = Field(
        default=None, description="Finds the link to a new password, for reset_password; as `link` if not named."
    )
    wait_s: Seconds = Field(default=10.0, description="How long a mail may take.")

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        needed = {"mailpit": ("url",), "imap": ("server", "username", "password")}.get(self.source, ())
        missing = [key for key in needed if getattr(self, key) is None]
        if missing:
            raise ValueError(f"source: {self.source} needs {' and '.join(missing)}")
        return self


class Csrf(Section):
    """The token against forged requests."""

    fetch: str = Field(description="The operation that hands the token out.")
    source: SourceText = Field(description="Where in its answer the token is.")
    send_as: Literal["header", "form-field", "json-field"] = Field(description="How the token is sent back.")
    name: str = Field(description="The header field, or the form's or body's field.")
    before_session: bool = Field(default=False, description="Signing up and in wants a token too.")
    reject_statuses: tuple[int, ...] = Field(default=(403,), description="How a request without it is refused.")


class Payment(Section):
    """How a payment is made to happen without money."""

    mode: Literal["signed-event", "stripe-test", "absent"] = Field(description="We sign an event, or use test keys.")
    scheme: Literal["stripe", "standard-webhooks", "hmac"] = Field(
        default="stripe",
        description="How an event is signed: as by Stripe, by Standard Webhooks, or with an HMAC of the body alone.",
    )
    header: str = Field(
        default="",
        description="The header field of the signature; Stripe's and the Standard Webhooks' need not be named.",
    )
    prefix: str = Field(default="", description="What stands before a plain HMAC, such as `sha256=`.")
    encoding: Literal["hex", "base64"] = Field(default="hex", description="How a plain HMAC is written.")
    secret: Secret | None = Field(default=None, repr=False, description="The secret that events are signed with.")
    paid_event: str = Field(default="checkout.session.completed", description="The type of the event that says: paid.")

    @model_validator(mode="after")
    def _has_secret(self) -> Self:
        if self.mode != "absent" and self.secret is None:
            raise ValueError(f"mode: {self.mode} needs a secret, such as ${{GONOGO_WEBHOOK_SECRET}}")
        if self.mode != "absent" and not self.header:
            raise ValueError(f"scheme: {self.scheme} needs a header, such as X-Signature")
        if self.scheme == "standard-webhooks" and not self.header.endswith("signature"):
            raise ValueError(
                "scheme: standard-webhooks needs a header that ends in `signature`, such as svix-signature"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _usual_header(cls, given: Any) -> Any:  # noqa: ANN401  whatever the file says
        """Name the header field that a scheme itself names."""
        if not isinstance(given, dict) or "header" in given:
            return given
        usual = {"stripe": "Stripe-Signature", "standard-webhooks": "webhook-signature"}
        return {**given, "header": usual.get(str(given.get("scheme", "stripe")), "")}


class Operator(Section):
    """How the operator's endpoints are opened."""

    headers: dict[str, Secret] = Field(
        min_length=1, repr=False, description="Header fields of operations for the operator."
    )


class Tracker(Section):
    """Where the target's error reports land."""

    source: Literal["envelope-sink", "sentry"] = Field(
        description="An error tracker of ours that the target reports to, or one that speaks Sentry's API."
    )
    listen: Address = Field(default="127.0.0.1:1026", description="Where ours listens.")
    url: Url | None = Field(default=None, description="Sentry's address, such as https://sentry.example.com.")
    organization: str | None = Field(default=None, description="The organization's name in Sentry's addresses.")
    project: str | None = Field(default=None, description="The project's name there.")
    token: Secret | None = Field(default=None, repr=False, description="A token that may read the project's events.")
    wait_s: Seconds = Field(default=10.0, description="How long a report may take.")

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        needed = ("url", "organization", "project", "token") if self.source == "sentry" else ()
        missing = [key for key in needed if getattr(self, key) is None]
        if missing:
            raise ValueError(f"source: {self.source} needs {' and '.join(missing)}")
        return self
