"""Signed payment events, against the verifier of the payment service's own library."""

import json
import re
import time

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gonogo.sections import Payment
from gonogo.trouble import UsageError
from gonogo.webhook import (
    FLIPPED,
    FRESH,
    KEYLESS,
    OLD_SCHEME,
    ROTATED,
    SIGNINGS,
    STALE,
    Signing,
    standard_webhooks_headers,
    stripe_signature,
)

SECRET = "whsec_0123456789abcdef"
STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEYS = {"stripe": SECRET, "standard-webhooks": STANDARD, "hmac": "It's a Secret to Everybody"}


@given(payload=st.text(), secret=st.text("abc_123é", min_size=1))
def test_stripe_accepts_the_signature(payload: str, secret: str) -> None:
    """Any payload that we sign now is accepted by Stripe's verifier."""
    header = stripe_signature(secret, payload.encode(), int(time.time()))
    assert stripe.WebhookSignature.verify_header(payload, header, secret, tolerance=300)


def test_stripe_reads_the_event() -> None:
    """A signed event is constructed as it was written."""
    payload = json.dumps({"id": "evt_1", "object": "event", "type": "checkout.session.completed"}).encode()
    header = stripe_signature(SECRET, payload, int(time.time()))
    assert stripe.Webhook.construct_event(payload, header, SECRET).id == "evt_1"


@pytest.mark.parametrize(
    ("payload", "secret", "age"), [(b"other", SECRET, 0), (b"payload", "whsec_other", 0), (b"payload", SECRET, 301)]
)
def test_stripe_refuses_what_does_not_match(payload: bytes, secret: str, age: int) -> None:
    """Another payload, another secret or an old timestamp is refused, so that we can sign wrongly on purpose."""
    header = stripe_signature(SECRET, b"payload", int(time.time()) - age)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(payload, header, secret, tolerance=300)


@pytest.mark.parametrize("prefix", ["whsec_", ""])
def test_standard_webhooks_vector(prefix: str) -> None:
    """The signature is the one that the specification's own libraries are tested with."""
    headers = standard_webhooks_headers(
        f"{prefix}MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        b'{"test": 2432232314}',
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("secret", ["whsec_no base64!", "whsec_é"])
def test_a_secret_that_is_no_base64_is_the_users_error(secret: str) -> None:
    """The message names the key, and does not show the secret."""
    with pytest.raises(
        UsageError, match=r"^payment\.secret is no base64, as Standard Webhooks wants it; copy it whole$"
    ):
        standard_webhooks_headers(secret, b"", "msg_1", 0)


def payment_by(scheme: str, **other: str) -> Payment:
    """How a profile says that events are signed."""
    return Payment.model_validate({"mode": "signed-event", "scheme": scheme, "secret": KEYS[scheme], **other})


def stripe_field(signing: Signing, now: float) -> str:
    """What a signing puts into Stripe's field."""
    return signing.headers(payment_by("stripe"), b"{}", now)["Stripe-Signature"]


def test_a_signing_is_right_in_all_but_one_respect() -> None:
    """A fresh signature is the payment service's; a stale one is older, a keyless one has no key, one is mistyped."""
    assert stripe_field(FRESH, 1000.9) == stripe_signature(SECRET, b"{}", 1000)
    assert stripe_field(STALE, 1000.9) == stripe_signature(SECRET, b"{}", 600)
    assert stripe_field(KEYLESS, 1000.9) == stripe_signature("", b"{}", 1000)
    flipped, old = stripe_field(FLIPPED, time.time()), stripe_field(OLD_SCHEME, time.time())
    for wrong in (flipped, old):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header("{}", wrong, SECRET)
    assert stripe.WebhookSignature.verify_header("{}", old.replace("v0", "v1"), SECRET)
    assert stripe.WebhookSignature.verify_header("{}", stripe_field(ROTATED, time.time()), SECRET)
    assert len({one.variable for one in SIGNINGS}) == len(SIGNINGS) == 6


def verified(headers: dict[str, str], payload: bytes) -> bool:
    """Whether a receiver of Standard Webhooks believes a message: one of its signatures of version 1 is right."""
    right = standard_webhooks_headers(STANDARD, payload, headers["svix-id"], int(headers["svix-timestamp"]))
    return right["webhook-signature"] in headers["svix-signature"].split(" ")


def test_standard_webhooks_are_signed_rightly_and_wrongly() -> None:
    """The id and the moment are signed too, under names of the header's kind; each wrong signing is wrong once."""
    payment = payment_by("standard-webhooks", header="svix-signature")
    made = {one.variable: one.headers(payment, b"{}", 1000.9) for one in SIGNINGS}
    fresh = made[FRESH.variable]
    assert list(fresh) == ["svix-id", "svix-timestamp", "svix-signature"]
    assert fresh["svix-timestamp"] == "1000"
    assert fresh["svix-id"] == FRESH.headers(payment, b"{}", 2000.0)["svix-id"]
    assert fresh["svix-id"] != FRESH.headers(payment, b"[]", 1000.9)["svix-id"]
    believed = {variable for variable, headers in made.items() if verified(headers, b"{}")}
    assert believed == {FRESH.variable, STALE.variable, ROTATED.variable}
    assert made[STALE.variable]["svix-timestamp"] == "600"
    assert made[OLD_SCHEME.variable]["svix-signature"] == fresh["svix-signature"].replace("v1,", "v0,")
    assert made[ROTATED.variable]["svix-signature"].endswith(f" {fresh['svix-signature']}")
    assert [FRESH.variable_for(field, payment) for field in fresh] == [
        "GONOGO_SIGNATURE_ID",
        "GONOGO_SIGNATURE_TIMESTAMP",
        "GONOGO_SIGNATURE",
    ]
    assert {FRESH.variable_for(field, payment) for field in fresh} == FRESH.variables


@pytest.mark.parametrize(
    ("other", "sent"),
    [
        ({"prefix": "sha256="}, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
        ({"encoding": "base64"}, "dXEH6g6yUJ/CESIczphLijdXC211hsIsRvQ3nIsEPhc="),
    ],
)
def test_a_plain_hmac_is_the_bodys_alone(other: dict[str, str], sent: str) -> None:
    """GitHub's documented example is signed as GitHub says, in digits or in base64, whenever it is."""
    payment = payment_by("hmac", header="X-Hub-Signature-256", **other)
    body = b"Hello, World!"
    assert FRESH.headers(payment, body, 1.0) == FRESH.headers(payment, body, 9.0) == {"X-Hub-Signature-256": sent}
    flipped = FLIPPED.headers(payment, body, 1.0)["X-Hub-Signature-256"]
    assert sum(one != other for one, other in zip(sent, flipped, strict=True)) == 1
    assert KEYLESS.headers(payment, body, 1.0)["X-Hub-Signature-256"] not in {sent, flipped}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scheme": "hmac"}, "scheme: hmac needs a header, such as X-Signature"),
        ({"scheme": "standard-webhooks", "header": "X-Sign"}, "needs a header that ends in `signature`"),
        ({"scheme": "stripe", "secret": None}, "mode: signed-event needs a secret"),
    ],
)
def test_a_scheme_wants_what_it_needs(given: dict[str, str | None], said: str) -> None:
    """What is missing is said."""
    with pytest.raises(ValidationError, match=re.escape(said)):
        Payment.model_validate({"mode": "signed-event", "secret": "whsec_x", **given})
