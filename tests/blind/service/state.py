"""What the service knows, and how it refuses."""

import base64
import hashlib
import hmac
import itertools
import json
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ACCESS_S, REFRESH_S = 900.0, 86400.0
SHORT_S, SHORT_DOMAIN = 4.0, "@short.example.com"
SMALL_QUOTA, SMALL_DOMAIN, USUAL_QUOTA = 3, "@small.example.com", 10_000
KEY = secrets.token_bytes(32)


class Refused(Exception):
    """The service says no: a status, a code for programs, and a sentence."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:  # noqa: ANN401  goes into JSON
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more
        self.headers: dict[str, str] = {}

    def document(self) -> dict[str, Any]:
        """The answer's body."""
        return {"error": {"message": self.message, "type": "invalid_request_error", "code": self.code, **self.more}}


@dataclass(kw_only=True)
class Account:
    """A member."""

    number: str
    email: str
    name: str
    salt: bytes
    password: bytes
    plan: str = "free"
    said: int = 0
    settings: dict[str, str] = field(default_factory=lambda: {"theme": "light", "language": "en"})

    @property
    def lifetime(self) -> float:
        """How long an access token of theirs lives, in seconds."""
        return SHORT_S if self.email.endswith(SHORT_DOMAIN) else ACCESS_S

    @property
    def quota(self) -> int:
        """How many messages their plan allows."""
        return SMALL_QUOTA if self.email.endswith(SMALL_DOMAIN) and self.plan == "free" else USUAL_QUOTA


@dataclass(kw_only=True)
class Session:
    """A sign-in: whose, and which of its tokens are good now."""

    number: str
    account: str
    access: str = ""
    refresh: str = ""
    ended: bool = False
    signed_out: bool = False
    began: float = field(default_factory=time.monotonic)


@dataclass(kw_only=True)
class Conversation:
    """What was said, by whom, and where it belongs."""

    number: str
    owner: str
    title: str
    folder: str | None
    created: int = field(default_factory=lambda: int(time.time()))
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass(kw_only=True)
class State:
    """Everything."""

    build: str = "blind-1"
    faults: frozenset[str] = frozenset()
    accounts: dict[str, Account] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    folders: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    order_keys: dict[tuple[str, str], str] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    searched: dict[str, tuple[str, str]] = field(default_factory=dict)
    counted: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    requests: defaultdict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    elsewhere: defaultdict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    turn: Iterator[int] = field(default_factory=itertools.count)
    buried: dict[str, tuple[Account, list[Conversation]]] = field(default_factory=dict)
    archives: dict[str, bytes] = field(default_factory=dict)
    failures: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    streaming: int = 0
    messages: int = 0
    tokens: int = 0
    began: float = field(default_factory=time.time)

    def has(self, fault: str) -> bool:
        """Whether it was told to do this wrong."""
        return fault in self.faults

    def by_email(self, email: str) -> Account | None:
        """The member with an address."""
        return next((one for one in self.accounts.values() if one.email == self.written(email)), None)

    def written(self, email: str) -> str:
        """An address as it is kept."""
        return email.strip() if self.has("case-makes-two") else email.strip().lower()

    def counter(self) -> dict[tuple[str, str, int], int]:
        """What counts requests, or tells of them: there are two where two workers do not share it."""
        other = self.has("counters-of-two-workers") and next(self.turn) % 2
        return self.elsewhere if other else self.requests


STATE = State()


def new_id(kind: str) -> str:
    """An id that nobody can guess."""
    return f"{kind}_{secrets.token_hex(12)}"


def part(data: bytes) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def seal(content: str) -> str:
    """The signature of a token."""
    return part(hmac.digest(KEY, content.encode(), hashlib.sha256))


def token_for(session: Session, use: str, lifetime: float) -> str:
    """A signed token of a session."""
    now = int(time.time())
    claims = {
        "sub": session.account,
        "sid": session.number,
        "use": use,
        "jti": secrets.token_hex(12),
        "iat": now,
        "exp": now + int(lifetime),
    }
    content = ".".join(part(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{content}.{seal(content)}"


def claims_of(token: str) -> dict[str, Any] | None:
    """What a token of ours says, while it lives; None for any other."""
    content, _, signature = token.rpartition(".")
    if not hmac.compare_digest(seal(content).encode(), signature.encode()):
        return None
    middle = content.partition(".")[2]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return claims if claims["exp"] > time.time() else None
