"""Signed payment events, against the verifier of the payment service's own library."""

import json
import time

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from gonogo.trouble import UsageError
from gonogo.webhook import (
    FLIPPED,
    FRESH,
    KEYLESS,
    OLD_SCHEME,
    ROTATED,
    SIGNINGS,
    STALE,
    last_digit_changed,
    standard_webhooks_headers,
    stripe_signature,
)

SECRET = "whsec_0123456789abcdef"


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


def test_a_signing_is_right_in_all_but_one_respect() -> None:
    """A fresh signature is the payment service's; a stale one is older, a keyless one has no key, one is mistyped."""
    assert FRESH.signature("whsec", b"{}", 1000.9) == stripe_signature("whsec", b"{}", 1000)
    assert STALE.signature("whsec", b"{}", 1000.9) == stripe_signature("whsec", b"{}", 600)
    assert KEYLESS.signature("whsec", b"{}", 1000.9) == stripe_signature("", b"{}", 1000)
    flipped = FLIPPED.signature("whsec", b"{}", 1000.9)
    assert flipped == last_digit_changed(stripe_signature("whsec", b"{}", 1000))
    old = OLD_SCHEME.signature("whsec", b"{}", time.time())
    for wrong in (flipped, old):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header("{}", wrong, "whsec")
    assert stripe.WebhookSignature.verify_header("{}", old.replace("v0", "v1"), "whsec")
    assert stripe.WebhookSignature.verify_header("{}", ROTATED.signature("whsec", b"{}", time.time()), "whsec")
    assert len({one.variable for one in SIGNINGS}) == len(SIGNINGS) == 6
